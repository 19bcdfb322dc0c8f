"""What is drawn: the account's worth over time, and the price of a pair with the trades on it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from core.contracts.ledger import Candle, CandlesShown, EquityPoint, EquityShown, FillMark, JudgedShown, ReleaseBegan
from core.curves import fall, thinned
from core.errors import ConfigurationError
from core.kernel import Records
from core.names import parse_timeframe
from services.commander.desk.accounts import Account, newest, owners_span, rounded, status_of, symbol_of
from services.commander.judged import find
from services.commander.naming import short
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.trader.accounts import Leg, Span, Story, Table, Worth
from services.trader.orders import Side

MOST_POINTS = 600
MOST_CANDLES = 1000


async def equity(deployment: Deployment, period: str) -> EquityShown:
    """Over a period, from the journal, and what it is now. Raises ConfigurationError for a period that is none."""
    context, status = deployment.context, await status_of(deployment)
    account = await context.read(newest, context)
    asked = period or "all"
    now_ns = max(time.time_ns(), account.story.last_ns)  # the clock of a simulated market may be ahead of ours
    span = owners_span(asked, context.settings.time_zone, now_ns)
    now = status.equity if status is not None and span.holds(now_ns) else None
    points, fallen = await context.read(_curve, account.story, span, Worth(now_ns, now, True) if now else None)
    return EquityShown(
        period=asked,
        from_ns=span.from_ns,
        until_ns=span.until_ns,
        account=account.kind,
        currency=account.story.currency,
        points=[EquityPoint(*point) for point in points],
        drawdown=fallen,
        releases=[
            ReleaseBegan(time_ns=epoch.time_ns, release=epoch.release)
            for epoch in account.story.epochs
            if span.holds(epoch.time_ns)
        ],
    )


async def candles(deployment: Deployment, pair: str, timeframe: str, limit: int) -> CandlesShown:
    """The last bars of a pair; of the one that was traded last when none is named.

    Raises ConfigurationError where no pair was ever traded, and DataError for a timeframe that the bars do not make up.
    """
    context = deployment.context
    account = await context.read(newest, context)
    symbol = symbol_of(account.story, pair) if pair else _last_traded(account.story)
    if not symbol:
        raise ConfigurationError("Nothing was traded yet, so no pair is meant.", "Name one: BTCUSDT.")
    return await context.read(_drawn, context, account, symbol, timeframe, min(limit, MOST_CANDLES))


async def judged(deployment: Deployment, wanted: str) -> JudgedShown:
    """What the judge counted of a change, before and after. Raises ConfigurationError where nothing was kept."""
    context = deployment.context
    change = context.changes.get(wanted)
    found = await context.read(find, context.settings.data_dir, change.id) if change is not None else None
    if found is None:
        raise ConfigurationError(
            f"No curves were kept of the change {short(wanted)!r}.", "`sorte history` lists the changes."
        )
    return found


def _curve(story: Story, span: Span, now: Worth | None) -> tuple[list[Worth], float | None]:
    points = Table(story).curve(span) + ([now] if now is not None else [])
    return thinned(points, MOST_POINTS), fall(points)


def _last_traded(story: Story) -> str:
    return story.trips[-1].symbol if story.trips else ""


def _drawn(context: Context, account: Account, symbol: str, timeframe: str, limit: int) -> CandlesShown:
    if account.folder is None:
        return CandlesShown(account=account.kind, pair=symbol, timeframe=timeframe, candles=[], fills=[])
    bars = context.recorded.bars(account.folder, symbol, limit, timeframe)
    return CandlesShown(
        account=account.kind,
        pair=symbol,
        timeframe=bars.timeframe,
        candles=[Candle(*row) for row in bars.rows[list(Candle.__struct_fields__)].tolist()],
        fills=list(_marks(account.story, symbol, bars.rows, bars.timeframe)),
    )


def _marks(story: Story, symbol: str, rows: Records, timeframe: str) -> Iterator[FillMark]:
    """The ends of round trips among the bars."""
    if not len(rows):
        return
    first, last = int(rows["time_ns"][0]), int(rows["time_ns"][-1]) + 2 * parse_timeframe(timeframe)
    for trip in story.trips:
        if trip.symbol == symbol:
            for side, leg in ((Side.BUY, trip.entry), (Side.SELL, trip.exit)):
                if leg is not None and first <= leg.time_ns <= last:
                    yield _mark(side, leg)


def _mark(side: Side, leg: Leg) -> FillMark:
    return FillMark(
        time_ns=leg.time_ns,
        side=side,
        price=rounded(leg.price),
        quantity=rounded(leg.quantity),
        order=leg.order,
        reason=leg.cause.reason,
    )
