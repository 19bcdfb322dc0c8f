"""The day and the week in a few lines, as they are told each morning."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.contracts.accounts import ProfitShown
from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.errors import SorteError
from core.formats import day as written_day
from core.language import Language
from services.gateway.alerts.texts import say

Ask = Callable[[Question], Awaitable[Answer]]
DAYS: Final = 7
WEEKDAYS: Final = {"monday": 0, "sunday": 6}


@dataclass(frozen=True, slots=True)
class Due:
    """A summary whose time has come."""

    weekly: bool
    key: str  # it is put into the outbox once
    days: tuple[datetime.date, ...]  # that it is of, the newest last


def due(now: datetime.datetime, daily_at: str, weekly: str) -> list[Due]:
    """The summaries of this morning, once its hour has come; `now` is by the owner's clock. Pure."""
    if not daily_at or now.time() < datetime.time.fromisoformat(daily_at):
        return []
    today = now.date()
    before = [today - datetime.timedelta(days=back) for back in range(DAYS, 0, -1)]
    found = [Due(weekly=False, key=f"daily:{today}", days=(before[-1],))]
    if WEEKDAYS.get(weekly) == today.weekday():
        found.append(Due(weekly=True, key=f"weekly:{today}", days=tuple(before)))
    return found


async def summary(due: Due, ask: Ask, language: Language) -> tuple[str, str]:
    """Title and text. Raises SorteError when nobody can be asked."""
    figures = [answer for day in due.days if isinstance(answer := await ask(_question(day)), ProfitShown)]
    if not figures:
        raise SorteError("The commander answered something else.", "Is it of another version?")
    name = "weekly" if due.weekly else "daily"
    days = {"first": _said(due.days[0], language), "last": _said(due.days[-1], language)}
    title = say(f"{name}.title", language, currency=figures[-1].currency, realised=_sum(figures), **days)
    lines = [_total(figures, language)]
    if due.weekly:
        lines += [_day(day, each, language) for day, each in zip(due.days, figures, strict=False)]
    lines += _pairs(figures, language)
    return title, "\n".join(lines)


def _question(day: datetime.date) -> Question:
    return Question(do="profit", period=day.isoformat())


def _said(day: datetime.date, language: Language) -> str:
    return written_day(datetime.datetime.combine(day, datetime.time()), language)


def _sum(figures: Sequence[ProfitShown]) -> Decimal:
    return sum((each.realised for each in figures), Decimal(0))


def _total(figures: Sequence[ProfitShown], language: Language) -> str:
    trades, won = (sum(getattr(each, name) for each in figures) for name in ("trades", "won"))
    fees = sum((each.fees for each in figures), Decimal(0))
    deepest = max((each.drawdown for each in figures if each.drawdown is not None), default=0.0)
    values = {"realised": _sum(figures), "trades": trades, "won": won, "fees": fees, "drawdown": deepest}
    return say("summary.total", language, **values)


def _day(day: datetime.date, figures: ProfitShown, language: Language) -> str:
    return say("summary.day", language, day=_said(day, language), realised=figures.realised, trades=figures.trades)


def _pairs(figures: Sequence[ProfitShown], language: Language) -> list[str]:
    sums: dict[str, Decimal] = {}
    for each in figures:
        for pair in each.pairs:
            sums[pair.pair] = sums.get(pair.pair, Decimal(0)) + pair.realised
    ranked = sorted(sums.items(), key=lambda item: -item[1])
    named = {"summary.best": ranked[:1], "summary.worst": ranked[-1:] if len(ranked) > 1 else []}
    return [say(text, language, pair=pair, realised=sum_) for text, found in named.items() for pair, sum_ in found]
