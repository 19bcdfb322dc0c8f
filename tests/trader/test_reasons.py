"""The ledger of reasons: what the loop hands over, which reason it is, which rows are kept, and how they are read."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.contracts.events import Decided, Denied, Unfilled
from core.releases import Release
from core.strategy import Source
from services.trader.books import Holding
from services.trader.host import Decision
from services.trader.reasons import files
from services.trader.reasons.files import DAY_BYTES, KEPT_DAYS, Files, Row
from services.trader.reasons.keeping import Keeper
from services.trader.reasons.naming import Bounds, reason_of
from services.trader.reasons.seen import Looked
from services.trader.reasons.witness import Witness
from services.trader.tally import Tally
from tests.trader.examples import BTC, ETH, NOON_NS

BOUNDS = Bounds(0.3, -0.3, 0.6)
RULES = ("stop_loss", "cooldown")


def looked(**changes: Any) -> Looked:
    usual: dict[str, Any] = {
        "pair": "BTCUSDT",
        "time_ns": NOON_NS,
        "action": 0,
        "rule": "",
        "score": 0.1,
        "confidence": 0.8,
        "signals": (0.1, 0.2, None, None, None),
        "held": False,
    }
    return Looked(**usual | changes)


def decision(**changes: Any) -> Decision:
    nothing = dict.fromkeys(Decision._fields, 0)
    usual = {"rule": -1, "score": 0.1, "confidence": 0.8, "flow": math.nan, "stop": math.nan, "target": math.nan}
    return Decision(**nothing | usual | changes)


def release(folder: Path) -> Release:
    return Release("a" * 40, folder, RULES)


@pytest.fixture
def strategy(tmp_path: Path) -> Path:
    """The shipped strategy in a folder."""
    for name, data in Source.shipped().files.items():
        path = tmp_path / "strategy" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "strategy"


class Now:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_767_268_800.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("changes", "code", "detail", "threshold"),
    [
        ({}, "score", "", 0.3),
        ({"score": 0.4, "confidence": 0.5}, "confidence", "", 0.3),
        ({"score": 0.4, "signals": (None, 0.9, None, None, None)}, "warming", "", 0.3),
        ({"score": 0.4, "rule": "cooldown"}, "rule", "cooldown", 0.3),
        ({"held": True}, "kept", "", -0.3),
        ({"held": True, "score": -0.5, "confidence": 0.2}, "confidence", "", -0.3),
        ({"held": True, "score": -0.5, "rule": "min_hold"}, "rule", "min_hold", -0.3),
    ],
)
def test_a_hold_has_its_reason(changes: dict[str, Any], code: str, detail: str, threshold: float) -> None:
    reason = reason_of(looked(**changes), BOUNDS, "active", "a" * 40)
    assert reason is not None
    assert (reason.code, reason.detail, reason.threshold) == (code, detail, threshold)


def test_what_was_wanted_is_told_by_what_became_of_it() -> None:
    assert reason_of(looked(action=1, score=0.5), BOUNDS, "active", "a" * 40) is None


def test_the_loop_hands_over_each_pairs_last_decision_and_what_happened_once(tmp_path: Path, strategy: Path) -> None:
    tally = Tally()
    tally.time_ns = NOON_NS
    witness = Witness([Holding(BTC), Holding(ETH)], tally)
    assert witness.take(release(strategy), "active") == b""
    witness.latest[0] = decision(score=0.5, rule=1)
    witness.hear(Denied(pair="ETHUSDT", side="BUY", code="open_positions", detail="3 pairs are held"))
    line = witness.take(release(strategy), "active")
    assert witness.take(release(strategy), "active") == b""
    Keeper(tmp_path).take(line)
    rows = {row.pair: row for row in files.newest_first(tmp_path)}
    assert (rows["BTCUSDT"].code, rows["BTCUSDT"].detail) == ("rule", "cooldown")
    assert (rows["BTCUSDT"].threshold, rows["BTCUSDT"].min_confidence) == (0.3, 0.6)
    assert rows["BTCUSDT"].signals["flow"] is None
    assert (rows["ETHUSDT"].code, rows["ETHUSDT"].detail) == ("limit", "open_positions: 3 pairs are held")
    assert {row.pair for row in files.latest(tmp_path)} == {"BTCUSDT", "ETHUSDT"}


def test_an_order_that_was_sent_keeps_what_it_was_decided_by(tmp_path: Path, strategy: Path) -> None:
    tally = Tally()
    witness = Witness([Holding(BTC)], tally)
    signals = {"technical": 0.5, "orderbook": None}
    sent = {"action": "buy", "reason": "score", "score": 0.41, "confidence": 0.9, "signals": signals}
    witness.hear(Decided(pair="BTCUSDT", sequence=7, **sent))  # type: ignore[arg-type]
    witness.hear(Unfilled(pair="BTCUSDT", side="BUY", price=Decimal(50_000), order="s1-0-7"))
    Keeper(tmp_path).take(witness.take(release(strategy), "active"))
    row = next(row for row in files.newest_first(tmp_path) if row.sequence == 7)
    assert (row.code, row.detail, row.score, row.confidence) == ("buys", "score", 0.41, 0.9)
    assert row.signals == signals


def test_a_row_is_kept_when_the_reason_changes_and_at_most_one_a_minute(tmp_path: Path, strategy: Path) -> None:
    now, tally = Now(), Tally()
    keeper, witness = Keeper(tmp_path, now), Witness([Holding(BTC)], tally)

    def second(**changes: Any) -> None:
        now.seconds += 1
        tally.time_ns += 1
        witness.latest[0] = decision(**changes)
        keeper.take(witness.take(release(strategy), "active"))

    for score in (0.1, 0.2, 0.15):
        second(score=score)
    for _ in range(70):  # another reason, seconds after: it waits for its minute
        second(rule=1, score=0.5)
    second(rule=1, score=0.6)
    assert [row.code for row in files.newest_first(tmp_path)] == ["rule", "score"]
    newest = next(files.newest_first(tmp_path))
    assert newest.time_ns == 61  # a minute after the first row
    assert files.latest(tmp_path)[0].code == "rule"


def test_a_strategy_of_another_make_is_told_without_thresholds(tmp_path: Path) -> None:
    witness = Witness([Holding(BTC)], Tally())
    witness.latest[0] = decision()
    Keeper(tmp_path).take(witness.take(release(tmp_path / "nothing"), "active"))
    assert next(files.newest_first(tmp_path)).threshold is None


def test_days_that_are_too_old_go_and_a_day_has_its_share_of_the_disk(tmp_path: Path) -> None:
    reason = reason_of(looked(), BOUNDS, "active", "a" * 40)
    assert reason is not None
    kept = Files(tmp_path)
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    for day in (0, KEPT_DAYS - 1, KEPT_DAYS, KEPT_DAYS + 1):
        assert kept.append(reason, begin + datetime.timedelta(days=day))
    assert [file.stem for file in files.days(kept.folder)] == ["2026-03-31", "2026-04-01", "2026-04-02"]
    today = kept.folder / "2026-04-02.jsonl"
    today.write_bytes(b"\n" * DAY_BYTES)
    assert not Files(tmp_path).append(reason, begin + datetime.timedelta(days=KEPT_DAYS + 1))
    assert today.stat().st_size <= DAY_BYTES


def test_a_month_of_many_pairs_stays_below_its_bound() -> None:
    assert DAY_BYTES * 31 <= 50 << 20
    for pairs in (1, 4, 50, 500):
        assert pairs * (86_400 / files.apart_seconds(pairs)) * files.ROW_BYTES <= DAY_BYTES
        assert files.apart_seconds(pairs) >= 60


def test_a_torn_row_is_passed_over_and_a_later_versions_row_is_read(tmp_path: Path) -> None:
    reason = reason_of(looked(), BOUNDS, "active", "a" * 40)
    assert reason is not None
    Files(tmp_path).append(reason, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    file = files.days(tmp_path / "reasons")[0]
    line = file.read_bytes().rstrip()
    file.write_bytes(line + b"\n" + line[:-1] + b',"a later field"]\n' + line[:20])
    assert list(files.newest_first(tmp_path)) == [reason, reason]
    assert Row.of(reason).reason == reason


def test_nothing_was_kept_where_there_is_no_folder(tmp_path: Path) -> None:
    assert files.latest(tmp_path) == []
    assert list(files.newest_first(tmp_path)) == []
