"""Prices of any coin: the grid is found in the data, and the same market in other units gives the same trades."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from core import history
from core.backtest import Market, simulate
from core.backtest.cautions import cautions
from core.errors import DataError, SorteError
from core.grid import price_decimals, price_text
from core.kernel import BAR_ROW, NANOSECONDS

HOUR = 3600 * NANOSECONDS
START = 1_704_067_200 * NANOSECONDS


def market_in(unit: int, seed: int = 5, count: int = 1500) -> np.ndarray:
    """A market of prices about 1 with five decimals, written in units of 10^-unit: one decimal more for each."""
    rng = np.random.default_rng(seed)
    close = np.exp(np.cumsum(rng.normal(0, 0.008, count)))
    rows = np.zeros(count, BAR_ROW)
    rows["time_ns"] = START + np.arange(count) * HOUR
    rows["close"], rows["open"] = close, np.r_[1.0, close[:-1]]
    rows["high"] = np.maximum(rows["open"], close) * (1 + rng.uniform(0, 0.004, count))
    rows["low"] = np.minimum(rows["open"], close) * (1 - rng.uniform(0, 0.004, count))
    for name in ("open", "high", "low", "close"):
        rows[name] = [float(f"{round(price * 100_000)}e-{5 + unit}") for price in rows[name]]
    rows["volume"] = rng.lognormal(0, 1, count) * 10.0**unit
    return rows


def prices_of(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([rows[name] for name in ("open", "high", "low", "close")])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), unit=st.integers(1, 12))
@example(seed=5, unit=12)
def test_the_same_market_in_other_units_gives_the_same_trades(shipped, seed, unit):
    rows, other = market_in(0, seed), market_in(unit, seed)
    ticks = [10.0 ** -price_decimals(prices_of(each)) for each in (rows, other)]
    assert ticks[1] == pytest.approx(ticks[0] * 10.0**-unit)
    ours, theirs = (
        simulate(shipped, [Market("A", each, HOUR, tick)]) for each, tick in zip((rows, other), ticks, strict=True)
    )
    assert len(ours.fills) == len(theirs.fills)
    for name in ("time_ns", "side", "rule"):
        assert (ours.fills[name] == theirs.fills[name]).all()
    np.testing.assert_allclose(theirs.fills["price"] * 10.0**unit, ours.fills["price"], rtol=1e-12)
    np.testing.assert_allclose(theirs.equity, ours.equity, rtol=1e-7)  # lots of 1e-6 are finer for cheaper coins


@pytest.mark.parametrize(
    ("prices", "decimals"),
    [
        pytest.param([65_000.0, 64_001.0], 0, id="whole numbers"),
        pytest.param([65_000.1, 64_001.0], 1, id="a tenth"),
        pytest.param([1.23e-8, 1.24e-8], 10, id="a coin of 0.0000000123"),
        pytest.param([0.00001234, 0.00001235], 8, id="SHIB"),
        pytest.param([1.2345e-14, 2.5e-14], 18, id="the finest grid"),
        pytest.param([1.2345e-16, 2.5e-16], 18, id="finer than the finest: it ends there"),
        pytest.param([1.5, 1.23e-8, 12.25, 65_000.12], 10, id="from very small to large"),
        pytest.param([0.1 + 0.2, 0.3, 1.1 * 3], 1, id="float noise is no decimal"),
        pytest.param([float(np.float32(100.34)), float(np.float32(98.76))], 2, id="single precision, two decimals"),
        pytest.param([float(np.float32(1.234e-7)), float(np.float32(2.5e-7))], 10, id="single precision, tiny"),
    ],
)
def test_the_grid_is_the_decimals_of_the_prices(prices, decimals):
    assert price_decimals(np.array(prices)) == decimals


@given(digits=st.integers(1, 9_999_999), decimals=st.integers(0, 18))
def test_the_grid_writes_every_price_and_is_not_finer_than_it_was_written(digits, decimals):
    price = float(f"{digits}e-{decimals}")
    found = price_decimals(np.array([price]))
    assert found <= decimals
    assert round(price, found) == pytest.approx(price, rel=1e-11)


@pytest.mark.parametrize(
    ("price", "tick", "text"),
    [
        (1.23e-8, 1e-13, "0.0000000123000"),
        (65_000.1, 0.01, "65,000.10"),
        (7.0, 1.0, "7"),
        (101.25, 0.25, "101.25"),
        (2e-18, 1e-18, "0.000000000000000002"),
        (100_000.0, 1e-18, "100,000.000000000"),
    ],
)
def test_a_price_is_written_with_the_decimals_of_its_tick_and_no_power_of_ten(price, tick, text):
    assert price_text(price, tick) == text


# --- the command ------------------------------------------------------------------------------------------------------


def write_csv(file: Path, rows: np.ndarray, write=lambda price: repr(float(price))) -> Path:
    columns = {name: [write(price) for price in rows[name]] for name in ("open", "high", "low", "close")}
    times = (rows["time_ns"] // 1_000_000).tolist()
    pl.DataFrame({"timestamp": times, **columns, "volume": rows["volume"]}).write_csv(file)
    return file


def backtest(*arguments: Any) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["backtest", *map(str, arguments), "--json"])
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda price: f"{price:.13f}", id="decimals"),
        pytest.param(lambda price: f"{price:.6e}", id="powers of ten"),
        pytest.param(lambda price: f"{price:.5E}", id="capital powers of ten"),
    ],
)
def test_a_coin_of_a_hundred_millionth_has_its_grid_in_its_file_and_in_the_store(tmp_path, write):
    file = write_csv(tmp_path / "PEPE.csv", market_in(8, count=400), write)
    history.import_file(file, "TINYUSDT", root=tmp_path / "store")
    assert history.load(file).price_decimals == history.load("TINYUSDT", root=tmp_path / "store").price_decimals == 13


def test_the_command_trades_on_that_grid(tmp_path, shipped):
    rows = market_in(8)
    told = backtest("--data", write_csv(tmp_path / "PEPE.csv", rows))
    assert told["grid"]["PEPE"]["tick"] == 1e-13
    assert told["notes"] == []
    assert told["fingerprint"] == simulate(shipped, [Market("PEPE", rows, HOUR, 1e-13)]).fingerprint
    assert told["metrics"]["trades"] > 10


def test_a_store_written_when_eight_decimals_were_the_most_is_read_with_its_real_grid(tmp_path):
    rows = market_in(8, count=400)
    history.import_file(write_csv(tmp_path / "t.csv", rows), "TINYUSDT", root=tmp_path)
    for file in tmp_path.rglob("*.parquet"):
        pl.read_parquet(file).write_parquet(file, metadata={"sorte.origin": "import", "sorte.price_decimals": "8"})
    assert history.load("TINYUSDT", root=tmp_path).price_decimals == 13
    for file in tmp_path.rglob("*.parquet"):
        pl.read_parquet(file).write_parquet(file, metadata={"sorte.origin": "import", "sorte.price_decimals": "3"})
    assert history.load("TINYUSDT", root=tmp_path).price_decimals == 3  # as it was found then, and believed


def test_prices_below_the_finest_grid_are_refused_with_what_to_do(tmp_path):
    rows = market_in(0, count=400)
    for name in ("open", "high", "low", "close"):
        rows[name] *= 1e-17
    done = CliRunner().invoke(app, ["backtest", "--data", str(write_csv(tmp_path / "dust.csv", rows))])
    assert isinstance(done.exception, SorteError)
    assert "too low for a tick of 1e-18" in str(done.exception)
    assert "per thousand or million" in done.exception.hint


def test_a_tick_above_the_price_is_refused_and_one_that_is_coarse_is_told():
    rows = market_in(5, count=400)
    with pytest.raises(DataError, match=r"too low for a tick of 0\.01"):
        list(cautions([Market("M5", rows, HOUR, 0.01)]))
    [note] = cautions([Market("M5", rows, HOUR, 1e-7)])
    assert note.startswith("M5: the prices are finer than the tick of 1e-07")


def test_whole_prices_that_are_small_are_told():
    rows = market_in(0, count=400)
    for name in ("open", "high", "low", "close"):
        rows[name] = np.round(rows[name] * 30)
    [note] = cautions([Market("FEW", rows, HOUR, 10.0 ** -price_decimals(prices_of(rows)))])
    assert note.startswith("FEW: the tick of 1 is")
    assert note.endswith("fills are rounded to it, against us")


def test_the_page_shows_tiny_prices_as_numbers(tmp_path):
    file = write_csv(tmp_path / "m8.csv", market_in(8))
    page = CliRunner().invoke(app, ["backtest", "--data", str(file)]).stdout
    assert "0.00000001" in page
    assert "e-0" not in page.split("last fills")[1].split("Ratios")[0]


# --- histories of other times -----------------------------------------------------------------------------------------


def shifted(days: int, count: int = 480) -> np.ndarray:
    rows = market_in(0, seed=days, count=count)
    rows["time_ns"] += days * 24 * HOUR
    return rows


def of(name: str, days: int) -> Market:
    return Market(name, shifted(days), HOUR, 1e-5)


def test_two_histories_without_a_day_in_common_are_told(tmp_path):
    first, second = (write_csv(tmp_path / f"{name}.csv", shifted(days)) for name, days in (("OLD", 0), ("NEW", 40)))
    [note] = backtest("--data", f"{second},{first}")["notes"]
    assert note.startswith(
        "OLD ends on 2024-01-21 and NEW begins on 2024-02-10: they are never traded at the same time"
    )


def test_histories_that_hardly_overlap_are_told_and_those_that_do_are_not():
    assert [*cautions([of("A", 0), of("B", 15)])] == [
        "only from 2024-01-16 to 2024-01-21, 14% of the time, are all pairs traded"
    ]
    assert [*cautions([of("A", 0), of("C", 1)])] == [*cautions([of("A", 0)])] == []
