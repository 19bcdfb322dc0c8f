"""The ledger as its owner asks for it: round trips with their reasons and sentences, tables, balance, curves; in both
languages, with a trader and without one."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from core.contracts import Change, Language, Utterance
from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.figures import Position
from core.contracts.ledger import (
    BalanceShown,
    CandlesShown,
    CountShown,
    EquityShown,
    LedgerShown,
    PerformanceShown,
    PeriodsShown,
    PositionsShown,
    StatsShown,
    TripExplained,
    TripsShown,
)
from core.errors import ConfigurationError
from core.kernel import NANOSECONDS
from core.settings import Settings
from services.commander.desk.desk import Desk
from services.commander.judged import find, keep
from services.commander.line import away
from services.commander.rooms import _keep_curves
from services.gateway.telegram.cards.answers import card_of
from services.gateway.telegram.context import Reader
from services.gateway.telegram.tables import PHONE
from services.guardian.judged import Judged, Trade
from tests.commander.rig import Rig, rig
from tests.commander.test_looking import kept, printed, reason, traded
from tests.gateway.drawings import judged
from tests.trader.test_trips import recorded

HELD: dict[str, Any] = {"quantity": 2.0, "entry_price": 100.0, "price": 110.0, "profit": 0.1, "protected": None}
ASKED: tuple[dict[str, Any], ...] = (
    {"do": "trips"},
    {"do": "trip", "id": "1"},
    {"do": "periods", "period": "week", "limit": 3},
    {"do": "performance"},
    {"do": "stats"},
    {"do": "count"},
    {"do": "balance"},
    {"do": "positions"},
    {"do": "equity"},
    {"do": "candles", "pair": "btc", "limit": 5},
    {"do": "judged", "id": "1a2b3c4d"},
)


def a_judged_change(it: Rig) -> None:
    """A change whose curves were kept."""
    said = Utterance("stop_loss 0.03", "ana", "m", time.time_ns())
    it.context.changes.save(Change(id="1a2b3c4d", utterance=said))
    keep(it.context.settings.data_dir, judged(5))


def asked(it: Rig, **question: Any) -> Answer:
    async def no(_: object) -> bool:
        return False

    return asyncio.run(Desk(it.deployment).answer(Question(**question), lambda _: None, no))


def test_a_round_trip_is_shown_with_what_decided_each_end_and_the_sentence_that_led_there(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        asyncio.run(it.say("stop_loss 0.03"))
        change = it.context.changes.latest(1)[0]
        now_ns = traded(it, change=change.id, commit=change.commit, reason="stop")
        kept(it, *(reason(sequence=number, code="buys", time_ns=now_ns) for number in (1, 2)))
        listed, one = asked(it, do="trips", pair="btc"), asked(it, do="trip", id="s1-aaaaaaaa-2")
        with pytest.raises(ConfigurationError, match="no trade '7'"):
            asked(it, do="trip", id="7")
    assert isinstance(listed, TripsShown)
    assert isinstance(one, TripExplained)
    (trip,) = listed.trips
    assert (listed.total, listed.account, listed.currency, trip.number) == (1, "paper", "USDT", 1)
    assert (trip.profit, trip.fees, trip.paid, trip.text) == (
        Decimal(-102),
        Decimal(2),
        Decimal(5000),
        "stop_loss 0.03",
    )
    assert one.trip == trip
    assert one.entry_why is not None
    assert one.exit_why is not None
    assert (one.entry_why.sequence, one.exit_why.sequence, one.exit_text) == (1, 2, "stop_loss 0.03")
    assert [(fill.side, fill.price, fill.reason) for fill in one.fills] == [
        ("BUY", Decimal(50_000), "stop"),
        ("SELL", Decimal(49_000), "stop"),
    ]


def test_tables_are_of_the_account_that_traded_last(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it)
        days, by, stats = asked(it, do="periods", limit=7), asked(it, do="performance"), asked(it, do="stats")
        with pytest.raises(ConfigurationError, match="none of day, week and month"):
            asked(it, do="periods", period="year")
        with pytest.raises(ConfigurationError, match="is no period"):
            asked(it, do="stats", period="fortnight")
    assert isinstance(days, PeriodsShown)
    assert isinstance(by, PerformanceShown)
    assert isinstance(stats, StatsShown)
    assert len(days.periods) == 7
    assert sum(day.realised for day in days.periods) == Decimal(-102)
    assert [(each.name, each.trips, each.lost) for each in by.pairs] == [("BTCUSDT", 1, 1)]
    assert [each.name for each in by.exits] == ["score"]
    assert (stats.trips, stats.lost, stats.profit_factor, stats.worst is not None) == (1, 1, 0.0, True)


def test_what_is_held_is_told_with_prices_only_by_a_trader_that_runs(tmp_path: Path) -> None:
    with rig(tmp_path / "runs", trader=True) as it:
        traded(it)
        assert it.trader is not None
        it.trader.positions.append(Position(pair="ETHUSDT", **HELD))
        held, count, worth = asked(it, do="balance"), asked(it, do="count"), asked(it, do="equity")
    with rig(tmp_path / "alone") as it:
        traded(it)
        alone = asked(it, do="balance")
    assert isinstance(held, BalanceShown)
    assert isinstance(count, CountShown)
    assert isinstance(worth, EquityShown)
    assert isinstance(alone, BalanceShown)
    assert [(each.asset, each.value, each.share) for each in held.assets] == [("ETH", 220.0, 0.022)]
    assert (held.began, held.realised, held.cash) == (Decimal(10_000), Decimal(-102), 10_000.0)
    assert (count.open, count.pairs, count.value) == (1, ["ETHUSDT"], 220.0)
    assert count.most >= 1
    assert [(point.equity, point.exact) for point in worth.points] == [
        *((10_000.0, True), (9_898.0, False)),
        (10_000.0, True),
    ]
    assert worth.drawdown == pytest.approx(0.0102)
    assert (alone.runs, alone.equity, alone.assets) == (False, None, [])


def test_positions_are_those_of_the_trader_and_without_one_those_of_the_books(tmp_path: Path) -> None:
    with rig(tmp_path / "runs", trader=True) as it:
        bought(it, "stop_loss 0.03")
        assert it.trader is not None
        it.trader.positions.extend([Position(pair="BTCUSDT", **HELD), Position(pair="ETHUSDT", **HELD)])
        held = asked(it, do="positions")
    with rig(tmp_path / "alone") as it:
        bought(it, "stop_loss 0.03")
        alone = asked(it, do="positions")
    assert isinstance(held, PositionsShown)
    assert isinstance(alone, PositionsShown)
    known, unknown = held.positions
    assert (known.pair, known.number, known.reason, known.text) == ("BTCUSDT", 1, "score", "stop_loss 0.03")
    assert (known.quantity, known.price, known.value, known.profit, known.share) == (2, 110.0, 220.0, 20.0, 0.1)
    assert (unknown.pair, unknown.number, unknown.since_ns, unknown.reason) == ("ETHUSDT", None, None, "")
    (one,) = alone.positions
    assert (alone.runs, one.quantity, one.entry_price, one.fees) == (False, Decimal("0.1"), Decimal(50_000), Decimal(1))
    assert (one.price, one.value, one.profit, one.share, one.protected) == (None,) * 5
    assert "Nenhum trader roda" in printed(alone, Language.PT)
    assert "Nenhum trader roda" not in printed(held, Language.PT)


def test_trips_of_a_release_are_found_by_the_beginning_of_its_tree_or_its_commit(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        traded(it, commit="c0ffee" + "0" * 34)
        found = [asked(it, do="trips", release=name) for name in ("aaaa", "c0ffee", "beef")]
    assert [each.total for each in found if isinstance(each, TripsShown)] == [1, 1, 0]


def bought(it: Rig, sentence: str) -> None:
    """A purchase that a change led to, and no sale."""
    asyncio.run(it.say(sentence))
    traded(it, change=it.context.changes.latest(1)[0].id)
    journal = it.context.settings.data_dir / "paper" / "journal"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:4]))


def test_candles_carry_the_trades_on_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rig(tmp_path) as it:
        at_ns = traded(it)
        monkeypatch.setattr("tests.trader.test_trips.NOON_NS", at_ns // (60 * NANOSECONDS) * 60 * NANOSECONDS)
        recorded(it.context.settings.data_dir / "paper", -10, 12)
        shown, nothing = asked(it, do="candles", limit=20), asked(it, do="candles", pair="SOL", limit=20)
    assert isinstance(shown, CandlesShown)
    assert isinstance(nothing, CandlesShown)
    assert (shown.pair, shown.timeframe, len(shown.candles)) == ("BTCUSDT", "1m", 12)
    assert [(fill.side, fill.price) for fill in shown.fills] == [("BUY", Decimal(50_000)), ("SELL", Decimal(49_000))]
    assert nothing.candles == []


def test_each_answer_is_a_line_of_the_wire_and_is_read_in_both_languages(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        traded(it)
        recorded(it.context.settings.data_dir / "paper", 0, 3)
        a_judged_change(it)
        answers = [asked(it, **question) for question in ASKED]
    assert {type(answer) for answer in answers} == set(get_args(LedgerShown))
    for answer in answers:
        assert msgspec.json.decode(msgspec.json.encode(answer), type=LedgerShown) == answer
        texts = [printed(answer, language) for language in Language]
        assert all(texts)
        assert isinstance(answer, CandlesShown) or texts[0] != texts[1]
    assert "-102,00" in printed(answers[0], Language.PT)
    assert "entrou" in printed(answers[1], Language.PT)


def test_nothing_traded_is_no_error(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        for question in ASKED:
            if question["do"] not in ("trip", "judged"):
                assert printed(asked(it, **question), Language.EN)
        with pytest.raises(ConfigurationError, match="Nothing was traded yet"):
            asked(it, do="candles")
        with pytest.raises(ConfigurationError, match="No curves were kept of the change 'abc'"):
            asked(it, do="judged", id="abc")


def test_the_curves_of_the_newest_changes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.commander.judged.KEPT", 2)
    for number in range(4):
        keep(tmp_path, msgspec.structs.replace(judged(5), change=f"c{number}"))
    assert sorted(file.stem for file in (tmp_path / "judged").iterdir()) == ["c2", "c3"]
    found = find(tmp_path, "c3")
    assert found is not None
    assert found.before == judged(5).before
    (tmp_path / "judged" / "c3.json").write_bytes(b"{}")
    assert find(tmp_path, "c3") is find(tmp_path, "c0") is None


def test_all_of_it_is_answered_while_the_commander_of_a_trader_is_away() -> None:
    assert {question["do"] for question in ASKED} <= away.READS


def test_a_second_answer_reads_only_what_was_written_since(tmp_path: Path) -> None:
    """The story of an account is kept by how far its journal was read; time is that of the reading, not of the test."""
    with rig(tmp_path) as it:
        traded(it)
        asked(it, do="stats")
        journal = it.context.settings.data_dir / "paper" / "journal"
        read = it.context.journals._read[journal]
        assert read.offset == journal.stat().st_size
        teller = read.teller
        asked(it, do="trips")
        assert it.context.journals._read[journal].teller is teller


def test_each_answer_fits_a_phone(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        traded(it)
        recorded(it.context.settings.data_dir / "paper", 0, 3)
        a_judged_change(it)
        answers = [asked(it, **question) for question in ASKED]
    for answer in answers:
        for language in Language:
            card = card_of(answer, Reader(language, "America/Sao_Paulo"))
            assert card.html
            blocks = [
                line for block in card.html.split("<pre>")[1:] for line in block.partition("</pre>")[0].splitlines()
            ]
            assert max(map(len, blocks), default=0) <= PHONE, card.html


def test_a_judgement_leaves_its_curves_and_trades_and_stands_where_the_disk_takes_none(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    trade = Trade("BTCUSDT", 1, 2, 0.1, 100.0, 101.0, 0.09, "score", "stop")
    counted = Judged(("BTCUSDT",), 1, (1, 2), (100.0, 101.0), (100.0, 102.0), (), (trade,))
    _keep_curves(settings, "abc", counted)
    found = find(tmp_path, "abc")
    assert found is not None
    assert (found.after, found.trades_before) == ([100.0, 102.0], [])
    assert [(each.pair, each.profit, each.left_for) for each in found.trades_after] == [("BTCUSDT", 0.09, "stop")]
    (tmp_path / "judged" / "abd.json").mkdir()
    _keep_curves(settings, "abd", counted)
    assert find(tmp_path, "abd") is None
