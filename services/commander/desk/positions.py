"""What is open, with what led to it: from the trader that runs, else from the books alone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.contracts.figures import Position, TraderStatus
from core.contracts.ledger import PositionHeld, PositionsShown
from services.commander.desk.accounts import newest, rounded, status_of
from services.commander.desk.trips import Texts
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.trader.accounts import Story, Trip
from services.trader.accounts.trips import Cause

ZERO = Decimal(0)


async def positions(deployment: Deployment) -> PositionsShown:
    """Each of them, the newest first. What a trader holds without a trip in its journal is told without its reason."""
    context, status = deployment.context, await status_of(deployment)
    account = await context.read(newest, context)
    held = await context.read(lambda: list(_all(context, account.story, status)))
    return PositionsShown(
        account=account.kind,
        currency=account.story.currency,
        runs=status is not None,
        positions=sorted(held, key=lambda each: -(each.since_ns or 0)),
    )


def _all(context: Context, story: Story, status: TraderStatus | None) -> Iterator[PositionHeld]:
    texts = Texts(context)
    trips = {trip.symbol: trip for trip in story.trips if not trip.closed}
    if status is None:
        for trip in trips.values():
            yield _in_the_books(trip, texts)
        return
    for position in status.positions:
        yield _held(position, trips.get(position.pair), texts)


def _in_the_books(trip: Trip, texts: Texts) -> PositionHeld:
    """An open trip as its records have it, without a price."""
    bought = trip.entry.quantity if trip.entry is not None else ZERO
    sold = trip.exit.quantity if trip.exit is not None else ZERO
    price = trip.entry.price if trip.entry is not None else ZERO
    return _told(trip.symbol, bought - sold, price, trip, None, texts)


def _held(position: Position, trip: Trip | None, texts: Texts) -> PositionHeld:
    quantity, price = (Decimal(repr(each)) for each in (position.quantity, position.entry_price))
    return _told(position.pair, quantity, price, trip, position, texts)


def _told(
    pair: str, quantity: Decimal, entry_price: Decimal, trip: Trip | None, now: Position | None, texts: Texts
) -> PositionHeld:
    entry = trip.entry if trip is not None else None
    cause = entry.cause if entry is not None else Cause("")
    return PositionHeld(
        pair=pair,
        number=trip.number if trip is not None else None,
        quantity=rounded(quantity),
        entry_price=rounded(entry_price),
        price=now.price if now is not None else None,
        value=now.quantity * now.price if now is not None else None,
        profit=now.quantity * (now.price - now.entry_price) if now is not None else None,
        share=now.profit if now is not None else None,
        fees=rounded(trip.fees) if trip is not None else ZERO,
        since_ns=entry.time_ns if entry is not None else None,
        protected=now.protected if now is not None else None,
        reason=cause.reason,
        release=cause.release,
        commit=cause.commit,
        change=cause.change,
        text=texts.of(cause.change),
    )
