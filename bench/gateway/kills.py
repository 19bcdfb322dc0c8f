"""What a gateway that is killed loses or does twice: at each of many moments, with something said or told just then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from rich.console import Console

from bench.figure import Figure, at_most
from bench.gateway.browsed import page_apply, page_pause, page_sentence
from bench.gateway.deeds import Deed, Tally, apply, at_rest, faults, pause, resume, sentence, version
from bench.gateway.killing import UNDONE, Killing, killing
from bench.gateway.world import until
from core.contracts.answers import Paused, Resumed
from core.contracts.told import Committed, GateHeld, Received, Switched, Telling

HIT_SECONDS: Final = 240.0
"""By then the moment has come, or the measurement is wrong."""
USED: Final = "SELECT token FROM approvals WHERE used_ns > 0"
PUT: Final = "SELECT id FROM outbox"
BEGUN: Final = "SELECT id FROM outbox WHERE begun_ns > 0 AND ended_ns = 0"

Arm = Callable[[Killing], None]


class Moment(NamedTuple):
    """When the gateway is killed, and what is said just then."""

    name: str
    deed: Deed
    arm: Arm


def call(method: str, nth: int = 1, *, done: bool) -> Arm:
    """At a call; `done`: Telegram does it, and the gateway dies before it hears so."""
    return lambda it: it.on_call(method, nth, "lost" if done else "reset")


def row(query: str) -> Arm:
    """As soon as that is written down."""
    return lambda it: it.on_row(query)


def told(kind: type[Telling], nth: int = 1) -> Arm:
    """When the commander tells that."""
    return lambda it: it.on_told(kind, nth)


def after(seconds: float) -> Arm:
    """So long after something was said, whatever the gateway does then."""
    return lambda it: it.after(seconds)


def starting(arm: Arm | None = None, seconds: float = 0.0) -> Arm:
    """Now, and the next one while it starts: at a moment of its own, or so long after it began."""
    return lambda it: it.starting(partial(arm, it) if arm is not None else None, seconds)


MOMENTS: Final = (
    Moment("an update is on its way", pause, after(0.0)),
    Moment("an update is read, 3 ms", pause, after(0.003)),
    Moment("an update is read, 6 ms", sentence, after(0.006)),
    Moment("an update is read, 9 ms", sentence, after(0.009)),
    Moment("an update is read, 12 ms", resume, after(0.012)),
    Moment("written down, not done", pause, row(UNDONE)),
    Moment("written down, not done", sentence, row(UNDONE)),
    Moment("written down, not done", version, row(UNDONE)),
    Moment("written down, not done", resume, row(UNDONE)),
    Moment("done, not answered", pause, told(Paused)),
    Moment("begun, not answered", sentence, told(Received)),
    Moment("in the middle of a send", pause, call("sendMessage", done=False)),
    Moment("sent, not marked", pause, call("sendMessage", done=True)),
    Moment("in the middle of a send", sentence, call("sendMessage", done=False)),
    Moment("sent, not marked", sentence, call("sendMessage", done=True)),
    Moment("sent, not marked", version, call("sendMessage", done=True)),
    Moment("told by the trader, 0 ms", faults, after(0.0)),
    Moment("told by the trader, 20 ms", faults, after(0.02)),
    Moment("in the outbox", faults, row(PUT)),
    Moment("taken from the outbox", faults, row(BEGUN)),
    Moment("in the middle of a send", faults, call("sendMessage", done=False)),
    Moment("sent, not marked", faults, call("sendMessage", done=True)),
    Moment("the third sent, not marked", faults, call("sendMessage", 3, done=True)),
    Moment("the button is used up", resume, row(USED)),
    Moment("the press is answered", resume, call("answerCallbackQuery", done=True)),
    Moment("done, not shown", resume, told(Resumed)),
    Moment("shown, not marked", resume, call("editMessageText", done=True)),
    Moment("the button is used up", apply, row(USED)),
    Moment("the press is answered", apply, call("answerCallbackQuery", done=True)),
    Moment("at the first gate", apply, told(GateHeld)),
    Moment("at an edit of its message", apply, call("editMessageText", 2, done=True)),
    Moment("committed", apply, told(Committed)),
    Moment("live", apply, told(Switched)),
    Moment("a form is on its way", page_pause, after(0.0)),
    Moment("a form is read, 4 ms", page_pause, after(0.004)),
    Moment("done, not answered", page_pause, told(Paused)),
    Moment("a form is on its way", page_sentence, after(0.0)),
    Moment("a form is read, 6 ms", page_sentence, after(0.006)),
    Moment("begun, not answered", page_sentence, told(Received)),
    Moment("a form is on its way", page_apply, after(0.0)),
    Moment("the button is used up", page_apply, row(USED)),
    Moment("at the first gate", page_apply, told(GateHeld)),
    Moment("live", page_apply, told(Switched)),
    Moment("idle", version, Killing.kill),
    Moment("starts, 0 s", pause, starting(seconds=0.0)),
    Moment("starts, 0.7 s", faults, starting(seconds=0.7)),
    Moment("starts, at its first call", sentence, starting(call("getMe", done=False))),
    Moment("starts, at its menus", faults, starting(call("setMyCommands", done=True))),
    Moment("starts, asks for updates", pause, starting(call("getUpdates", done=False))),
)


async def measure(progress: Console, moments: Sequence[Moment] = MOMENTS) -> list[Figure]:
    """All moments, one after the other."""
    tally = Tally()
    async with killing() as it:
        for number, moment in enumerate(moments, 1):
            progress.print(f"  {number}/{len(moments)} {moment.name} ({moment.deed.__name__})")
            await _at(it, moment, tally)
        kills = it.kills
    return _figures(tally, kills, len(moments))


async def _at(it: Killing, moment: Moment, tally: Tally) -> None:
    deed = moment.deed(it, tally, f"{moment.name} ({moment.deed.__name__})")
    await anext(deed)
    before = it.kills
    moment.arm(it)
    await anext(deed)
    try:
        await until(lambda: it.kills > before, HIT_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"the gateway was not killed where it {moment.name}") from None
    await asyncio.sleep(0)
    await at_rest(it)
    async for _ in deed:
        raise RuntimeError("a deed has two yields")


def _figures(tally: Tally, kills: int, moments: int) -> list[Figure]:
    said = ", ".join(
        f"{count} {'presses' if kind == 'press' else 'forms of the page' if kind == 'post' else f'{kind}s'}"
        for kind, count in tally.said.items()
    )
    head = f"gateway killed {kills} times at {moments} moments with {said}"

    def of(name: str, found: list[str], *, meant: bool = True, note: str = "") -> Figure:
        limit = at_most(0) if meant else None
        return Figure(name, len(found), "", limit, "; ".join(filter(None, (note, *found))))

    return [
        of("killed: lost", tally.lost, note=head),
        of("killed: done or sent twice", tally.doubled),
        of("killed: cut short, and told so", tally.told, meant=False),
        of("killed: sent twice, and says that it may be", tally.marked, meant=False),
        of("killed: words that stop, said twice rather than not", tally.stopped, meant=False),
    ]
