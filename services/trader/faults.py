"""Where every fault ends: counted, kept in the journal and told; and where trading ends when nobody planned for it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from core.contracts.events import Event, FaultTold
from core.errors import SandboxError, SorteError
from core.telemetry import get_logger
from services.trader.ledger import Ledger
from services.trader.orders import Fault
from services.trader.tally import Tally

log = get_logger()


class Faults:
    """The one boundary of everything that runs in the loop.

    `failed` raises what stopped the trader. `stop()` is called at once when something happens that nobody planned: from
    there on no order may be sent.
    """

    def __init__(self, ledger: Ledger, tally: Tally, tell: Callable[[Event], None]) -> None:
        self._ledger, self._tally, self._tell = ledger, tally, tell
        loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[None] = loop.create_future()
        self.warm: asyncio.Future[None] | None = None  # what a start waits for; raises when it will not come
        self.stop: Callable[[], None] = lambda: None
        self._usual_handler = loop.get_exception_handler()

    def listen(self) -> None:
        """Hear every exception that reaches the loop from now on."""
        asyncio.get_running_loop().set_exception_handler(self._on_exception)

    def leave(self) -> None:
        """Give the loop's exceptions back to whoever heard them before."""
        asyncio.get_running_loop().set_exception_handler(self._usual_handler)

    def hear(self, cause: str, subject: str, detail: str) -> None:
        """Something went wrong and was survived: keep it and tell it. A start without any host ends here."""
        self._tally.faults += 1
        if cause == "host_given_up":
            self._give_up_waiting(SandboxError("No strategy host became ready.", "The faults before this say why."))
        if not self.failed.done():  # then the journal may be what failed, and nothing is traded any more
            self._ledger.record(Fault(cause, subject, detail, self._now_ns()))
        self._tell(FaultTold(cause=cause, subject=subject, detail=detail))

    def banned(self, seconds: float) -> None:
        """The exchange has banned our address."""
        until = "no order, closing ones neither, until then"
        self.hear("banned", "exchange", f"the exchange refuses this address for {seconds:.0f} s (418): {until}")

    def fail(self, error: BaseException) -> None:
        """Send no order from here on, and make `failed` raise: an exception here means that we do not know what we do.

        Positions stay; a new start reconciles them.
        """
        self.stop()
        if self.failed.done():
            return
        log.error("trader.failed", exc_info=error)
        detail = f"{type(error).__name__}: {error}"
        stop = SorteError(
            f"Trading was stopped: {detail}.", "Mend the cause and start again; positions stay as they are."
        )
        stop.__cause__ = error
        self.failed.set_exception(stop)
        self._give_up_waiting(stop)
        self._tally.faults += 1
        with contextlib.suppress(OSError):  # the journal itself may be what failed
            self._ledger.record(Fault("unexpected", "trader", detail, self._now_ns()))
        self._tell(FaultTold(cause="unexpected", subject="trader", detail=detail))

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None or (isinstance(error, OSError) and "transport" in context):
            loop.default_exception_handler(context)  # a warning, or a socket that broke: its connection is renewed
        else:
            self.fail(error)

    def _give_up_waiting(self, error: Exception) -> None:
        if self.warm is not None and not self.warm.done():
            self.warm.set_exception(error)

    def _now_ns(self) -> int:
        return self._tally.time_ns or time.time_ns()
