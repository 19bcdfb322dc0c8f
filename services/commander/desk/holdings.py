"""What the account has now, and how much of it the limits allow."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.contracts.figures import TraderStatus
from core.contracts.ledger import AssetHeld, BalanceShown, CountShown
from services.commander.desk.accounts import newest, rounded, status_of
from services.commander.road.deployment import Deployment
from services.trader.accounts import Story
from services.trader.accounts.symbols import pair_of
from services.trader.limits import limits_for


async def count(deployment: Deployment) -> CountShown:
    """How many positions are open, against the most that are allowed."""
    context, status = deployment.context, await status_of(deployment)
    account = await context.read(newest, context)
    limits, _ = await context.read(limits_for, context.settings)
    pairs = [each.pair for each in status.positions] if status is not None else _open(account.story)
    return CountShown(
        open=len(pairs),
        most=limits.open_positions,
        pairs=pairs,
        value=sum((each.quantity * each.price for each in status.positions), 0.0) if status is not None else None,
        most_value=limits.total_exposure,
        currency=account.story.currency,
        runs=status is not None,
    )


async def balance(deployment: Deployment) -> BalanceShown:
    """What the account has of each asset."""
    context, status = deployment.context, await status_of(deployment)
    account = await context.read(newest, context)
    story = account.story
    assets = list(_held(status) if status is not None else _in_the_books(story))
    return BalanceShown(
        account=account.kind,
        currency=story.currency,
        equity=status.equity if status is not None else None,
        cash=status.cash if status is not None else None,
        began=rounded(story.marks[0].equity) if story.marks else None,
        realised=rounded(sum((gain.profit for gain in story.gains), Decimal(0))),
        fees=rounded(sum((gain.fees for gain in story.gains), Decimal(0))),
        assets=assets,
        runs=status is not None,
    )


def _open(story: Story) -> list[str]:
    return [trip.symbol for trip in story.trips if not trip.closed]


def _held(status: TraderStatus) -> Iterator[AssetHeld]:
    """What the trader holds, by value, and what is too little to be sold."""
    worth = status.equity or 0.0
    for each in sorted(status.positions, key=lambda each: -each.quantity * each.price):
        value = each.quantity * each.price
        yield AssetHeld(
            asset=pair_of(each.pair).base,
            quantity=_decimal(each.quantity),
            price=each.price,
            value=value,
            share=value / worth if worth > 0 else None,
            sellable=True,
        )
    for asset, units in status.dust.items():
        yield AssetHeld(asset=asset, quantity=Decimal(units), price=None, value=None, share=None, sellable=False)


def _in_the_books(story: Story) -> Iterator[AssetHeld]:
    """What was bought and not sold, without a price."""
    open_pairs = set(_open(story))
    for symbol, holding in story.portfolio.holdings.items():
        if holding.quantity > 0:
            yield AssetHeld(
                asset=holding.pair.base,
                quantity=rounded(holding.quantity),
                price=None,
                value=None,
                share=None,
                sellable=symbol in open_pairs,
            )


def _decimal(value: float) -> Decimal:
    return rounded(Decimal(repr(value)))
