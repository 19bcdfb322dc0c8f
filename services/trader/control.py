"""The commander's hand on a running trader: it may stage, watch, switch and pause, and nothing else.

No word of the commander can change a limit, send an order or name code by anything but its tree hash, which the host
reports again once it has loaded it. When the commander goes, trading goes on with what is live.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import msgspec

from core.contracts.control import (
    Close,
    Heard,
    Live,
    Panic,
    PassOn,
    Pause,
    Reply,
    Report,
    Request,
    Shadow,
    Stage,
    Status,
    Switch,
    SwitchBack,
    Unstage,
    decode_request,
)
from core.contracts.events import BooksFollow, Decided, Denied, EpochBegan, FaultTold, Rejected, TradingIs
from core.contracts.figures import Done, PairClosing, SwitchDone
from core.contracts.figures import Reply as Result
from core.contracts.told import Telling, encode_line
from core.errors import SandboxError
from core.tasks import start_task
from services.trader.inherited import Inherited
from services.trader.risk import Trading
from services.trader.staging import RefusedError, Staging
from services.trader.trader import Trader

HEALTH_SECONDS: Final = 1.0
FIRST_ANSWER_SECONDS: Final = 5.0
"""A quiet market brings no event: a switch is then answered without one."""
TOLD: Final = (FaultTold, Decided, Denied, Rejected, EpochBegan, TradingIs, BooksFollow)
"""Of what the trader tells, what a watch may be interested in."""


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
        self._staging = Staging(trader)
        self._works: set[asyncio.Task[None]] = set()
        trader.window.begin_health()
        self._timer: asyncio.TimerHandle | None = None
        self._left = False

    async def serve(self) -> None:
        """Answer until the commander hangs up; what it has staged is ended then."""
        self._beat()
        try:
            while line := await self._reader.readline():
                self._begin(decode_request(line))
        except (ConnectionError, msgspec.MsgspecError) as error:
            self._trader.faults.hear("commander_nonsense", "commander", str(error))
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

    def hear(self, told: Telling) -> None:
        """Pass on what the trader tells."""
        if isinstance(told, Denied):
            told = msgspec.structs.replace(told, within=self._trader.window.orders_within_a_minute(told.side))
        if isinstance(told, TOLD):
            self._say(Heard.of(told))

    def _begin(self, request: Request) -> None:
        """Each request is a task of its own: a rollback does not wait for a shadow run to end.

        What is only told is told at once: the commander's last words come together with its hanging up.
        """
        if isinstance(request, PassOn):
            self._trader.tell(request.told())
            return
        task = start_task(self._answer(request))
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    async def _answer(self, request: Request) -> None:
        if isinstance(request, Live | PassOn):
            return
        if self._left:  # nobody hears the answer
            return
        try:
            result = await self._do(request)
        except (RefusedError, SandboxError, RuntimeError) as refusal:
            self._say(Reply(request.number, error=str(refusal)))
        else:
            self._say(Reply(request.number, result=msgspec.Raw(encode_line(result))))

    async def _do(self, request: Request) -> Result:
        match request:
            case Stage():
                return await self._staging.stage(request)
            case Shadow():
                return await self._staging.shadow(request)
            case Unstage():
                self._staging.unstage("the commander does not want it any more")
                return Done()
            case Switch():
                return await self._switch(self._trader.switch)
            case SwitchBack(tree=tree):
                previous = self._trader.slots.previous
                if previous is None or not previous.heard or previous.release.tree_hash != tree:
                    raise RefusedError("the previous host is not of that tree, or not warm")
                return await self._switch(self._trader.switch_back)
            case Pause(on=on):
                return keep_word(lambda: self._trader.obeying.pause(on=on))
            case Panic():
                return keep_word(self._trader.obeying.panic)
            case Close(pair=pair):
                return self._close(pair)
            case Status():
                return self._trader.window.status()
            case _:
                raise RefusedError(f"a running trader cannot be told {type(request).__name__}")

    def _close(self, pair: str) -> PairClosing:
        """Begin to close one position; RefusedError says why it cannot be."""
        trader = self._trader
        holding = trader.portfolio.holdings.get(pair)
        if holding is None or holding.size <= 0.0:
            raise RefusedError(f"nothing of {pair} is held that can be sold")
        if trader.execution.trading is Trading.HALTED:
            raise RefusedError("the kill switch is on: nothing can be sold until `sorte unkill`")
        if trader.settings.trader.mode == "shadow":
            raise RefusedError("shadow mode orders nothing")
        keep_word(lambda: trader.obeying.close_pair(pair))
        return PairClosing(pair=pair, quantity=holding.size, price=holding.price)

    # Switching --------------------------------------------------------------------------------------------------------

    async def _switch(self, switch: Callable[[], None]) -> SwitchDone:
        trader = self._trader
        before = trader.window.counted()
        switch()
        host = trader.slots.blue
        first = await trader.answered(host, within_seconds=FIRST_ANSWER_SECONDS)
        if host is not None and trader.slots.blue is not host:
            raise RefusedError(f"{host.cause}: {host.detail}; who decided before decides again")
        after = trader.window.counted()
        return SwitchDone(
            epoch=trader.portfolio.epoch,
            first=first,
            events_lost=after.lost - before.lost,
            events_doubled=after.doubled - before.doubled,
        )

    # The line ---------------------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(HEALTH_SECONDS, self._beat)
        if (health := self._trader.window.take_health(self._inherited)) is not None:
            self._say(health)

    def _say(self, report: Report) -> None:
        if not self._left and not self._writer.is_closing():
            self._writer.write(encode_line(report) + b"\n")

    def _stop(self) -> None:
        self._end_work()
        self._staging.unstage("the commander is gone")
        with contextlib.suppress(ConnectionError):
            self._writer.close()

    def _end_work(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for work in self._works:
            work.cancel()


def keep_word(say: Callable[[], None]) -> Done:
    """Let the trader obey; RefusedError when a restart will not know of it."""
    try:
        say()
    except OSError as error:
        raise RefusedError(
            f"It is obeyed now, but a restart will forget it, for it could not be written: {error}."
        ) from error
    return Done()
