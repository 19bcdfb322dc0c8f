"""What is stored, merged, loaded and resampled; and what a kill -9 leaves."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.data import app
from core.errors import DataError
from core.history import Imported, Refused, import_file, list_stored, load, normalise_symbol, parse_timeframe, resample
from core.history.sample import sample_bars
from core.kernel import BAR_ROW
from core.names import format_timeframe

MINUTE = parse_timeframe("1m")
HOUR = parse_timeframe("1h")
DAY = parse_timeframe("1d")
JANUARY_30 = 1_706_572_800_000_000_000  # 2024-01-30T00:00:00Z


def bars_from(times: Any, seed: int = 0) -> np.ndarray:
    """Random bars with two decimals at these times."""
    rng = np.random.default_rng(seed)
    bars = np.zeros(len(times), BAR_ROW)
    bars["time_ns"] = times
    prices = np.round(rng.uniform(50, 150, (4, len(times))), 2)
    bars["open"], bars["close"] = prices[0], prices[1]
    bars["high"], bars["low"] = prices.max(axis=0), prices.min(axis=0)
    bars["volume"] = np.round(rng.exponential(5, len(times)), 3)
    return bars


def hours(count: int, start: int = JANUARY_30, seed: int = 0) -> np.ndarray:
    return bars_from(start + HOUR * np.arange(count), seed)


def csv_of(bars: np.ndarray, file: Path) -> Path:
    pl.DataFrame({name: bars[name] for name in BAR_ROW.names or ()}).write_csv(file)
    return file


def imported(bars: np.ndarray, root: Path, **options: Any) -> Imported:
    outcome = import_file(csv_of(bars, root.parent / "file.csv"), "BTC/USDT", root=root, **options)
    assert isinstance(outcome, Imported), outcome
    return outcome


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


def files_of(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_months_are_files_and_coarser_bars_are_kept_beside(root: Path) -> None:
    outcome = imported(hours(72), root)  # two days of January, one of February
    assert sorted(files_of(root)) == [
        "bars/BTCUSDT/1d/2024-01.parquet",
        "bars/BTCUSDT/1d/2024-02.parquet",
        "bars/BTCUSDT/1h/2024-01.parquet",
        "bars/BTCUSDT/1h/2024-02.parquet",
    ]
    assert (outcome.new, outcome.same, outcome.stored) == (72, 0, {"1h": 72, "1d": 3})
    frame = pl.read_parquet(root / "bars/BTCUSDT/1h/2024-02.parquet")
    assert frame.columns == ["time_ns", "open", "high", "low", "close", "volume"]
    assert frame.dtypes == [pl.Int64] + [pl.Float64] * 5


def test_what_was_imported_is_loaded(root: Path) -> None:
    imported(hours(72), root)
    history = load("btc-usdt", root=root)
    assert (history.symbol, history.timeframe_ns, history.price_decimals) == ("BTCUSDT", HOUR, 2)
    assert history.bars.tobytes() == hours(72).tobytes()


def test_importing_twice_changes_no_byte(root: Path) -> None:
    imported(hours(72), root)
    before = files_of(root)
    outcome = imported(hours(72), root)
    assert (outcome.new, outcome.same) == (0, 72)
    assert files_of(root) == before


def test_overlapping_files_merge(root: Path) -> None:
    bars = hours(72)
    imported(bars[30:], root)
    outcome = imported(bars[:40], root)
    assert (outcome.new, outcome.same) == (30, 10)
    assert load("BTCUSDT", root=root).bars.tobytes() == bars.tobytes()
    # The day that was cut in two is whole again.
    assert load("BTCUSDT", "1d", root=root).bars.tobytes() == resample(bars, HOUR, DAY).tobytes()


def test_other_values_are_refused_with_their_lines_and_replaced_on_request(root: Path) -> None:
    bars = hours(72)
    imported(bars, root)
    before = files_of(root)
    other = bars[60:].copy()  # in February only; line 2 is bar 60
    other["close"][3] = (other["low"][3] + other["high"][3]) / 2
    outcome = import_file(csv_of(other, root.parent / "other.csv"), "BTCUSDT", root=root)
    assert isinstance(outcome, Refused)
    assert [(found.kind, [problem.line for problem in found.problems]) for found in outcome.findings] == [
        ("stored", [5])
    ]
    assert "close" in outcome.findings[0].problems[0].text
    assert files_of(root) == before

    replaced = imported(other, root, replace=True)
    assert (replaced.same, replaced.replaced) == (11, 1)
    bars["close"][63] = other["close"][3]
    assert load("BTCUSDT", root=root).bars.tobytes() == bars.tobytes()
    assert load("BTCUSDT", "1d", root=root).bars.tobytes() == resample(bars, HOUR, DAY).tobytes()


def test_imported_bars_of_a_coarser_timeframe_win_over_made_ones(root: Path) -> None:
    daily = bars_from(JANUARY_30 + DAY * np.arange(-5, 2), seed=1)
    imported(hours(48), root)
    imported(daily, root)
    outcome = imported(hours(48), root)
    assert load("BTCUSDT", "1d", root=root).bars.tobytes() == daily.tobytes()
    assert "1d bars of 2024-01 were imported and stay as they are" in outcome.notes


def test_errors_change_nothing(root: Path) -> None:
    bars = hours(72)
    imported(bars[:40], root)
    before = files_of(root)
    bars["low"][70] = -1
    assert isinstance(import_file(csv_of(bars, root.parent / "bad.csv"), "BTCUSDT", root=root), Refused)
    assert files_of(root) == before


def test_strict_refuses_a_gap(root: Path) -> None:
    bars = np.delete(hours(72), 30)
    file = csv_of(bars, root.parent / "gap.csv")
    outcome = import_file(file, "BTCUSDT", root=root, strict=True)
    assert isinstance(outcome, Refused)
    assert [(found.severity, found.kind) for found in outcome.findings] == [("error", "gap")]
    assert not root.exists()
    assert isinstance(import_file(file, "BTCUSDT", root=root), Imported)


def test_unknown_symbol_names_the_nearest_and_what_there_is(root: Path) -> None:
    imported(hours(4), root)
    with pytest.raises(DataError) as refused:
        load("BTCUSD", root=root)
    assert refused.value.hint == "Did you mean BTCUSDT? Stored: BTCUSDT."
    with pytest.raises(DataError, match="is empty"):
        load("BTCUSDT", root=root / "elsewhere")


def test_timeframes_that_are_not_stored_are_made_from_finer_ones(root: Path) -> None:
    bars = hours(72)
    imported(bars, root)
    assert len(load("BTCUSDT", "4h", root=root).bars) == 18
    assert len(load("BTCUSDT", 12 * HOUR, root=root).bars) == 6
    with pytest.raises(DataError, match="has no bars of 15m"):
        load("BTCUSDT", "15m", root=root)


def test_a_file_is_loaded_without_being_stored(root: Path) -> None:
    file = csv_of(hours(48), root.parent / "BTCUSDT-1h-2024-01.csv")
    history = load(file, "1d")
    assert (history.symbol, history.timeframe_ns, len(history.bars)) == ("BTCUSDT", DAY, 2)
    assert not root.exists()
    file.write_text(file.read_text(encoding="utf-8").replace(",", ";", 1) + "soon,1,2,1,2,3\n", encoding="utf-8")
    with pytest.raises(DataError):
        load(str(file))
    with pytest.raises(DataError, match="does not exist"):
        load("nothing.csv")


def test_bars_before_1970_are_stored_under_their_month(root: Path) -> None:
    file = root.parent / "old.csv"
    days = ("1969-12-29", "1969-12-30", "1969-12-31", "1970-01-01", "1970-01-02")
    file.write_text("date,open,high,low,close\n" + "".join(f"{day},1,2,1,2\n" for day in days), encoding="utf-8")
    import_file(file, "BTCUSDT", root=root)
    assert list_stored(root)[0].months == ("1969-12", "1970-01")


def test_a_damaged_file_in_the_store_is_told(root: Path) -> None:
    imported(hours(4), root)
    (root / "bars/BTCUSDT/1h/2024-01.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(DataError, match=r"2024-01\.parquet cannot be read"):
        load("BTCUSDT", "1h", root=root)


def test_a_full_disk_changes_nothing_and_says_what_to_do(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(hours(72, seed=1), root)
    before = files_of(root)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="cannot be written: its disk is full") as refused:
        imported(hours(96, seed=2), root, replace=True)
    assert "all of it is stored, or nothing" in refused.value.hint
    assert files_of(root) == before


def test_two_imports_at_once_both_arrive(root: Path) -> None:
    code = "import sys; from pathlib import Path; from core.history import import_file; "
    code += "import_file(Path(sys.argv[1]), 'BTCUSDT', root=Path(sys.argv[2]))"
    bars = hours(96)
    files = [csv_of(bars[:50], root.parent / "a.csv"), csv_of(bars[46:], root.parent / "b.csv")]
    children = [subprocess.Popen([sys.executable, "-c", code, str(file), str(root)]) for file in files]
    assert [child.wait() for child in children] == [0, 0]
    assert load("BTCUSDT", root=root).bars.tobytes() == bars.tobytes()
    assert load("BTCUSDT", "1d", root=root).bars.tobytes() == resample(bars, HOUR, DAY).tobytes()


def test_the_folder_is_taken_from_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(hours(4), root)
    monkeypatch.setenv("SORTE_DATA_DIR", str(root))
    assert len(load("BTCUSDT").bars) == 4


SYMBOLS = {
    "BTC/USDT": "BTCUSDT",
    " btc-usdt ": "BTCUSDT",
    "BTC_USDT": "BTCUSDT",
    "petr4": "PETR4",
    "petr4.sa": "PETR4.SA",
}


@pytest.mark.parametrize(("written", "symbol"), SYMBOLS.items())
def test_symbols_are_normalised(written: str, symbol: str) -> None:
    assert normalise_symbol(written) == symbol


@pytest.mark.parametrize(
    "text", ["", "/", "../etc", "BTC//USDT", "123", ".", "BTC USDT", "a/b/c", "ÄÖ", "BTC\0", "x" * 40]
)
def test_nonsense_is_no_symbol(text: str) -> None:
    with pytest.raises(DataError, match="is no symbol"):
        normalise_symbol(text)


@pytest.mark.parametrize("name", ["1s", "30s", "1m", "5m", "15m", "1h", "4h", "1d", "3d", "1w", "1mo", "3mo"])
def test_timeframes_read_back(name: str) -> None:
    assert format_timeframe(parse_timeframe(name)) == name


def test_a_capital_m_is_a_month() -> None:
    assert parse_timeframe("1M") == parse_timeframe("1mo") == 30 * DAY


@pytest.mark.parametrize("text", ["", "m", "0m", "-1h", "1.5h", "1x", "1h5m"])
def test_nonsense_is_no_timeframe(text: str) -> None:
    with pytest.raises(DataError, match="is no timeframe"):
        parse_timeframe(text)


# Kill: the child dies by its own SIGKILL just before its n-th step that another process could see.

CHILD = """
import os, signal, sys
from pathlib import Path
steps = {"left": int(sys.argv[3])}
def dying(function):
    def step(*args, **options):
        if steps["left"] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        steps["left"] -= 1
        return function(*args, **options)
    return step
from core.history import import_file
for name in ("replace", "rename", "unlink", "rmdir", "fsync"):
    setattr(os, name, dying(getattr(os, name)))
import_file(Path(sys.argv[1]), "BTCUSDT", root=Path(sys.argv[2]), replace=True)
"""


def test_killed_at_any_step_all_is_old_or_all_is_new(root: Path) -> None:
    old, new = hours(72, seed=1), hours(96, seed=2)
    file = csv_of(new, root.parent / "new.csv")
    states = []
    for step in range(100):
        trial = root.parent / f"data{step}"
        imported(old, trial)
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(file), str(trial), str(step)], env={**os.environ}, check=False
        )
        hourly, daily = load("BTCUSDT", "1h", root=trial).bars, load("BTCUSDT", "1d", root=trial).bars
        expected = new if hourly.tobytes() == new.tobytes() else old
        assert hourly.tobytes() == expected.tobytes()
        assert daily.tobytes() == resample(expected, HOUR, DAY).tobytes()
        states.append("new" if expected is new else "old")
        # Whatever the dead one left, the next import succeeds and leaves nothing beside the months.
        imported(new, trial, replace=True)
        assert all(name.endswith(".parquet") and "/." not in name for name in files_of(trial))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert done.returncode == 0
    assert step > 10
    assert states == sorted(states, reverse=True)  # old, old, ... new, new: there is one instant of change
    assert {"old", "new"} == set(states)


def test_killed_by_the_clock_all_is_old_or_all_is_new(root: Path) -> None:
    start = JANUARY_30
    old, new = (bars_from(start + MINUTE * np.arange(60_000), seed) for seed in (1, 2))
    file = csv_of(new, root.parent / "new.csv")
    code = "import sys; from pathlib import Path; from core.history import import_file; print('go', flush=True); "
    code += "import_file(Path(sys.argv[1]), 'BTCUSDT', root=Path(sys.argv[2]), replace=True)"
    imported(old, root)
    for milliseconds in (5, 40, 80, 120, 160, 200):
        child = subprocess.Popen([sys.executable, "-c", code, str(file), str(root)], stdout=subprocess.PIPE)
        assert child.stdout
        child.stdout.readline()
        try:
            child.wait(milliseconds / 1000)
        except subprocess.TimeoutExpired:
            child.kill()
        child.wait()
        child.stdout.close()
        assert load("BTCUSDT", root=root).bars.tobytes() in (old.tobytes(), new.tobytes())
        imported(old, root, replace=True)


# Properties.

prices = st.floats(min_value=1e-8, max_value=1e9, allow_nan=False)


@st.composite
def many_bars(draw: st.DrawFn) -> np.ndarray:
    """Sorted bars on a grid of minutes, with holes."""
    drawn = draw(st.sets(st.integers(0, 4_000), min_size=1, max_size=40))
    slots = sorted(drawn | {min(drawn) + 1})  # two bars a minute apart show that these are minutes
    bars = np.zeros(len(slots), BAR_ROW)
    bars["time_ns"] = JANUARY_30 + DAY + MINUTE * np.array(slots)
    for bar in bars:
        four = sorted(draw(st.tuples(prices, prices, prices, prices)))
        bar["low"], bar["open"], bar["close"], bar["high"] = four
        bar["volume"] = draw(st.floats(0, 1e12))
    return bars


@settings(max_examples=30, deadline=None)
@given(bars=many_bars(), as_parquet=st.booleans())
def test_round_trip_gives_the_same_bits(bars: np.ndarray, *, as_parquet: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        frame = pl.DataFrame({name: bars[name] for name in BAR_ROW.names or ()})
        file = Path(folder) / "file"
        frame.write_parquet(file) if as_parquet else frame.write_csv(file)
        outcome = import_file(file, "BTCUSDT", "1m", root=Path(folder) / "data")
        assert isinstance(outcome, Imported)
        assert load("BTCUSDT", root=Path(folder) / "data").bars.tobytes() == bars.tobytes()


@settings(max_examples=60, deadline=None)
@given(bars=many_bars(), minutes=st.sampled_from([5, 15, 60, 240, 1440]))
def test_resampling_keeps_extremes_edges_and_volume(bars: np.ndarray, minutes: int) -> None:
    coarse = resample(bars, MINUTE, minutes * MINUTE)
    assert coarse["high"].max() == bars["high"].max()
    assert coarse["low"].min() == bars["low"].min()
    assert (coarse["open"][0], coarse["close"][-1]) == (bars["open"][0], bars["close"][-1])
    np.testing.assert_allclose(coarse["volume"].sum(), bars["volume"].sum(), rtol=1e-12)
    assert (coarse["time_ns"] % (minutes * MINUTE) == 0).all()
    assert (np.diff(coarse["time_ns"]) > 0).all()
    assert set(coarse["time_ns"]) == set(bars["time_ns"] // (minutes * MINUTE) * (minutes * MINUTE))


@settings(max_examples=60, deadline=None)
@given(bars=many_bars())
def test_resampling_in_two_steps_is_resampling_in_one(bars: np.ndarray) -> None:
    once, twice = resample(bars, MINUTE, HOUR), resample(resample(bars, MINUTE, 5 * MINUTE), 5 * MINUTE, HOUR)
    for name in ("time_ns", "open", "high", "low", "close"):
        assert once[name].tolist() == twice[name].tolist()


def test_resampling_by_hand() -> None:
    bars = np.array(
        [
            (DAY + 58 * MINUTE, 10, 12, 9, 11, 1),
            (DAY + 59 * MINUTE, 11, 15, 11, 14, 2),
            (DAY + 60 * MINUTE, 14, 14, 8, 9, 4),
        ],
        BAR_ROW,
    )
    assert resample(bars, MINUTE, HOUR).tolist() == [(DAY, 10, 15, 9, 14, 3), (DAY + HOUR, 14, 14, 8, 9, 4)]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    daily = bars_from(JANUARY_30 + DAY * np.arange(8))  # Tuesday to Tuesday
    weeks = resample(daily, DAY, parse_timeframe("1w"))["time_ns"].astype("M8[ns]").astype("M8[D]").astype(str)
    months = resample(daily, DAY, parse_timeframe("1mo"))["time_ns"].astype("M8[ns]").astype("M8[D]").astype(str)
    assert weeks.tolist() == ["2024-01-29", "2024-02-05"]
    assert months.tolist() == ["2024-01-01", "2024-02-01"]


def test_what_does_not_add_up_is_refused() -> None:
    with pytest.raises(DataError, match="Bars of 1h cannot be made into 90m"):
        resample(hours(4), HOUR, 90 * MINUTE)


# The command line.


def test_the_commands_speak_json_and_text(root: Path) -> None:
    run = CliRunner().invoke
    file = csv_of(hours(72), root.parent / "file.csv")
    options = ["--symbol", "btc/usdt", "--root", str(root)]
    told = run(app, ["import", str(file), *options])
    assert told.exit_code == 0
    assert "BTCUSDT 1h: 72 rows, 2024-01-30T00:00:00Z to 2024-02-01T23:00:00Z" in told.stdout
    again = json.loads(run(app, ["import", str(file), *options, "--json"]).stdout)
    assert (again["kind"], again["new"], again["same"]) == ("imported", 0, 72)
    stored = json.loads(run(app, ["list", "--root", str(root), "--json"]).stdout)
    assert [(entry["symbol"], entry["timeframe"], entry["bars"]) for entry in stored["stored"]] == [
        ("BTCUSDT", "1h", 72),
        ("BTCUSDT", "1d", 3),
    ]
    assert "BTCUSDT" in run(app, ["list", "--root", str(root)]).stdout


def test_the_sample_is_the_same_everywhere(root: Path) -> None:
    bars = sample_bars()
    assert hashlib.sha256(bars.tobytes()).hexdigest()[:16] == "43aae0975640b8f3"
    run = CliRunner().invoke
    told = run(app, ["sample", "--root", str(root), "--json"])
    assert (told.exit_code, json.loads(told.stdout)["new"]) == (0, len(bars))
    assert load("SAMPLE", root=root).bars.tobytes() == bars.tobytes()
    other = bars.copy()
    other["volume"] += 1
    import_file(csv_of(other[:100], root.parent / "other.csv"), "OTHER", root=root)
    refused = run(app, ["sample", "--symbol", "OTHER", "--root", str(root)])
    assert refused.exit_code == 1
    assert "is stored with other values" in refused.stderr


def test_a_refusal_exits_with_one_and_tells_the_lines(root: Path) -> None:
    run = CliRunner().invoke
    file = root.parent / "file.csv"
    csv_of(hours(5), file).write_text(file.read_text(encoding="utf-8") + "soon,1,2,1,2,3\n", encoding="utf-8")
    told = run(app, ["import", str(file), "-s", "X", "--root", str(root)])
    assert told.exit_code == 1
    assert "is refused, nothing has changed: 1 error in 6 rows" in told.stderr
    assert "line 7: 'soon' is no time" in told.stderr
    refused = json.loads(run(app, ["import", str(file), "-s", "X", "--root", str(root), "--json"]).stdout)
    assert refused["kind"] == "refused"
    assert refused["findings"][0]["problems"] == [{"line": 7, "text": "'soon' is no time"}]
    assert "holds no price history yet" in run(app, ["list", "--root", str(root)]).stdout
