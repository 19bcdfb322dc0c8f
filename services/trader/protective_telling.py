"""What the owner is told of protection: each state once, however often it is looked at."""

from __future__ import annotations

from collections.abc import Callable

from core.contracts.events import ProtectionTold
from services.trader.orders import Protection
from services.trader.protective_state import Guard


class Telling:
    """Remembers, by guard, what was told."""

    def __init__(self, tell: Callable[[ProtectionTold], None], on_fault: Callable[[str, str, str], None]) -> None:
        self._tell, self._on_fault = tell, on_fault

    def rests(self, guard: Guard, protection: Protection) -> None:
        """The position is protected: told of the first one, and after it was bare; a stop that moves is not told."""
        was_bare, guard.bare, guard.told = guard.bare, "", ""
        if protection.replaces and not was_bare:
            return
        self._tell(
            ProtectionTold(
                pair=guard.symbol,
                state="rests",
                stop=protection.stop_price,
                limit=protection.price,
                quantity=protection.quantity,
                order=protection.client_id,
            )
        )

    def sold(self, guard: Guard, protection: Protection) -> None:
        """It has traded, and with it the position."""
        self._tell(ProtectionTold(pair=guard.symbol, state="sold", order=protection.client_id))

    def ended(self, guard: Guard, protection: Protection) -> None:
        """It has gone, and nobody here wanted that."""
        self._on_fault("protection_ended", guard.symbol, f"{protection.client_id} ended without us; placed again")

    def bare(self, guard: Guard, reason: str, *, fault: bool, kind: str = "") -> None:
        """Nothing rests. `kind` is the same while only the figures of the reason change: told once."""
        guard.bare = reason
        if guard.told == (kind or reason):
            return
        guard.told = kind or reason
        if fault:
            self._on_fault("bare", guard.symbol, f"not protected at the exchange: {reason}")
        else:
            self._tell(ProtectionTold(pair=guard.symbol, state="none", detail=reason))
