"""What an account earned: by the owner's days, by pair, by release, with fees of every kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.trader.accounts import Span, Story, by_release, figures, span_of, told_by
from services.trader.accounts.symbols import pair_of
from services.trader.orders import Day, Epoch, FeePriced, Record, Side
from tests.trader.examples import NOON_NS, RELEASE, SECOND_NS, fill, order

HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS
ALWAYS = Span(0, NOON_NS + 400 * DAY_NS)
OTHER = "f" * 40


def trade(number: int, bought: int, sold: int, at_ns: int, **changes: Any) -> list[Record]:
    """0.01 BTC bought at a price and sold at another one an hour later."""
    entry, leave = f"s1-01234567-{2 * number}", f"s1-01234567-{2 * number + 1}"
    later = at_ns + HOUR_NS
    release = changes.pop("release", RELEASE)
    return [
        order(client_id=entry, time_ns=at_ns, release=release),
        fill(client_id=entry, trade_id=2 * number, price=Decimal(bought), time_ns=at_ns, **changes),
        order(client_id=leave, side=Side.SELL, time_ns=later, release=release),
        fill(client_id=leave, trade_id=2 * number + 1, side=Side.SELL, price=Decimal(sold), time_ns=later, **changes),
    ]


def test_a_stretch_has_its_profit_fees_trades_and_the_share_of_what_it_began_with() -> None:
    story = told_by(
        [
            Day("2026-01-01", Decimal(10_000)),
            *trade(1, 50_000, 51_000, NOON_NS, fee=Decimal("0.5")),
            *trade(2, 50_000, 49_000, NOON_NS + 2 * HOUR_NS, fee=Decimal("0.5")),
        ]
    )
    found = figures(story, ALWAYS)
    assert (found.realised, found.fees) == (Decimal(-2), Decimal(2))
    assert (found.trades, found.won) == (2, 1)
    assert (found.before, found.share) == (Decimal(10_000), -0.0002)
    assert found.drawdown == pytest.approx(11 / 10_009)  # the second trade, and the fee of its entry's order
    assert story.currency == "USDT"


def test_a_day_is_the_owners_and_its_equity_is_that_of_its_own_midnight() -> None:
    before, after = trade(1, 50_000, 51_000, NOON_NS + 12 * HOUR_NS), trade(2, 50_000, 52_000, NOON_NS + 18 * HOUR_NS)
    story = told_by([Day("2026-01-01", Decimal(10_000)), Day("2026-01-02", Decimal(10_000)), *before, *after])
    now_ns = NOON_NS + DAY_NS
    today = span_of("today", now_ns, "America/Sao_Paulo")
    yesterday = span_of("yesterday", now_ns, "America/Sao_Paulo")
    assert today is not None
    assert yesterday is not None
    assert yesterday.until_ns == today.from_ns == NOON_NS + 15 * HOUR_NS
    assert (figures(story, today).realised, figures(story, today).before) == (Decimal(20), Decimal(10_010))
    assert (figures(story, yesterday).realised, figures(story, yesterday).before) == (Decimal(10), Decimal(10_000))


@pytest.mark.parametrize(
    ("period", "hours"),
    [("today", -12), ("week", -12 - 3 * 24), ("month", -12), ("year", -12), ("2025-12-30", -60)],
)
def test_a_period_begins_at_its_first_midnight(period: str, hours: int) -> None:
    span = span_of(period, NOON_NS, "UTC")  # a Thursday
    assert span is not None
    assert span.from_ns == NOON_NS + hours * HOUR_NS


def test_what_is_no_period_is_none() -> None:
    assert span_of("fortnight", NOON_NS, "UTC") is None
    assert span_of("2026-13-01", NOON_NS, "UTC") is None
    assert span_of("2026-01-02..2026-01-01", NOON_NS, "UTC") is None
    assert span_of("2026-01-01..", NOON_NS, "UTC") == span_of("2026-01-01", NOON_NS, "UTC")


def test_days_from_one_to_another_are_whole_and_hours_end_now() -> None:
    days, day = span_of("2025-12-29..2025-12-31", NOON_NS, "UTC"), 24 * HOUR_NS
    assert days is not None
    assert (days.from_ns, days.until_ns) == (NOON_NS - 3 * day - 12 * HOUR_NS, NOON_NS - 12 * HOUR_NS)
    hours = span_of("24h", NOON_NS, "UTC")
    assert hours is not None
    assert hours.from_ns == NOON_NS - day


def test_a_fee_that_is_priced_later_belongs_to_the_day_of_its_trade() -> None:
    paid = {"fee": Decimal("0.01"), "fee_asset": "BNB"}
    records = trade(1, 50_000, 51_000, NOON_NS, **paid)
    records += [FeePriced("BTCUSDT", 2, Decimal(300)), FeePriced("BTCUSDT", 3, Decimal(300))]
    found = figures(told_by(records), Span(NOON_NS, NOON_NS + 2 * HOUR_NS))
    assert (found.realised, found.fees) == (Decimal(4), Decimal(6))


def test_each_release_has_what_its_own_orders_sold_and_the_one_that_decides_comes_last() -> None:
    epochs = [Epoch(n, release, NOON_NS + n * DAY_NS) for n, release in enumerate((RELEASE, OTHER, RELEASE))]
    story = told_by([*epochs, *trade(1, 50_000, 51_000, NOON_NS), *trade(2, 50_000, 49_000, NOON_NS, release=OTHER)])
    other, own = by_release(story, NOON_NS + 3 * DAY_NS)
    assert (other.release, other.realised, other.seconds) == (OTHER, Decimal(-10), 86_400)
    assert (own.release, own.realised, own.seconds, own.won) == (RELEASE, Decimal(10), 2 * 86_400, 1)
    assert own.from_ns == NOON_NS


def test_an_account_without_records_has_nothing() -> None:
    found = figures(told_by([]), ALWAYS)
    assert (found.realised, found.before, found.drawdown, found.pairs) == (Decimal(0), None, None, ())


def test_a_story_goes_on_over_a_restart() -> None:
    """A new start begins an epoch and writes no second day."""
    first, second = trade(1, 50_000, 51_000, NOON_NS), trade(2, 50_000, 51_000, NOON_NS + DAY_NS)
    story: Story = told_by([Epoch(1, RELEASE, NOON_NS), *first, Epoch(2, RELEASE, NOON_NS + DAY_NS), *second])
    assert figures(story, ALWAYS).realised == Decimal(20)


@pytest.mark.parametrize(
    ("symbol", "base", "quote"),
    [("BTCUSDT", "BTC", "USDT"), ("ETHBTC", "ETH", "BTC"), ("BTCFDUSD", "BTC", "FDUSD"), ("PETR4", "PETR4", "")],
)
def test_a_symbol_is_parted_into_its_currencies(symbol: str, base: str, quote: str) -> None:
    assert (pair_of(symbol).base, pair_of(symbol).quote) == (base, quote)
