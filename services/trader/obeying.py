"""The owner's word while the trader runs: pause, panic, close one position, kill. Said over the line or by a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from core.contracts.events import TradingIs
from core.owner import OwnersWord
from core.tasks import start_task
from services.trader.closing import Closing
from services.trader.execution import Execution
from services.trader.risk import Trading


class Obeying:
    """Does what the owner says, at once, and tells when what may be traded changes."""

    def __init__(
        self,
        owner: OwnersWord,
        symbols: Sequence[str],
        execution: Execution,
        closing: Closing,
        tell: Callable[[TradingIs], None],
    ) -> None:
        self.owner, self._symbols = owner, symbols
        self._execution, self._closing, self._tell = execution, closing, tell
        self._trading = Trading.ACTIVE  # as it was told last
        self._killing: asyncio.Task[None] | None = None
        execution.paused, closing.everything = owner.paused, owner.closing

    def pause(self, *, on: bool) -> None:
        """Only close positions from now on, or trade again. OSError: it is obeyed, and a restart will not know it."""
        try:
            if on:
                self.owner.pause()
            else:
                self._closing.forget()
                self.owner.resume()
        finally:
            self.look()

    def panic(self) -> None:
        """Pause, and close every open position, each with its pair's next event, until all are closed.

        OSError: as of `pause`.
        """
        try:
            self.owner.panic()
        finally:
            self.look()

    def close_pair(self, symbol: str) -> None:
        """Close the position of one pair, with its next event. OSError: as of `pause`."""
        self._closing.close(self._symbols.index(symbol))

    def look(self) -> None:
        """Hear what was said by file, for while no commander listens it comes so, and do it."""
        self._execution.paused, self._closing.everything = self.owner.paused, self.owner.closing
        self._closing.look()
        self._execution.protecting.take_all(on=self.owner.takes_protection)
        self.follow_trading()

    def follow_trading(self) -> None:
        """Tell what may be traded when that has changed. The kill switch cancels what is open."""
        trading = self._execution.trading
        if trading is self._trading:
            return
        self._trading = trading
        self._tell(TradingIs(state=trading))
        if trading is Trading.HALTED:
            self._kill()

    def _kill(self) -> None:
        """`Execution.trading` refuses new orders already."""
        if self._killing is None or self._killing.done():
            self._killing = start_task(self._execution.settling.cancel_all())

    async def close(self) -> None:
        """Wait until what is being cancelled is."""
        if self._killing is not None:
            await asyncio.gather(self._killing, return_exceptions=True)
