"""Round trips: where one begins and ends, what it earned, and that a journal which grows is told as if it were read at
once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from core.curves import fall, thinned
from core.errors import DataError
from core.kernel import BAR, EVENT, QUOTE
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS
from core.recording import Recordings
from services.trader.accounts import (
    Journals,
    Recorded,
    Span,
    Table,
    Trip,
    last_spans,
    performing,
    told_by,
)
from services.trader.accounts.tables import Worth
from services.trader.journal import encode
from services.trader.orders import Adjustment, Answer, Day, Epoch, FeePriced, Protection, Record, Side, Status
from tests.trader.examples import NOON_NS, RELEASE, SECOND_NS, fill, order
from tests.trader.test_accounts import DAY_NS, HOUR_NS, OTHER, trade

ALWAYS = Span(0, NOON_NS + 400 * DAY_NS)


def only(records: list[Record]) -> Trip:
    trips = told_by(records).trips
    assert len(trips) == 1
    return trips[0]


def sold(number: int, quantity: str, price: int, at_ns: int, *, meant: str = "", reason: str = "stop") -> list[Record]:
    name = f"s1-01234567-{number}"
    return [
        order(client_id=name, side=Side.SELL, quantity=Decimal(meant or quantity), time_ns=at_ns, reason=reason),
        fill(
            client_id=name,
            side=Side.SELL,
            trade_id=number,
            quantity=Decimal(quantity),
            price=Decimal(price),
            time_ns=at_ns,
        ),
    ]


def test_a_trip_has_both_ends_with_their_reasons_what_it_cost_and_what_it_earned() -> None:
    trip = only([*trade(1, 50_000, 51_000, NOON_NS, fee=Decimal("0.5"))])
    assert trip.entry is not None
    assert trip.exit is not None
    assert (trip.number, trip.symbol, trip.closed) == (1, "BTCUSDT", True)
    assert (trip.paid, trip.profit, trip.fees) == (Decimal(500), Decimal(9), Decimal(1))  # 10 earned, 0.5 twice
    assert trip.share == pytest.approx(9 / 500)
    assert trip.seconds == 3600
    assert (trip.entry.cause.reason, trip.exit.cause.release, trip.exit.price) == ("score", RELEASE, Decimal(51_000))
    assert trip.orders == ("s1-01234567-2", "s1-01234567-3")


def test_what_is_sold_in_parts_is_one_trip_and_its_exit_is_the_last_order() -> None:
    bought = [order(), fill()]
    first = sold(2, "0.004", 51_000, NOON_NS + HOUR_NS, meant="0.01")
    assert not only([*bought, *first]).closed
    trip = only([*bought, *first, *sold(3, "0.006", 52_000, NOON_NS + 2 * HOUR_NS, reason="panic")])
    assert trip.exit is not None
    assert (trip.closed, trip.exit.quantity, trip.exit.price) == (True, Decimal("0.01"), Decimal(51_600))
    assert (trip.exit.cause.reason, trip.exit.time_ns, trip.profit) == ("panic", NOON_NS + 2 * HOUR_NS, Decimal(16))


def test_what_a_whole_sale_leaves_ends_the_trip_and_what_is_bought_next_begins_another() -> None:
    """A fee taken from what was bought leaves less than a lot: 0.00001 of 0.01 was paid, 0.00999 can be sold."""
    bought = [order(), fill(fee=Decimal("0.000005"), fee_asset="BTC")]
    first, second = told_by([*bought, *sold(2, "0.00999", 51_000, NOON_NS + HOUR_NS), *trade(4, 1, 1, NOON_NS)]).trips
    assert (first.closed, second.number, second.closed) == (True, 2, True)


def test_a_sale_that_is_heard_of_before_its_purchase_waits_for_it() -> None:
    late = fill(trade_id=9, quantity=Decimal("0.005"))
    trip = only([order(), fill(quantity=Decimal("0.005")), *sold(2, "0.01", 51_000, NOON_NS + HOUR_NS), late])
    assert trip.entry is not None
    assert (trip.closed, trip.entry.quantity, trip.profit) == (True, Decimal("0.01"), Decimal(10))


def test_a_fee_that_is_priced_when_the_trip_is_over_lowers_its_profit() -> None:
    records = trade(1, 50_000, 51_000, NOON_NS, fee=Decimal("0.01"), fee_asset="BNB")
    late = [FeePriced("BTCUSDT", 2, Decimal(300)), FeePriced("BTCUSDT", 3, Decimal(300))]
    assert only([*records, *late]).profit == Decimal(4)
    first, second = told_by([*records, *trade(2, 50_000, 51_000, NOON_NS + DAY_NS), *late]).trips
    assert (first.profit, first.fees, second.profit) == (Decimal(4), Decimal(6), Decimal(10))


def test_what_the_owner_did_by_hand_ends_a_trip_or_begins_one() -> None:
    gone = Adjustment("BTC", Decimal("-0.01"), Decimal(49_000), "sold_by_hand", NOON_NS + HOUR_NS)
    trip = only([order(), fill(), gone])
    assert trip.exit is not None
    assert (trip.closed, trip.exit.cause.reason, trip.exit.order, trip.profit) == (True, "sold_by_hand", "", -10)
    given = Adjustment("BTC", Decimal("0.01"), Decimal(50_000), "adopted", NOON_NS)
    trip = only([given, *sold(2, "0.01", 51_000, NOON_NS + HOUR_NS)])
    assert trip.entry is not None
    assert (trip.closed, trip.entry.cause.reason, trip.profit) == (True, "adopted", Decimal(10))


def test_a_protective_order_ends_a_trip_with_that_reason() -> None:
    rests = Protection("p1-1", "BTCUSDT", Decimal("0.01"), Decimal(49_000), Decimal(48_900), NOON_NS, 1, OTHER)
    ended = fill(client_id="p1-1", side=Side.SELL, trade_id=2, price=Decimal(49_000), time_ns=NOON_NS + HOUR_NS)
    trip = only([order(), fill(), rests, ended])
    assert trip.exit is not None
    assert (trip.exit.cause.reason, trip.exit.cause.release, trip.closed) == ("protection", OTHER, True)


def account() -> list[Record]:
    """Four trips of two pairs, of which the last one is open, over a restart with another release."""
    eth = {"symbol": "ETHUSDT"}
    later = [
        order(client_id="s2-01234567-9", time_ns=NOON_NS + DAY_NS, **eth),
        fill(client_id="s2-01234567-9", trade_id=9, time_ns=NOON_NS + DAY_NS, **eth),
    ]
    return [
        Epoch(1, RELEASE, 0),
        Day("2026-01-01", Decimal(10_000)),
        *trade(1, 50_000, 51_000, NOON_NS, fee=Decimal("0.5")),
        *trade(2, 50_000, 49_000, NOON_NS + 2 * HOUR_NS, fee=Decimal("0.5")),
        Day("2026-01-02", Decimal(9_998)),
        Epoch(2, OTHER, NOON_NS + DAY_NS),
        *trade(3, 50_000, 53_000, NOON_NS + DAY_NS, release=OTHER),
        Answer("s1-01234567-7", Status.FILLED),
        *later,
    ]


def test_the_trips_of_an_account_earned_what_the_account_earned() -> None:
    story = told_by(account())
    assert [trip.closed for trip in story.trips] == [True, True, True, False]
    assert sum(trip.profit for trip in story.trips) == sum(gain.profit for gain in story.gains) == Decimal(28)
    assert sum(trip.fees for trip in story.trips) == Decimal(2)


def test_trips_are_summed_up_by_pair_release_and_reason_and_those_won_apart_from_those_lost() -> None:
    ended = performing.ended(told_by(account()).trips, ALWAYS)
    by_release = {group.name: (group.trips, group.realised) for group in performing.by_release(ended)}
    assert by_release == {OTHER: (1, Decimal(30)), RELEASE: (2, Decimal(-2))}
    (pair,) = performing.by_pair(ended)
    assert (pair.name, pair.won, pair.lost, pair.seconds) == ("BTCUSDT", 2, 1, 3600)
    assert pair.share == pytest.approx(28 / 1500)
    assert [group.name for group in performing.by_exit(ended)] == ["score"]
    found = performing.stats_of(ended)
    assert (found.won, found.lost, found.even, found.realised) == (2, 1, 0, Decimal(28))
    assert found.profit_factor == pytest.approx(39 / 11)  # 9 and 30 earned, 11 lost
    assert (found.won_in_a_row, found.lost_in_a_row) == (1, 1)
    assert found.best is not None
    assert found.worst is not None
    assert (found.best.number, found.worst.number) == (3, 2)
    assert performing.stats_of([]).profit_factor is None


def test_days_weeks_and_months_are_the_owners_and_each_begins_with_what_it_had() -> None:
    table = Table(told_by(account()))
    now_ns = NOON_NS + DAY_NS + 6 * HOUR_NS
    spans = last_spans("day", 3, now_ns, "America/Sao_Paulo")
    assert spans is not None
    rows = [table.row(span) for span in spans]
    assert [(row.realised, row.trades, row.won) for row in rows] == [(30, 1, 1), (-2, 2, 1), (0, 0, 0)]
    assert [row.before for row in rows] == [Decimal(9_998), Decimal(10_000), Decimal(10_000)]
    assert spans[0].until_ns == now_ns + 1
    for unit, hours in (("week", 7 * 24), ("month", 31 * 24)):
        whole = last_spans(unit, 3, NOON_NS + 45 * DAY_NS, "UTC")
        assert whole is not None
        assert whole[1].until_ns == whole[0].from_ns
        assert whole[1].until_ns - whole[1].from_ns == hours * HOUR_NS
    assert last_spans("fortnight", 3, now_ns, "UTC") is None


def test_the_worth_of_an_account_is_exact_where_the_trader_wrote_it_down_and_moves_with_what_was_realised() -> None:
    points = Table(told_by(account())).curve(ALWAYS)
    assert [(point.equity, point.exact) for point in points] == [
        *((10_000.0, True), (10_009.0, False), (9_998.0, False)),  # 10 earned less 1, 10 lost and 1 more
        *((9_998.0, True), (10_028.0, False)),
    ]
    assert fall(points) == pytest.approx(1 - 9_998 / 10_009, abs=1e-8)
    assert fall([]) is None


def test_a_thinned_curve_keeps_its_ends_its_peak_and_its_valley() -> None:
    points = [
        Worth(place, 100.0 + (50 if place == 777 else -50 if place == 333 else place % 7), exact=False)
        for place in range(5000)
    ]
    kept = thinned(points, 100)
    assert len(kept) <= 102
    assert {points[0], points[777], points[333], points[-1]} <= set(kept)
    assert fall(kept) == fall(points)


def test_a_journal_that_grows_is_told_as_one_that_is_read_at_once(tmp_path: Path) -> None:
    """Line by line, with a torn one, a pair that is new in its midst, and another file in its place."""
    journal, journals = tmp_path / "journal", Journals()
    written = [encode(record) for record in account()]
    for count in range(len(written) + 1):
        torn = written[count][:20] if count < len(written) else b""
        journal.write_bytes(b"".join(written[:count]) + torn)
        grown, whole = journals.story(journal), Journals().story(journal)
        assert grown.trips == whole.trips == told_by(account()[:count]).trips
        assert (grown.gains, grown.marks, grown.last_ns) == (whole.gains, whole.marks, whole.last_ns)
    assert [epoch.time_ns for epoch in grown.epochs] == [NOON_NS, NOON_NS + DAY_NS]
    other = tmp_path / "other"
    other.write_bytes(b"".join(written[:3]))
    other.replace(journal)
    assert journals.story(journal).trips == ()


def recorded(
    account_folder: Path, first: int, count: int, *, symbols: tuple[str, ...] = ("BTCUSDT", "ETHUSDT")
) -> None:
    """A run that saw a bar a minute of each pair, and quotes between them."""
    minute = 60 * SECOND_NS
    recordings = Recordings(account_folder, keep_bytes=8 << 20)
    recorder = recordings.start("events", EVENT, {"symbols": list(symbols), "timeframe": "1m"})
    for number in range(first, first + count):
        for pair in range(len(symbols)):
            event = np.zeros(1, EVENT)
            close_ns = (number + 1) * minute - CLOSE_BEFORE_NEXT_OPEN_NS
            event["kind"], event["pair"], event["time_ns"] = BAR, pair, NOON_NS + close_ns
            event["open"], event["high"], event["low"] = 100 + number, 110 + number, 90 + number
            event["price"], event["volume"] = 105 + number, 1
            recorder.append(event.tobytes())
            event["kind"] = QUOTE
            recorder.append(event.tobytes())
    recordings.close()


def test_bars_are_those_of_every_run_of_the_account_once_each(tmp_path: Path) -> None:
    recorded(tmp_path, 0, 30)
    recorded(tmp_path, 25, 30, symbols=("ETHUSDT", "BTCUSDT"))
    bars = Recorded()
    found = bars.bars(tmp_path, "BTCUSDT", 1000)
    assert (found.timeframe, len(found.rows)) == ("1m", 55)
    assert found.rows["close"].tolist() == [105.0 + number for number in range(55)]
    assert bars.bars(tmp_path, "BTCUSDT", 10).rows["close"].tolist() == [105.0 + number for number in range(45, 55)]
    longer = bars.bars(tmp_path, "BTCUSDT", 2, "5m")
    assert (longer.timeframe, longer.rows["volume"].tolist()) == ("5m", [5.0, 5.0])
    assert len(bars.bars(tmp_path, "SOLUSDT", 10).rows) == 0
    assert len(bars.bars(tmp_path / "nowhere", "BTCUSDT", 10).rows) == 0
    with pytest.raises(DataError, match="cannot be made"):
        bars.bars(tmp_path, "BTCUSDT", 10, "90s")
