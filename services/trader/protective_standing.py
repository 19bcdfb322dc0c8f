"""What rests at the exchange for positions, as the ledger knows it."""

from __future__ import annotations

from decimal import Decimal

from services.trader.ledger import Ledger
from services.trader.orders import Protection, Status
from services.trader.protection import Resting


class Standing:
    """Looks into one ledger, and changes nothing there."""

    def __init__(self, ledger: Ledger) -> None:
        self._portfolio = ledger.portfolio

    @property
    def all(self) -> list[Protection]:
        """Every protective order that rests, or may, oldest first."""
        return list(self._portfolio.protections.values())

    def of(self, symbol: str) -> list[Protection]:
        """What rests for a pair, or may, oldest first."""
        return [resting for resting in self._portfolio.protections.values() if resting.symbol == symbol]

    def status(self, protection: Protection) -> Status:
        """Where it is."""
        return self._portfolio.statuses[protection.client_id]

    def stop_price(self, symbol: str) -> Decimal | None:
        """Where a pair is protected, as the exchange has said; None when it is not."""
        resting = [protection for protection in self.of(symbol) if self.status(protection) is Status.OPEN]
        return resting[-1].stop_price if resting else None

    def filled(self, protection: Protection) -> Decimal:
        """How much of it has traded, base currency."""
        return self._portfolio.filled.get(protection.client_id, Decimal(0))

    def untouched(self, client_id: str) -> bool:
        """Whether nothing of it has traded."""
        return client_id not in self._portfolio.filled

    def last(self, resting: list[Protection]) -> Resting | None:
        """The newest of a pair, by what of it has not traded; None when there is none."""
        if not resting:
            return None
        return Resting(resting[-1].quantity - self.filled(resting[-1]), resting[-1].stop_price)

    @property
    def under_way(self) -> bool:
        """Whether something was asked of the exchange and its answer is not known."""
        return any(self.status(protection) is not Status.OPEN for protection in self._portfolio.protections.values())
