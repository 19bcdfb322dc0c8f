"""The account in tables: by day, week or month; by pair, release and reason; what its round trips have in common."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from core.contracts.ledger import PerformanceShown, PeriodProfit, PeriodsShown, StatsShown, TripFigures
from core.errors import ConfigurationError
from core.zone import local_time
from services.commander.desk.accounts import Account, newest, owners_span, rounded
from services.commander.desk.trips import Texts, shown
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.trader.accounts import Row, Span, Table, Trip, last_spans, performing
from services.trader.accounts.performing import Group

USUAL_PERIOD = "all"


async def periods(deployment: Deployment, unit: str, limit: int) -> PeriodsShown:
    """The last so many days, weeks or months. Raises ConfigurationError for another unit."""
    context = deployment.context
    account = await context.read(newest, context)
    zone = context.settings.time_zone
    spans = last_spans(unit or "day", limit, max(time.time_ns(), account.story.last_ns), zone)
    if spans is None:
        raise ConfigurationError(f"{unit[:20]!r} is none of day, week and month.", "Say one of these.")
    table = await context.read(Table, account.story)
    rows = await context.read(lambda: [table.row(span) for span in spans])
    return PeriodsShown(
        unit=unit or "day",
        account=account.kind,
        currency=account.story.currency,
        periods=[_period(row, zone) for row in rows],
    )


async def performance(deployment: Deployment, period: str) -> PerformanceShown:
    """By pair, release and reason. Raises ConfigurationError for a period that is none."""
    context = deployment.context
    account = await context.read(newest, context)
    span, trips = await _ended(context, account, period)
    groups = (performing.by_pair, performing.by_release, performing.by_entry, performing.by_exit)
    pairs, releases, entries, exits = [
        await context.read(partial(_grouped, context), group(trips), named=group is performing.by_release)
        for group in groups
    ]
    return PerformanceShown(
        period=period or USUAL_PERIOD,
        from_ns=span.from_ns,
        until_ns=span.until_ns,
        account=account.kind,
        currency=account.story.currency,
        pairs=pairs,
        releases=releases,
        entries=entries,
        exits=exits,
    )


async def stats(deployment: Deployment, period: str) -> StatsShown:
    """What those won and lost have in common. Raises ConfigurationError for a period that is none."""
    context = deployment.context
    account = await context.read(newest, context)
    span, trips = await _ended(context, account, period)
    found = performing.stats_of(trips)
    texts = Texts(context)
    best, worst = [
        await context.read(shown, trip, {}, texts) if trip is not None else None for trip in (found.best, found.worst)
    ]
    return StatsShown(
        period=period or USUAL_PERIOD,
        from_ns=span.from_ns,
        until_ns=span.until_ns,
        account=account.kind,
        currency=account.story.currency,
        trips=len(trips),
        won=found.won,
        lost=found.lost,
        even=found.even,
        realised=rounded(found.realised),
        fees=rounded(found.fees),
        mean_share=_rounded(found.mean_share),
        profit_factor=_rounded(found.profit_factor),
        won_seconds=_rounded(found.won_seconds, 3),
        lost_seconds=_rounded(found.lost_seconds, 3),
        won_in_a_row=found.won_in_a_row,
        lost_in_a_row=found.lost_in_a_row,
        best=best,
        worst=worst,
        exits=_grouped(context, performing.by_exit(trips), named=False),
    )


async def _ended(context: Context, account: Account, period: str) -> tuple[Span, list[Trip]]:
    now_ns = max(time.time_ns(), account.story.last_ns)  # the clock of a simulated market may be ahead of ours
    span = owners_span(period or USUAL_PERIOD, context.settings.time_zone, now_ns)
    return span, await context.read(performing.ended, account.story.trips, span)


def _grouped(context: Context, groups: Sequence[Group], *, named: bool) -> list[TripFigures]:
    """As they are told; `named`: with the commit and the sentence that the group is of."""
    texts = Texts(context)
    return [
        TripFigures(
            name=group.name,
            trips=group.trips,
            won=group.won,
            lost=group.lost,
            realised=rounded(group.realised),
            fees=rounded(group.fees),
            share=_rounded(group.share),
            seconds=_rounded(group.seconds, 3),
            commit=group.cause.commit if named else "",
            change=group.cause.change if named else "",
            text=texts.of(group.cause.change) if named else "",
        )
        for group in groups
    ]


def _period(row: Row, zone: str) -> PeriodProfit:
    return PeriodProfit(
        day=f"{local_time(row.span.from_ns, zone):%Y-%m-%d}",
        from_ns=row.span.from_ns,
        until_ns=row.span.until_ns,
        realised=rounded(row.realised),
        share=_rounded(row.share),
        fees=rounded(row.fees),
        trades=row.trades,
        won=row.won,
        before=rounded(row.before) if row.before is not None else None,
        drawdown=row.drawdown,
    )


def _rounded(value: float | None, digits: int = 8) -> float | None:
    return round(value, digits) if value is not None else None
