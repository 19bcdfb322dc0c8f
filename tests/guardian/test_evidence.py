"""Where the judge's history comes from: the first source that is sound and long enough, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.history import import_file
from core.kernel import BAR, BAR_ROW, EVENT, NANOSECONDS, QUOTE
from core.names import parse_timeframe
from core.recording import Recorder
from core.settings import GuardianSettings, Settings
from services.guardian.evidence import gather, midnight
from services.guardian.made import made_markets

MINUTE = 60 * NANOSECONDS
START = 1_700_000_040 * NANOSECONDS  # a whole minute


def settings(folder: Path, most_bars: int = 1000) -> Settings:
    return Settings(data_dir=folder, guardian=GuardianSettings(most_bars=most_bars))


def bars(count: int, seed: int = 1, start: int = START) -> np.ndarray:
    chance = np.random.default_rng(seed)
    rows = np.zeros(count, BAR_ROW)
    rows["time_ns"] = start + np.arange(count) * MINUTE
    closes = 100 * np.exp(np.cumsum(chance.normal(0, 0.001, count))).round(4)
    rows["close"], rows["open"] = closes.round(2), np.concatenate(([100.0], closes[:-1])).round(2)
    rows["high"], rows["low"] = np.maximum(rows["open"], rows["close"]), np.minimum(rows["open"], rows["close"])
    rows["volume"] = chance.lognormal(size=count).round(3)
    return rows


def store(root: Path, symbol: str, rows: np.ndarray) -> None:
    file = root / f"{symbol}.csv"
    lines = ["time,open,high,low,close,volume"]
    lines += [
        f"{row['time_ns'] // 1_000_000},{row['open']},{row['high']},{row['low']},{row['close']},{row['volume']}"
        for row in rows
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    import_file(file, symbol=symbol, root=root)


BEFORE_OFFSETS = np.dtype([(name, EVENT[name]) for name in EVENT.names[:-1]])
"""An EVENT as it was recorded before it told the owner's clock."""


def record(
    folder: Path,
    symbols: list[str],
    rows_of: list[np.ndarray],
    *,
    keep_bytes: int = 1 << 24,
    timeframe: str = "1m",
    dtype: np.dtype = EVENT,
) -> Path:
    path = folder / "runs" / "one" / "events" / "1795213057986461775-0"
    recorder = Recorder(path, dtype, {"symbols": symbols, "timeframe": timeframe}, keep_bytes=keep_bytes)
    for pair, rows in enumerate(rows_of):
        for row in rows:
            event = np.zeros(2, dtype)
            event["kind"], event["pair"] = (QUOTE, BAR), pair
            event["time_ns"] = row["time_ns"] + parse_timeframe(timeframe) - 1_000_000
            event["price"] = row["close"]
            for name in ("open", "high", "low", "volume"):
                event[name] = row[name]
            recorder.append(event.tobytes())
    recorder.close()
    return path


def gathered(folder: Path, most_bars: int = 1000):
    return gather(settings(folder, most_bars), history_root=folder, recordings=folder)


def test_without_any_history_a_seeded_one_is_made(tmp_path):
    evidence = gathered(tmp_path)
    assert evidence.markets == made_markets()
    assert evidence.origin == (
        "no history of a real market; made from a seed: MADEAUSDT, MADEBUSDT, MADECUSDT, 9,000 bars of 1h,"
        " 2024-01-01 to 2024-05-04"
    )


def test_imported_history_comes_first_the_newest_bars_of_it(tmp_path):
    rows = bars(1500)
    store(tmp_path, "AAAUSDT", rows)
    store(tmp_path, "BBBUSDT", bars(1200, 2, START + 300 * MINUTE))
    record(tmp_path, ["CCCUSDT"], [bars(900)])
    evidence = gathered(tmp_path)
    assert [market.symbol for market in evidence.markets] == ["AAAUSDT", "BBBUSDT"]
    assert evidence.markets[0].rows.tobytes() == rows[500:].tobytes()
    assert evidence.markets[0].price_tick == 0.01
    assert evidence.origin.startswith("imported history: AAAUSDT, BBBUSDT, 2,000 bars of 1m, 2023-11-15 to 2023-11-15")


def test_at_most_four_symbols_are_looked_at(tmp_path):
    for number in range(5):
        store(tmp_path, f"P{number}USDT", bars(510 + number, number))
    assert [market.symbol for market in gathered(tmp_path).markets] == ["P1USDT", "P2USDT", "P3USDT", "P4USDT"]


def test_too_little_is_passed_over_and_told(tmp_path):
    store(tmp_path, "AAAUSDT", bars(499))
    evidence = gathered(tmp_path)
    assert evidence.markets == made_markets()
    assert "passed over: AAAUSDT has only 499 bars" in evidence.origin


def test_a_symbol_of_other_days_does_not_widen_the_history(tmp_path):
    store(tmp_path, "AAAUSDT", bars(900))
    store(tmp_path, "OLDUSDT", bars(800, 2, START - 5000 * MINUTE))
    evidence = gathered(tmp_path)
    assert [market.symbol for market in evidence.markets] == ["AAAUSDT"]
    assert "OLDUSDT does not go together with AAAUSDT" in evidence.origin


def test_a_damaged_file_is_passed_over_and_told(tmp_path):
    store(tmp_path, "AAAUSDT", bars(900))
    store(tmp_path, "BBBUSDT", bars(800, 2))
    for month in (tmp_path / "bars" / "AAAUSDT").rglob("*.parquet"):
        data = bytearray(month.read_bytes())
        data[40:-200] = bytes(len(data) - 240)
        month.write_bytes(data)
    evidence = gathered(tmp_path)
    assert [market.symbol for market in evidence.markets] == ["BBBUSDT"]
    assert "AAAUSDT cannot be read" in evidence.origin


def test_a_store_of_rubbish_is_passed_over_and_told(tmp_path):
    folder = tmp_path / "bars" / "AAAUSDT" / "1m"
    folder.mkdir(parents=True)
    (folder / "2024-01.parquet").write_bytes(b"rubbish")
    evidence = gathered(tmp_path)
    assert evidence.markets == made_markets()
    assert "AAAUSDT cannot be read" in evidence.origin


def test_what_the_trader_recorded_is_read_as_bars(tmp_path):
    rows = bars(700)
    record(tmp_path, ["AAAUSDT", "BBBUSDT"], [rows, bars(600, 2)])
    evidence = gathered(tmp_path)
    assert [market.symbol for market in evidence.markets] == ["AAAUSDT", "BBBUSDT"]
    assert evidence.markets[0].rows.tobytes() == rows.tobytes()
    assert evidence.markets[0].timeframe_ns == MINUTE
    assert evidence.origin.startswith("recorded history: AAAUSDT, BBBUSDT, 1,300 bars of 1m")


def test_changes_of_one_day_are_judged_on_the_same_recorded_history(tmp_path):
    rows = bars(2000)
    record(tmp_path, ["AAAUSDT"], [rows])
    owner = Settings(time_zone="America/Sao_Paulo", guardian=GuardianSettings(most_bars=5000))
    moments = (int(rows["time_ns"][1800]), int(rows["time_ns"][1990]), int(rows["time_ns"][-1]) + 86_400 * NANOSECONDS)
    morning, evening, day_after = (
        gather(owner, history_root=tmp_path / "none", recordings=tmp_path, now_ns=now) for now in moments
    )
    assert morning.origin == evening.origin
    assert morning.markets[0].rows.tobytes() == evening.markets[0].rows.tobytes()
    last_ns = int(morning.markets[0].rows["time_ns"][-1])
    assert last_ns + MINUTE == midnight(moments[0], owner.time_zone)
    assert len(day_after.markets[0].rows) == 2000


def test_what_an_earlier_version_recorded_is_read_as_bars_too(tmp_path):
    record(tmp_path, ["AAAUSDT"], [bars(700)], dtype=BEFORE_OFFSETS)
    (market,) = gathered(tmp_path).markets
    assert market.rows.tobytes() == bars(700).tobytes()


def test_a_bar_that_two_recordings_hold_counts_once_and_a_torn_one_not_at_all(tmp_path):
    path = record(tmp_path, ["AAAUSDT"], [bars(700)])
    again = path.parent / "1795213057986461999-0"
    (again.with_suffix(".json")).write_bytes(path.with_suffix(".json").read_bytes())
    segment = path.with_suffix(".000001").read_bytes()
    again.with_suffix(".000001").write_bytes(segment[: 200 * EVENT.itemsize + 17])
    (market,) = gathered(tmp_path).markets
    assert market.rows.tobytes() == bars(700).tobytes()


@pytest.mark.parametrize("about", ["{}", "rubbish", '{"symbols": ["A"], "record_bytes": 7}'])
def test_a_recording_that_cannot_be_understood_is_told(tmp_path, about):
    path = record(tmp_path, ["AAAUSDT"], [bars(700)])
    path.with_suffix(".json").write_text(about, encoding="utf-8")
    evidence = gathered(tmp_path)
    assert evidence.markets == made_markets()
    assert "cannot be read" in evidence.origin


def test_hours_that_were_recorded_are_judged_as_hours_and_not_as_minutes(tmp_path):
    rows = bars(700)
    rows["time_ns"] = rows["time_ns"][0] // (60 * MINUTE) * (60 * MINUTE) + np.arange(700) * 60 * MINUTE
    record(tmp_path, ["AAAUSDT"], [rows], timeframe="1h")
    (market,) = gathered(tmp_path).markets
    assert market.timeframe_ns == 60 * MINUTE
    assert market.rows.tobytes() == rows.tobytes()


def test_recorded_bars_that_do_not_lie_on_their_timeframe_are_none(tmp_path):
    rows = bars(700)
    rows["time_ns"] += 17 * NANOSECONDS
    record(tmp_path, ["AAAUSDT"], [rows])
    assert gathered(tmp_path).markets == made_markets()
