"""The fencing epoch: which release decides, and the number that its orders carry."""

from __future__ import annotations

from collections.abc import Callable

from core.contracts.events import EpochBegan, Event
from core.kernel import NANOSECONDS
from core.releases import Release
from services.trader.exchanges.protocol import Exchange
from services.trader.execution import Execution
from services.trader.host import Host
from services.trader.ledger import Ledger
from services.trader.orders import Epoch
from services.trader.tally import Tally


class Epochs:
    """Begins a new epoch at a start and whenever another release decides."""

    def __init__(
        self, exchange: Exchange, ledger: Ledger, execution: Execution, tally: Tally, tell: Callable[[Event], None]
    ) -> None:
        self._exchange, self._ledger, self._execution = exchange, ledger, execution
        self._tally, self._tell = tally, tell

    def begin(self, release: Release) -> None:
        """From here on orders carry a higher fencing epoch, and `release` is who decides.

        It is not below the seconds of the exchange's clock: a journal that begins anew must not give an old order's id
        to a new one, whatever this machine's clock says.
        """
        portfolio = self._ledger.portfolio
        number = max(portfolio.epoch + 1, self._exchange.clock.now_ns() // NANOSECONDS)
        self._ledger.record(Epoch(number, release.tree_hash, self._tally.time_ns))
        self._execution.release = release
        self._tell(EpochBegan(epoch=portfolio.epoch, release=release.tree_hash))

    def succeed(self, host: Host) -> None:
        """Blue died, and `host` decides. When that is another release, a new epoch begins."""
        if host.release.tree_hash != self._execution.release.tree_hash:
            self.begin(host.release)
