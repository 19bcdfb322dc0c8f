"""What is said and told while a gateway is killed, and how often it was done: each an asynchronous generator.

It prepares and yields, is armed, says and yields, the gateway is killed and comes to rest, and it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from bench.gateway.killing import Killing
from bench.gateway.world import USER, until
from core.contracts.answers import ChangeBrief, HistoryShown, Paused, Resumed
from core.contracts.asking import Question
from core.contracts.change import State
from core.contracts.events import FaultTold
from core.contracts.told import Switched, Telling
from core.language import Language
from services.gateway.telegram.texts import say
from services.simulator.telegram.messages import Sent

CUT: Final = say("again.cut_short", Language.EN)[:40]
PERHAPS: Final = say("outbox.perhaps", Language.EN)[:30]
FAULTS: Final = 4
ROAD_SECONDS: Final = 120.0


@dataclass(slots=True)
class Tally:
    """What came of all of it, by names."""

    said: Counter[str] = field(default_factory=Counter)  # commands, presses, posts of the page, messages
    lost: list[str] = field(default_factory=list)  # neither done nor told of
    told: list[str] = field(default_factory=list)  # its owner was told that nobody knows how it ended
    doubled: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)  # messages that came twice, of which the second says that it may be
    stopped: list[str] = field(default_factory=list)  # words that stop trading, said to the trader a second time

    def add(self, kind: str, name: str, times: int, *, told: bool = False) -> None:
        """Something that is to be done once was done so many times."""
        self.said[kind] += 1
        if told:
            self.told.append(f"{name}: {'done' if times else 'not done'}")
        if times > 1:
            self.doubled.append(f"{kind}: {name}")
        elif times == 0 and not told:
            self.lost.append(f"{kind}: {name}")


Deed = Callable[[Killing, Tally, str], AsyncIterator[None]]


async def pause(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """A word that stops. It is said again rather than not."""
    heard, sent = counted(it, Paused), len(it.sent)
    yield
    it.api.chats.says(USER, USER, "/pause")
    yield
    times = counted(it, Paused) - heard
    tally.add("command", name, min(times, 1))
    if times > 1:
        tally.stopped.append(name)
    tally.add("message", name, sum("Resume" in each.buttons for each in it.sent[sent:]))
    await it.line.ask(Question(do="resume"), lambda _: None)


async def version(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """A question that shows something."""
    sent = len(it.sent)
    yield
    it.api.chats.says(USER, USER, "/version")
    yield
    tally.add("message", name, sum("Sorte" in each.text for each in it.sent[sent:]))


async def sentence(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """One that is asked back about: the plan with its buttons."""
    text, sent = next_sentence(it), len(it.sent)
    yield
    it.api.chats.says(USER, USER, text)
    yield
    changes = [each for each in await history(it) if each.text == text]
    cut = _cut(it.sent[sent:])
    tally.add("command", name, len(changes), told=cut)
    tally.add("message", name, sum("Apply" in each.buttons for each in it.sent[sent:]) or int(cut))
    for each in changes:
        if each.state is State.HELD:
            await it.line.ask(Question(do="reject", id=each.id), lambda _: None)


async def resume(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """A press that gives the agent more to do with."""
    await it.line.ask(Question(do="pause"), lambda _: None)
    asked = await _asked(it, "/resume", "Resume")
    heard, sent = counted(it, Resumed), len(it.sent)
    yield
    press = it.api.chats.press(asked, asked.buttons["Resume"], USER)
    yield
    cut = _cut(it.sent[sent:])
    tally.add("press", name, counted(it, Resumed) - heard, told=cut)
    answered = bool(asked.edits) or len(it.sent) > sent or bool(it.api.chats.presses[press])
    tally.add("message", name, int(answered))
    await it.line.ask(Question(do="resume"), lambda _: None)


async def apply(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """A press that sends a change on its road, to its end."""
    text = next_sentence(it)
    asked = await _asked(it, text, "Apply")
    switched, sent = counted(it, Switched), len(it.sent)
    yield
    it.api.chats.press(asked, asked.buttons["Apply"], USER)
    yield
    cut = _cut(it.sent[sent:])
    changes = [each for each in await history(it) if each.text == text]
    times = len(changes) if changes and changes[0].state is not State.HELD else 0
    tally.add("press", name, max(times, counted(it, Switched) - switched) if times else 0, told=cut)
    tally.add("message", name, int(len(it.sent) > sent))
    for each in changes:
        if each.state is State.HELD:
            await it.line.ask(Question(do="reject", id=each.id), lambda _: None)


async def faults(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """Messages that nobody asked for."""
    sent, subjects = len(it.sent), [f"host-{it.kills}-{number}." for number in range(FAULTS)]
    yield
    for subject in subjects:
        it.gateway.hear(FaultTold(cause="unexpected", subject=subject, detail=name))
    yield
    for subject in subjects:
        copies = [each.text for each in it.sent[sent:] if subject in each.text]
        said_so = [text for text in copies[1:] if PERHAPS in text]
        tally.add("message", name, len(copies) - len(said_so))
        if said_so:
            tally.marked.append(name)


async def at_rest(it: Killing) -> None:
    """Wait until the gateway rests and no change is under way."""

    async def walks() -> bool:
        return any(not each.state.ended and each.state is not State.HELD for each in await history(it))

    while await walks():
        await it.calm()
    await it.calm()


def counted(it: Killing, kind: type[Telling]) -> int:
    """How often everybody was told something of that kind."""
    return sum(isinstance(each, kind) for each in it.told)


def next_sentence(it: Killing) -> str:
    """One that was not said before, and changes something."""
    it.sentences += 1
    return f"stop loss {2 - it.sentences / 100:.2f}%"


async def _asked(it: Killing, text: str, label: str) -> Sent:
    """Say it, and wait for the message with that button."""
    sent = len(it.sent)
    it.api.chats.says(USER, USER, text)
    await until(lambda: any(label in each.buttons for each in it.sent[sent:]))
    await it.calm()
    return next(each for each in it.sent[sent:] if label in each.buttons)


async def history(it: Killing) -> list[ChangeBrief]:
    """Every change, the newest first."""
    answer = await it.line.ask(Question(do="history", all=True, limit=200), lambda _: None)
    if not isinstance(answer, HistoryShown):
        raise TypeError(f"the commander answered {answer}")
    return answer.changes


def _cut(sent: list[Sent]) -> bool:
    return any(CUT in each.text for each in sent)
