"""What no sentence changes, and is told: the limits in force, and how a strategy is tried on history."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from core.contracts import Action, Language
from core.contracts.answers import Said
from core.settings import Settings
from services.commander.texts import say
from services.trader.limits import PAPER_LIMITS, Limits, limits_for, owners_limits

USUAL_PAIR: Final = "BTCUSDT"
"""That a command is shown with where nobody has named any."""


def limits(settings: Settings, language: Language | None) -> Said:
    """The limits in force, each with its value, and the file that they are in."""
    in_force, _ = limits_for(settings)
    path = owners_limits(settings) or PAPER_LIMITS
    values = "; ".join(f"{name} {_written(getattr(in_force, name))}" for name in Limits.model_fields)
    return Said(text=say("limits_in_force", language, limits=values, file=_shown(path)))


def backtest(action: Action, pairs: list[str], language: Language | None) -> Said:
    """The command that tries what trades here on history, as it was asked for."""
    wanted = action.args.get("symbols") or pairs or [USUAL_PAIR]
    symbols = ",".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
    since = ""
    if days := action.args.get("days"):
        today = datetime.datetime.now(datetime.UTC).date()
        since = f" --from {today - datetime.timedelta(days=int(str(days)))}"
    command = f"sorte backtest --data {symbols}{since}"
    return Said(action=action, done=False, text=say("backtest_command", language, command=command))


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _shown(path: Path) -> str:
    """A path as its owner would write it from this folder."""
    return str(path.relative_to(Path.cwd()) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path)
