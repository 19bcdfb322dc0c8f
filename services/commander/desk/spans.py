"""The stretch of time that a question is about: `quanto ganhei semana passada?`, `profit of the last 3 days`.

Said by the owner's calendar, as one of the periods that accounts know: a day, days from one to another, or hours. What
an action of the grammar can name (`today`, `this week`) is left to it. Pure.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from core.zone import clock
from services.interpreter.grammar.normalise import fold

MONTHS: Final = (
    *("january|janeiro", "february|fevereiro", "march|marco", "april|abril", "may|maio", "june|junho", "july|julho"),
    *("august|agosto", "september|setembro", "october|outubro", "november|novembro", "december|dezembro"),
)
WEEKDAYS: Final = (
    *("monday|segunda", "tuesday|terca", "wednesday|quarta", "thursday|quinta", "friday|sexta", "saturday|sabado"),
    "sunday|domingo",
)
COUNTED: Final = r"(?:operac|ordem|orden|compra|venda|vez|posic|vers|mudanc|alterac|regra|trade)"
"""After `segunda` and `quarta` these tell that it counts: `a segunda operação`."""
LAST: Final = r"(?:last|past|previous|ultim[oa]s)"
LENGTH: Final = re.compile(
    rf"\b{LAST} (\d{{1,3}}) (hours?|horas?|days?|dias?|weeks?|semanas?)\b"
    r"|\b(\d{1,3}) ultim[oa]s (horas|dias|semanas)\b"
)
AGO: Final = re.compile(r"\b(?:ha|faz) (\d{1,3}) dias\b|\b(\d{1,3}) (?:days ago|dias atras)\b")
SINCE: Final = re.compile(r"\b(?:since|desde)\b")
LAST_WEEK: Final = re.compile(r"\b(?:last|previous) week\b|\bsemana passada\b")
LAST_MONTH: Final = re.compile(r"\b(?:last|previous) month\b|\bmes passado\b")
LAST_YEAR: Final = re.compile(r"\b(?:last|previous) year\b|\bano passado\b")
BEFORE_YESTERDAY: Final = re.compile(r"\banteontem\b|\bday before yesterday\b")


def period_of(text: str, zone: str, now_ns: int) -> str | None:
    """The period that the words name: `2026-11-27`, `2026-11-16..2026-11-22` or `24h`; None where they name none."""
    said, today = fold(text), clock(zone).local(now_ns).date()
    if (length := LENGTH.search(said)) is not None:
        return _latest(int(length[1] or length[3]), length[2] or length[4], today)
    first = _month(said, today) or _weekday(said, today)
    if first is not None and SINCE.search(said):
        return _days(first[0], today)
    if first is not None:
        return _days(*first)
    if LAST_WEEK.search(said):
        monday = today - timedelta(days=today.weekday() + 7)
        return _days(monday, monday + timedelta(days=6))
    if LAST_MONTH.search(said):
        return _days(*_whole_month(today.replace(day=1) - timedelta(days=1)))
    if LAST_YEAR.search(said):
        return _days(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    if (ago := AGO.search(said)) is not None:
        return (today - timedelta(days=int(ago[1] or ago[2]))).isoformat()
    return (today - timedelta(days=2)).isoformat() if BEFORE_YESTERDAY.search(said) else None


def _latest(count: int, unit: str, today: date) -> str:
    if unit.startswith("h"):
        return f"{count}h"
    days = count * (7 if unit.startswith(("w", "s")) else 1)
    return _days(today - timedelta(days=max(days, 1) - 1), today)


def _month(said: str, today: date) -> tuple[date, date] | None:
    """The last month of that name that has begun."""
    for number, names in enumerate(MONTHS, start=1):
        if re.search(rf"\b(?:in|of|since|during|em|de|desde|durante) (?:{names})\b", said):
            return _whole_month(date(today.year - (number > today.month), number, 1))
    return None


def _weekday(said: str, today: date) -> tuple[date, date] | None:
    """The last day of that name, today among them."""
    for number, names in enumerate(WEEKDAYS):
        place = rf"(?:on|since|last|of|na|no|da|do|desde|de|nessa|nesse) (?:a |o |ultima |ultimo )?(?:{names})"
        if re.search(rf"\b{place}\b(?! {COUNTED})", said):
            day = today - timedelta(days=(today.weekday() - number) % 7)
            return day, day
    return None


def _whole_month(day: date) -> tuple[date, date]:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day.replace(day=1), following - timedelta(days=1)


def _days(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"
