"""The account's money: free and locked per asset, exact, and never below zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    free: Decimal = Decimal(0)
    locked: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


class Balances(dict[str, Balance]):
    """Every change goes through `change`, which refuses to make an amount negative: that would be our own mistake."""

    def __init__(self, free: Mapping[str, Decimal]) -> None:
        super().__init__({asset: Balance(Decimal(amount)) for asset, amount in free.items()})

    def __missing__(self, asset: str) -> Balance:
        return Balance()

    def change(self, asset: str, *, free: Decimal = Decimal(0), locked: Decimal = Decimal(0)) -> None:
        now = self[asset]
        then = Balance(now.free + free, now.locked + locked)
        if then.free < 0 or then.locked < 0:
            raise RuntimeError(f"{asset}: {now} cannot change by free {free}, locked {locked}")
        self[asset] = then

    def lock(self, asset: str, amount: Decimal) -> None:
        self.change(asset, free=-amount, locked=amount)

    def release(self, asset: str, amount: Decimal) -> None:
        self.change(asset, free=amount, locked=-amount)
