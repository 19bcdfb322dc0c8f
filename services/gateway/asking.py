"""From a command and its arguments to the question that it puts to the commander: of the chat and of the prompt. Pure.

What a command says beside its name is read once, here: a number, a pair, an id, a period. What does not read is told
with how the command is used (`usage.NAME`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from core.contracts.asking import MOST, Question
from core.contracts.plan import NAME

PAIR: Final = re.compile(r"[A-Za-z0-9]{2,20}([/_-][A-Za-z0-9]{2,10})?")
IDENTITY: Final = re.compile(r"[0-9a-f]{4,40}|s\d+-\S{1,60}")
"""Of a change, a commit or an order."""
COUNT: Final = re.compile(r"\d{1,4}")
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
PERIODS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: name for name in ("today", "yesterday", "week", "month", "year", "all")},
        "hoje": "today",
        "ontem": "yesterday",
        "semana": "week",
        "mes": "month",
        "mês": "month",
        "ano": "year",
        "tudo": "all",
        "total": "all",
        "day": "today",
        "dia": "today",
    }
)
SHORTEST_COMMIT: Final = 4
"""Digits; fewer are a number of steps."""
USUAL_TRADES: Final = 10
USUAL_PERIODS: Final = 7
USUAL_CHANGES: Final = 8


@dataclass(frozen=True, slots=True)
class Usage:
    """The arguments do not read; the name of the command whose usage is told."""

    name: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked; `part` says which part of the answer is shown."""

    question: Question
    part: str = ""


Asked = Ask | Usage


def ask_of(name: str, arguments: str) -> Asked | None:
    """What a command that shows something asks; None for one that asks in another way."""
    if name in STATUS:
        return Ask(Question(do="status"), STATUS[name])
    read = READERS.get(name)
    return read(arguments) if read is not None else None


STATUS: Final[Mapping[str, str]] = MappingProxyType(
    {"status": "", "positions": "positions", "health": "health", "whitelist": "whitelist", "locks": "locks"}
)
"""Commands that show a part of the status, and which."""


def _profit(arguments: str) -> Asked:
    word = arguments.casefold()
    if not word:
        return Ask(Question(do="profit", period="today"))
    period = PERIODS.get(word) or (word if DAY.fullmatch(word) else None)
    return Ask(Question(do="profit", period=period)) if period is not None else Usage("profit")


def _trades(arguments: str) -> Asked:
    """The last so many round trips, those of a pair or of a period; or one of them by its number after a `#`."""
    if arguments.startswith("#") and COUNT.fullmatch(arguments[1:]):
        return Ask(Question(do="trip", id=arguments[1:]))
    if (limit := _number(arguments, USUAL_TRADES)) > 0:
        return Ask(Question(do="trips", limit=limit))
    if (period := PERIODS.get(arguments.casefold())) is not None:
        return Ask(Question(do="trips", period=period, limit=USUAL_TRADES))
    if PAIR.fullmatch(arguments):
        return Ask(Question(do="trips", pair=pair_of(arguments), limit=USUAL_TRADES))
    return Usage("trades")


def _periods(unit: str) -> Callable[[str], Asked]:
    def read(arguments: str) -> Asked:
        limit = _number(arguments, USUAL_PERIODS)
        return Ask(Question(do="periods", period=unit, limit=limit)) if limit else Usage("periods")

    return read


def _of_period(do: Literal["performance", "stats"], part: str = "") -> Callable[[str], Asked]:
    def read(arguments: str) -> Asked:
        period = PERIODS.get(arguments.casefold() or "all")
        return Ask(Question(do=do, period=period), part) if period is not None else Usage("period")

    return read


def _history(arguments: str) -> Asked:
    limit = _number(arguments, USUAL_CHANGES)
    return Ask(Question(do="history", limit=limit)) if limit else Usage("history")


def _why(arguments: str) -> Asked:
    if not arguments or PAIR.fullmatch(arguments):
        return Ask(Question(do="why", pair=pair_of(arguments)))
    return Usage("why")


def _explain(arguments: str) -> Asked:
    if not arguments:
        return Ask(Question(do="explain", id="last trade"))
    return Ask(Question(do="explain", id=arguments)) if NAME.fullmatch(arguments) else Usage("explain")


def _show(arguments: str) -> Asked:
    return Ask(Question(do="show", id=arguments)) if IDENTITY.fullmatch(arguments) else Usage("show")


def _diff(arguments: str) -> Asked:
    return Ask(Question(do="diff", id=arguments)) if IDENTITY.fullmatch(arguments) else Usage("diff")


def _gates(arguments: str) -> Asked:
    return Ask(Question(do="show", id=arguments), "gates") if IDENTITY.fullmatch(arguments) else Usage("gates")


READERS: Final[Mapping[str, Callable[[str], Asked]]] = MappingProxyType(
    {
        "profit": _profit,
        "daily": _periods("day"),
        "weekly": _periods("week"),
        "monthly": _periods("month"),
        "balance": lambda _: Ask(Question(do="balance")),
        "trades": _trades,
        "performance": _of_period("performance"),
        "compare": lambda _: Ask(Question(do="compare")),
        "entries": _of_period("performance", "entries"),
        "exits": _of_period("performance", "exits"),
        "stats": _of_period("stats"),
        "count": lambda _: Ask(Question(do="count")),
        "history": _history,
        "why": _why,
        "explain": _explain,
        "show": _show,
        "diff": _diff,
        "gates": _gates,
    }
)


def rollback_of(arguments: str) -> Ask | Usage:
    """Where a rollback goes: the release before, so many before, or a commit or change."""
    if not arguments or (COUNT.fullmatch(arguments) and len(arguments) < SHORTEST_COMMIT):
        return Ask(Question(do="rollback", steps=max(int(arguments or 1), 1), asks=True))
    if IDENTITY.fullmatch(arguments):
        return Ask(Question(do="rollback", to=arguments, asks=True))
    return Usage("rollback")


def pair_of(word: str) -> str:
    """`btc/usdt` as BTCUSDT."""
    return re.sub(r"[/_-]", "", word).upper()


def _number(arguments: str, usual: int) -> int:
    """How many; 0 where that does not read."""
    if not arguments:
        return usual
    return min(int(arguments), MOST) if COUNT.fullmatch(arguments) else 0
