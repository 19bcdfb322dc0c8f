"""What can be asked of the ledger, by the word that asks it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from core.contracts.answers import Answer
from core.contracts.asking import Question
from services.commander.desk.curves import candles, equity, judged
from services.commander.desk.holdings import balance, count
from services.commander.desk.positions import positions
from services.commander.desk.tables import performance, periods, stats
from services.commander.desk.trips import trip, trips
from services.commander.road.deployment import Deployment


def in_the_ledger(deployment: Deployment, ask: Question) -> dict[str, Callable[[], Awaitable[Answer]]]:
    """Who answers each of them."""
    return {
        "trips": lambda: trips(deployment, ask.pair, ask.period, ask.limit, ask.release),
        "trip": lambda: trip(deployment, ask.id),
        "periods": lambda: periods(deployment, ask.period, ask.limit),
        "performance": lambda: performance(deployment, ask.period),
        "stats": lambda: stats(deployment, ask.period),
        "count": lambda: count(deployment),
        "balance": lambda: balance(deployment),
        "positions": lambda: positions(deployment),
        "equity": lambda: equity(deployment, ask.period),
        "judged": lambda: judged(deployment, ask.id),
        "candles": lambda: candles(deployment, ask.pair, ask.timeframe, ask.limit),
    }
