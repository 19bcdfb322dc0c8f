"""The moment that a question is about: `why did you not buy at 15h?`, `por que não comprou ontem?`, `two hours ago`.

A day stands for its end, of which the ledger then tells what came before; an hour that has not come yet today is that
of yesterday. Pure.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Final

from core.zone import NANOSECONDS, clock
from services.interpreter.grammar.normalise import fold

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""By the letter that a unit begins with; the Portuguese week is `semana`, and its second `segundo`."""
NUMBERS: Final = {
    "a": 1,
    "an": 1,
    "one": 1,
    "um": 1,
    "uma": 1,
    "half an": 0.5,
    "meia": 0.5,
    "two": 2,
    "dois": 2,
    "duas": 2,
    "a couple of": 2,
    "umas duas": 2,
    "three": 3,
    "tres": 3,
    "four": 4,
    "quatro": 4,
    "five": 5,
    "cinco": 5,
    "six": 6,
    "seis": 6,
    "ten": 10,
    "dez": 10,
    "fifteen": 15,
    "quinze": 15,
    "twenty": 20,
    "vinte": 20,
    "thirty": 30,
    "trinta": 30,
}
COUNT: Final = rf"(\d{{1,4}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
UNIT: Final = (
    r"(segundos?|seconds?|secs?|s|minutos?|minutes?|mins?|m|horas?|hours?|hrs?|h|dias?|days?|d|semanas?|weeks?)"
)
AGO: Final = (
    re.compile(rf"\b{COUNT} ?{UNIT} (?:ago|atras)\b"),
    re.compile(rf"\b(?:ha|faz) (?:uns |umas )?{COUNT} ?{UNIT}\b"),
)
HOUR: Final = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-3])"
    r"(?:[:h](?P<minute>[0-5]\d)(?:h|min)?(?: ?(?P<half>[ap]m))?\b| ?h(?:oras)?\b| ?(?P<noon>[ap]m)\b)"
)
YESTERDAY: Final = re.compile(r"\b(?:ontem|yesterday|last night)\b")
BEFORE: Final = re.compile(r"\b(?:anteontem|day before yesterday)\b")
PARTS: Final = (
    (re.compile(r"\b(?:madrugada|last night)\b"), 6),
    (re.compile(r"\b(?:this morning|de manha|morning|pela manha)\b"), 12),
    (re.compile(r"\b(?:a tarde|de tarde|afternoon)\b"), 18),
)
"""A part of a day and the hour that it ends at."""


def moment_of(text: str, zone: str, now_ns: int) -> int | None:
    """Nanoseconds UTC of the moment that the words name, by the owner's clock; None where they name none."""
    said = fold(text)
    if (ago := next((found for pattern in AGO if (found := pattern.search(said))), None)) is not None:
        return now_ns - int(_seconds(ago[1], ago[2]) * NANOSECONDS)
    now = clock(zone).local(now_ns).replace(tzinfo=None)
    day = 2 if BEFORE.search(said) else 1 if YESTERDAY.search(said) else 0
    midnight = datetime.combine(now.date() - timedelta(days=day), time())
    if (hour := HOUR.search(said)) is not None:
        at = midnight + timedelta(hours=_hour(hour), minutes=int(hour["minute"] or 0))
        at -= timedelta(days=1) if at > now else timedelta()
    elif (ends := next((ends for part, ends in PARTS if part.search(said)), None)) is not None:
        night = "last night" in said  # it ends in the morning after
        at = min(midnight + timedelta(hours=ends, days=int(night)), now)
    elif day:
        at = midnight + timedelta(days=1)
    else:
        return None
    return clock(zone).time_ns(at)


def _seconds(count: str, unit: str) -> float:
    letter = "w" if unit.startswith("sem") else unit[0]
    return UNITS[letter] * float(NUMBERS.get(count) or count)


def _hour(found: re.Match[str]) -> int:
    half, hour = found["half"] or found["noon"], int(found["hour"])
    if half is None or hour > 12:
        return hour
    return hour % 12 + (12 if half == "pm" else 0)
