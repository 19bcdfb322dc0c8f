"""The commander's hand on a running trader: it may stage, watch, switch and pause, and nothing else.

No word of the commander can change a limit, send an order or name code by anything but its tree hash, which the host
reports again once it has loaded it. When the commander goes, trading goes on with what is live.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from core.contracts.control import (
    Close,
    Health,
    Heard,
    Live,
    Panic,
    Pause,
    Program,
    Reply,
    Report,
    Request,
    Shadow,
    Stage,
    Status,
    Switch,
    SwitchBack,
    Tell,
    Unstage,
    decode_request,
    encode_line,
)
from core.errors import SandboxError
from core.releases import Release
from core.tasks import start_task
from services.trader.host import Decision, Host
from services.trader.inherited import Inherited
from services.trader.latency import Latencies
from services.trader.orders import Side
from services.trader.risk import Trading
from services.trader.slots import RETIRED, Turn
from services.trader.trader import Trader

HEALTH_SECONDS: Final = 1.0
FIRST_ANSWER_SECONDS: Final = 5.0
"""A quiet market brings no event: a switch is then answered without one."""
TOLD: Final = frozenset({"fault", "decision", "denied", "rejected", "epoch", "trading", "books"})
"""Of what the trader tells, what a watch may be interested in."""


class RefusedError(Exception):
    """A request that cannot be carried out; its text is the answer."""


def release_of(program: Program) -> Release:
    """What a host runs, from what the commander calls it."""
    origin = program.release
    return Release(origin.tree, Path(program.folder), program.rule_names, origin.commit, origin.change, origin.message)


class Control:
    """Serves one commander over one connection."""

    def __init__(
        self,
        trader: Trader,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        inherited: Inherited | None = None,
    ) -> None:
        """`inherited` begins with each epoch, also with those while no commander is there."""
        self._trader, self._reader, self._writer = trader, reader, writer
        self._inherited = inherited or Inherited()
        self._staged: Host | None = None  # the last green host, to say why it is not there any more
        self._works: set[asyncio.Task[None]] = set()
        self._events = trader.slots.opened
        self._timer: asyncio.TimerHandle | None = None
        self._left = False

    async def serve(self) -> None:
        """Answer until the commander hangs up; what it has staged is ended then."""
        self._beat()
        try:
            while line := await self._reader.readline():
                self._begin(decode_request(line))
        except (ConnectionError, msgspec.MsgspecError) as error:
            self._trader.on_fault("commander_nonsense", "commander", str(error))
        finally:
            self._stop()

    def leave(self) -> None:
        """Say no more: the trader ends. What its hosts do from here on is our doing, and nobody's failure.

        What the commander still has to tell is heard, until it hangs up too.
        """
        if self._left or self._writer.is_closing():
            return
        self._left = True
        self._end_work()
        with contextlib.suppress(OSError, RuntimeError):  # it is gone already
            self._writer.write_eof()

    def hear(self, kind: str, fields: dict[str, Any]) -> None:
        """Pass on what the trader tells."""
        if kind == "denied":
            fields = fields | {"within": self._orders_within_a_minute(fields.get("side"))}
        if kind in TOLD:
            self._say(Heard(kind, fields))

    def _orders_within_a_minute(self, side: object) -> int:
        portfolio = self._trader.portfolio
        return len(portfolio.entries if side == Side.BUY else portfolio.exits)

    def _begin(self, request: Request) -> None:
        """Each request is a task of its own: a rollback does not wait for a shadow run to end.

        What is only told is told at once: the commander's last words come together with its hanging up.
        """
        if isinstance(request, Tell):
            self._trader.tell(request.kind, **request.fields)
            return
        task = start_task(self._answer(request))
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    async def _answer(self, request: Request) -> None:
        if isinstance(request, Live | Tell):
            return
        if self._left:  # nobody hears the answer
            return
        try:
            result = await self._do(request)
        except (RefusedError, SandboxError, RuntimeError) as refusal:
            self._say(Reply(request.number, error=str(refusal)))
        else:
            self._say(Reply(request.number, result=result))

    async def _do(self, request: Request) -> dict[str, Any]:
        match request:
            case Stage():
                return await self._stage(request)
            case Shadow():
                return await self._shadow(request)
            case Unstage():
                self._unstage("the commander does not want it any more")
                return {}
            case Switch():
                return await self._switch(self._trader.switch)
            case SwitchBack(tree=tree):
                previous = self._trader.slots.previous
                if previous is None or not previous.heard or previous.release.tree_hash != tree:
                    raise RefusedError("the previous host is not of that tree, or not warm")
                return await self._switch(self._trader.switch_back)
            case Pause(on=on):
                return keep_word(lambda: self._trader.pause(on=on))
            case Panic():
                return keep_word(self._trader.panic)
            case Close(pair=pair):
                return self._close(pair)
            case Status():
                return self._status()
            case _:
                raise RefusedError(f"a running trader cannot be told {type(request).__name__}")

    def _close(self, pair: str) -> dict[str, Any]:
        """Begin to close one position; RefusedError says why it cannot be."""
        trader = self._trader
        holding = trader.portfolio.holdings.get(pair)
        if holding is None or holding.size <= 0.0:
            raise RefusedError(f"nothing of {pair} is held that can be sold")
        if trader.execution.trading is Trading.HALTED:
            raise RefusedError("the kill switch is on: nothing can be sold until `sorte unkill`")
        if trader.settings.trader.mode == "shadow":
            raise RefusedError("shadow mode orders nothing")
        keep_word(lambda: trader.close_pair(pair))
        return {"pair": pair, "quantity": holding.size, "price": holding.price}

    # Green ------------------------------------------------------------------------------------------------------------

    async def _stage(self, request: Stage) -> dict[str, Any]:
        warm_up: list[tuple[int, bytes]] = []
        try:
            host = self._trader.start_host(release_of(request.program), self._trader.slots, on_warm=warm_up.extend)
        except OSError as error:  # its recording cannot be begun; what trades has begun its own
            raise RefusedError(str(error)) from error
        self._staged = host
        self._trader.slots.stage(host)
        if not await asyncio.shield(host.settled):
            raise RefusedError(f"{host.cause}: {host.detail}")
        try:
            await asyncio.to_thread(_write, Path(request.warm_file), warm_up)
        except OSError as error:
            host.end(RETIRED, "what it was warmed up with could not be written")
            raise RefusedError(str(error)) from error
        last = warm_up[-1][0] if warm_up else 0
        warm_up.clear()  # the host remembers this list; its events are 10 MB that the tape has long let go
        return {"ready_seconds": host.ready_seconds, "compile_seconds": host.compile_seconds, "warmed_until": last}

    async def _shadow(self, request: Shadow) -> dict[str, Any]:
        slots = self._trader.slots
        green = slots.green
        if green is None or not green.heard:
            dead = self._staged if self._staged is not None and self._staged.over.done() else None
            raise RefusedError(f"{dead.cause}: {dead.detail}" if dead else "there is no warm green host")
        counted = asyncio.get_running_loop().create_future()
        first = last = count = 0

        def count_decision(host: Host, decision: Decision) -> None:
            nonlocal first, last, count
            if host is green and not counted.done():
                first, last, count = first or decision.sequence, decision.sequence, count + 1
                if count >= request.events:
                    counted.set_result(None)

        slots.on_shadow, before = count_decision, slots.on_shadow
        started = time.monotonic()
        try:
            await asyncio.wait({counted, green.over}, timeout=request.timeout, return_when=asyncio.FIRST_COMPLETED)
            if counted.done():
                left = request.seconds - (time.monotonic() - started)
                await asyncio.wait({green.over}, timeout=max(left, 0.0))
        finally:
            slots.on_shadow = before
        if green.over.done():
            raise RefusedError(f"{green.cause}: {green.detail}")
        if not counted.done():
            raise RefusedError(f"only {count} of {request.events} events came within {request.timeout:.0f} s")
        self._trader.recordings.flush()
        blue = slots.blue
        return {
            "first": first,
            "last": last,
            "events": str(self._trader.tape.recorder.path),
            "green": str(green.recorder.path),
            "blue": str(blue.recorder.path) if blue is not None else "",
        }

    def _unstage(self, why: str) -> None:
        if (green := self._trader.slots.green) is not None:
            green.end(RETIRED, why)

    # Switching --------------------------------------------------------------------------------------------------------

    async def _switch(self, switch: Callable[[], None]) -> dict[str, Any]:
        before = self._trader.summary()
        switch()
        host = self._trader.slots.blue
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def first_answer(turn: Turn) -> None:
            if turn.owner is host and not answered.done():
                answered.set_result(turn.sequence)

        self._trader.on_answered = first_answer
        try:
            waited = {answered} | ({host.over} if host is not None else set())
            await asyncio.wait(waited, timeout=FIRST_ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._trader.on_answered = None
        if host is not None and self._trader.slots.blue is not host:
            raise RefusedError(f"{host.cause}: {host.detail}; who decided before decides again")
        after = self._trader.summary()
        return {
            "epoch": self._trader.portfolio.epoch,
            "first": answered.result() if answered.done() else None,
            "events_lost": after["events_lost"] - before["events_lost"],
            "events_doubled": after["events_doubled"] - before["events_doubled"],
        }

    # Health -----------------------------------------------------------------------------------------------------------

    def _status(self) -> dict[str, Any]:
        slots = self._trader.slots
        trees = {name: getattr(slots, name) for name in ("blue", "green", "previous")}
        return self._trader.summary() | {
            "pairs": self._trader.symbols,
            "latency_counts": self._trader.latencies.counts,  # microseconds -> events, since the start
            "paused": self._trader.execution.paused,
            "dust": self._trader.portfolio.dust(),
            "bare": self._trader.execution.protecting.bare(),  # pair -> why nothing rests for it at the exchange
            "cash": float(self._trader.portfolio.cash),
            "positions": [
                {
                    "pair": symbol,
                    "quantity": holding.size,
                    "entry_price": holding.entry_price,
                    "price": holding.price,
                    "profit": holding.price / holding.entry_price - 1.0,
                    "protected": _figure(self._trader.execution.protecting.stop_price(symbol)),
                }
                for symbol, holding in self._trader.portfolio.holdings.items()
                if holding.size > 0.0 and holding.entry_price > 0.0
            ],
            "slots": {name: host.release.tree_hash if host and host.heard else "" for name, host in trees.items()},
        }

    def _beat(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(HEALTH_SECONDS, self._beat)
        trader, slots = self._trader, self._trader.slots
        since, trader.recent_latencies = trader.recent_latencies, Latencies()
        settled = slots.settled + len(slots.turns)
        self._events, events = slots.opened, slots.opened - self._events
        if trader.execution.unreconciled:  # its equity is not known, and nobody shall judge by it
            return
        self._say(
            Health(
                blue=slots.blue.release.tree_hash if slots.blue is not None else "",
                events=events,
                p99_us=since.percentiles(99)["p99"],
                equity=trader.valuation.equity,
                trading=trader.execution.trading,
                lost=trader.feed.lost + max(slots.opened - settled, 0),
                doubled=max(settled - slots.opened, 0),
                inherited=self._inherited.step(trader.portfolio.holdings),
                previous_p99_us=slots.beside.take().percentiles(99)["p99"],
            )
        )

    # The line ---------------------------------------------------------------------------------------------------------

    def _say(self, report: Report) -> None:
        if not self._left and not self._writer.is_closing():
            self._writer.write(encode_line(report) + b"\n")

    def _stop(self) -> None:
        self._end_work()
        self._unstage("the commander is gone")
        with contextlib.suppress(ConnectionError):
            self._writer.close()

    def _end_work(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for work in self._works:
            work.cancel()


def _figure(price: Decimal | None) -> float | None:
    return None if price is None else float(price)


def keep_word(say: Callable[[], None]) -> dict[str, Any]:
    """Let the trader obey; RefusedError when a restart will not know of it."""
    try:
        say()
    except OSError as error:
        raise RefusedError(
            f"It is obeyed now, but a restart will forget it, for it could not be written: {error}."
        ) from error
    return {}


def _write(file: Path, events: list[tuple[int, bytes]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(event for _, event in events))
