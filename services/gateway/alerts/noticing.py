"""What is worth an alert in what is told. Pure."""

from __future__ import annotations

from typing import Final

from core.contracts.answers import ChangeEnded
from core.contracts.change import State
from core.contracts.events import Denied, FaultTold, HeardAgain, ProtectionTold, Rejected, TradingIs
from core.contracts.told import Recovered, SettingRefused, Telling, Watched
from services.gateway.alert import Kind, Urgency
from services.gateway.alerts.notice import Notice

CRITICAL: Final = frozenset(
    {
        *("unexpected", "day_lost", "host_given_up", "commander_given_up", "mirror_died", "banned", "cannot_close"),
        *("key_refused", "trades_lost", "orders_lost", "position_missing"),
    }
)
"""Causes of a fault that nobody should sleep through."""
SILENT: Final = frozenset({"pair_silent", "pair_halted"})
USUAL_DENIALS: Final = frozenset({"reducing", "halted", "smallest_order", "no_cash", "open_positions"})
"""Codes of denials that are no news: the owner said so himself, or a full account is what he wants."""
BACK: Final = frozenset({State.ROLLED_BACK, State.ROLLING_BACK})


def noticed(told: Telling) -> Notice | None:
    """What an owner should be told of it; None for what is no news."""
    match told:
        case FaultTold(cause=cause, subject=subject, detail=detail):
            kind: Kind = "silent_pair" if cause in SILENT else "fault"
            urgency: Urgency = "critical" if cause in CRITICAL else "normal"
            values = {"cause": cause, "subject": subject, "detail": detail}
            return Notice(kind, f"{cause}:{subject}", kind, values, urgency)
        case HeardAgain(pair=pair, detail=detail):
            return Notice("silent_pair", f"back:{pair}", "pair_back", {"pair": pair, "detail": detail}, "info")
        case Denied(pair=pair, side=side, code=code, detail=detail) if code not in USUAL_DENIALS:
            values = {"pair": pair, "side": side, "code": code, "detail": detail}
            return Notice("limit", code, "limit", values)
        case Rejected(pair=pair, side=side, order=order, detail=detail):
            values = {"pair": pair, "side": side, "order": order, "detail": detail}
            return Notice("refusal", f"order:{pair}", "order_refused", values)
        case ProtectionTold(pair=pair, state="none", detail=str(detail)):
            return Notice("fault", f"bare:{pair}", "bare", {"pair": pair, "detail": detail})
        case TradingIs(state="halted"):
            return Notice("fault", "halted", "halted", {}, "critical")
        case SettingRefused(reason=reason):
            return Notice("fault", "settings", "setting_refused", {"detail": reason})
        case Watched() | ChangeEnded() | Recovered():
            return _of_a_change(told)
        case _:
            return None


def _of_a_change(told: Watched | ChangeEnded | Recovered) -> Notice | None:
    values = {"id": told.id, "detail": told.reason or ""}
    match told:
        case Watched(state=state) if state in BACK:
            return taken_back(told.id, told.reason)
        case Watched(watch="passed"):
            return Notice("watch_ended", told.id, "watch_passed", values, "info", told.id)
        case Recovered(state=state) if state in BACK:
            return taken_back(told.id, told.reason)
        case ChangeEnded(state=State.REJECTED, verdict=verdict) if verdict is not None and not verdict.accepted:
            return Notice("refusal", told.id, "change_refused", values, "info", told.id)
        case ChangeEnded(state=State.FAILED):
            return Notice("fault", told.id, "change_failed", values, "normal", told.id)
        case _:
            return None


def taken_back(change: str, reason: str | None) -> Notice:
    """A change was taken back without its owner's having said so."""
    values = {"id": change, "detail": reason or ""}
    return Notice("rollback", change, "rollback", values, "critical", change, once=f"rollback:{change}")
