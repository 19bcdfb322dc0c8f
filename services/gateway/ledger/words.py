"""Words for what the ledger holds: why a position was opened or left, how long it lasted, what it earned."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from core.formats import figure
from core.language import Language
from core.wording import Wording

WORDING: Final = Wording(Path(__file__).with_name("texts.toml"))
say = WORDING.say
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def reason_name(reason: str, language: Language) -> str:
    """Why an order was sent, in a word or two; a rule by its own name."""
    key = f"reason.{reason or 'none'}"
    return say(key, language) if key in WORDING.texts else reason


def lasting(seconds: float | None, language: Language) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`; a hyphen for what still lasts."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < MINUTE:
        return say("lasting.seconds", language, seconds=whole)
    if whole < HOUR:
        return say("lasting.minutes", language, minutes=round(whole / MINUTE))
    if whole < DAY:
        return say("lasting.hours", language, hours=whole // HOUR, minutes=whole % HOUR // MINUTE)
    return say("lasting.days", language, days=whole // DAY, hours=whole % DAY // HOUR)


def money(value: Decimal | float | None, language: Language, *, sign: str = "+") -> str:
    """An amount of quote currency to the hundredth, with its sign; a hyphen for what is not known."""
    return figure(value, f"{sign},.2f", language) if value is not None else "-"


def share(value: float | None, language: Language, *, sign: str = "+") -> str:
    """A fraction as a percentage to the hundredth, with its sign; a hyphen for what is not known."""
    return figure(value, f"{sign},.2%", language) if value is not None else "-"


def won_of(won: int, trips: int, language: Language) -> str:
    """How many of them were won, as a percentage."""
    return figure(won / trips, ".0%", language) if trips else "-"
