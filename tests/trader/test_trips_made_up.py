"""Accounts made up by dice: partial trades, fees in each currency, prices of fees learned late, the owner's own deeds.

Whatever happened, trips earned what the books say, no order is in two of them, and a journal read in pieces is the one
that is read at once.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.trader.accounts import Journals, Span, Story, Table, by_release, figures, told_by
from services.trader.accounts.symbols import pair_of
from services.trader.journal import encode
from services.trader.orders import (
    Adjustment,
    Answer,
    Day,
    Epoch,
    FeePriced,
    Fill,
    Order,
    Protection,
    Record,
    Side,
    Status,
)
from services.trader.portfolio import Portfolio
from tests.sampling import few
from tests.trader.examples import NOON_NS, SECOND_NS

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
CAUSES = ("sold_by_hand", "written_off")
ORDERS = 120
ALWAYS = Span(0, 1 << 62)


class Dice:
    """Makes one account up, order by order."""

    def __init__(self, seed: int) -> None:
        self.roll = np.random.default_rng(seed)
        self.records: list[Record] = []
        self.held: dict[str, Decimal] = {}
        self.now_ns, self.number, self.epoch = NOON_NS, 0, 0
        self.late: list[Record] = []

    def account(self) -> list[Record]:
        self.records += [Epoch(1, f"{0:040x}", 0), Day("2026-01-01", Decimal(10_000))]
        for _ in range(ORDERS):
            self.now_ns += int(self.roll.integers(1, 4000)) * SECOND_NS
            self._step()
        return [*self.records, *self.late]

    def _step(self) -> None:
        chance = self.roll.random()
        symbol = str(self.roll.choice(SYMBOLS))
        if chance < 0.04:
            self.epoch += 1
            self.records.append(Epoch(self.epoch + 1, f"{self.epoch:040x}", self.now_ns))
        elif chance < 0.08 and self.held.get(symbol):
            self._by_hand(symbol)
        elif chance < 0.12 and self.late:
            self.records.append(self.late.pop(0))
        elif self.held.get(symbol, Decimal(0)) > Decimal("0.01"):
            self._sell(symbol)
        else:
            self._trade(symbol, Side.BUY, Decimal(int(self.roll.integers(10, 500))) / 100)

    def _by_hand(self, symbol: str) -> None:
        part = self.held[symbol] * Decimal(str(self.roll.choice([1.0, 0.5])))
        gone = Adjustment(pair_of(symbol).base, -part, self._price(symbol), str(self.roll.choice(CAUSES)), self.now_ns)
        self.records.append(gone)
        self.held[symbol] -= part

    def _sell(self, symbol: str) -> None:
        lots = (self.held[symbol] * 100).to_integral_value(rounding="ROUND_FLOOR") / 100
        self._trade(symbol, Side.SELL, lots, protects=self.roll.random() < 0.2)

    def _trade(self, symbol: str, side: Side, quantity: Decimal, *, protects: bool = False) -> None:
        """An order that trades in up to three parts, of which the last may not be taken."""
        self.number += 1
        price = self._price(symbol)
        name = f"{'p' if protects else 's'}{self.epoch}-x-{self.number}"
        release = f"{self.epoch:040x}"
        told = (self.now_ns, self.epoch, release)
        if protects:
            self.records.append(Protection(name, symbol, quantity, price, price, *told))
        else:
            self.records.append(Order(name, symbol, side, quantity, price, *told, self.number, "score"))
        parts = int(self.roll.integers(1, 4))
        for part in range(parts):
            if part == 2 and self.roll.random() < 0.5:
                break
            self._fill(
                name, symbol, side, quantity / parts if parts != 3 else quantity / 4, price, 10 * self.number + part
            )
        self.records.append(Answer(name, Status.FILLED))

    def _fill(self, name: str, symbol: str, side: Side, quantity: Decimal, price: Decimal, trade: int) -> None:
        asset = str(self.roll.choice(["USDT", "BNB", pair_of(symbol).base if side is Side.BUY else "USDT"]))
        fee = quantity * Decimal("0.001") if asset != "USDT" else quantity * price * Decimal("0.001")
        known = asset != "BNB" or symbol == "BNBUSDT" or self.roll.random() < 0.5
        fee_price = Decimal(600) if asset == "BNB" and known and symbol != "BNBUSDT" else None
        fill = Fill(name, symbol, side, trade, quantity, price, fee, asset, self.now_ns, fee_price)
        self.records.append(fill)
        if not known:
            self.late.append(FeePriced(symbol, trade, Decimal(601)))
        moved = quantity if side is Side.BUY else -quantity
        own = fee if asset == pair_of(symbol).base else Decimal(0)
        self.held[symbol] = max(self.held.get(symbol, Decimal(0)) + moved - own, Decimal(0))

    def _price(self, symbol: str) -> Decimal:
        return Decimal({"BTCUSDT": 650, "ETHUSDT": 350, "BNBUSDT": 600}[symbol] + int(self.roll.integers(-40, 40)))


def near(one: Decimal | int, other: Decimal | int) -> bool:
    """But for the last of the 28 digits that are counted in."""
    return abs(one - other) < Decimal("1e-15")


def check(records: list[Record], story: Story) -> None:
    """What must hold of any account."""
    books = Portfolio.of(map(pair_of, SYMBOLS), records)
    realised = sum(holding.profit for holding in books.holdings.values())
    trips = story.trips
    assert near(sum(gain.profit for gain in story.gains), realised)
    assert near(sum(trip.profit for trip in trips), realised)
    assert near(sum(trip.fees for trip in trips), books.fees)
    assert near(sum(gain.fees for gain in story.gains), books.fees)
    assert [trip.number for trip in trips] == list(range(1, len(trips) + 1))
    orders = Counter(order for trip in trips for order in trip.orders)
    assert max(orders.values()) == 1
    assert set(orders) == {record.client_id for record in records if isinstance(record, Fill)}
    for symbol in SYMBOLS:
        states = [trip.closed for trip in trips if trip.symbol == symbol]
        assert all(states[:-1])  # only the last one of a pair may be open
        held = books.holdings[symbol].quantity
        assert not states or states[-1] is False or held <= Decimal("1.1")
    assert all(trip.exit is not None for trip in trips if trip.closed)


def check_tables(story: Story) -> None:
    """Each way of adding up comes to the same."""
    whole = figures(story, ALWAYS)
    row = Table(story).row(ALWAYS)
    assert (row.realised, row.fees, row.trades, row.won) == (whole.realised, whole.fees, whole.trades, whole.won)
    assert row.drawdown == whole.drawdown
    edges = [NOON_NS + step * 40_000 * SECOND_NS for step in range(12)]
    spans = [Span(0, edges[0]), *map(Span._make, pairwise(edges)), Span(edges[-1], 1 << 62)]
    assert near(sum(Table(story).row(span).realised for span in spans), whole.realised)
    sold = sum(gain.profit for gain in story.gains if gain.release)
    assert near(sum(release.realised for release in by_release(story, 1 << 62)), sold)


@pytest.mark.parametrize("seed", few({number: number for number in range(40)}, 0, 1, 2, 3))
def test_trips_of_a_made_up_account_earned_what_its_books_say(seed: int, tmp_path: Path) -> None:
    records = Dice(seed).account()
    story = told_by(records)
    assert len(story.trips) > 15
    check(records, story)
    check_tables(story)
    journal, journals = tmp_path / "journal", Journals()
    written = [encode(record) for record in records]
    cuts = sorted({*np.random.default_rng(seed).integers(0, len(written), 12).tolist(), len(written)})
    for cut in cuts:
        journal.write_bytes(b"".join(written[:cut]) + (written[cut][:9] if cut < len(written) else b""))
        grown = journals.story(journal)
    assert (grown.trips, grown.gains, grown.marks, grown.epochs) == (
        story.trips,
        story.gains,
        story.marks,
        story.epochs,
    )
