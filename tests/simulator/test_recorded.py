"""A recorded market is traded on the grid of its prices, whatever its unit; what has none is refused in a sentence."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from core.kernel import BAR_ROW
from services.simulator import SimSettings
from services.simulator.console import recorded_market
from services.simulator.grid import Grid, text
from services.simulator.recorded import pair_for
from tests.simulator.client import in_loop, running, settings, within

START_NS = 1_700_000_000_000_000_000 // 3_600_000_000_000 * 3_600_000_000_000


def bars(*prices: str) -> np.ndarray[Any, Any]:
    """Hourly bars that open at each price and close at the next."""
    values = [float(price) for price in prices]
    rows = np.zeros(len(values) - 1, BAR_ROW)
    rows["time_ns"] = START_NS + np.arange(len(rows)) * 3_600_000_000_000
    rows["open"], rows["close"] = values[:-1], values[1:]
    rows["high"], rows["low"] = np.maximum(rows["open"], rows["close"]), np.minimum(rows["open"], rows["close"])
    rows["volume"] = 1_000.0 / rows["open"]
    return rows


def market_of(folder: Path, rows: np.ndarray[Any, Any], symbol: str = "PEPEUSDT", **changes: Any) -> SimSettings:
    np.savez(folder / "replay.npz", **{symbol: rows})
    market = recorded_market(folder / "replay.npz")
    return settings(**market, speed=36_000, latency_ms=0, **changes)


@pytest.mark.parametrize("unit", range(13))
def test_the_same_market_in_any_unit_has_the_same_ticks_and_a_lot_of_the_same_worth(unit: int) -> None:
    prices = ("1.23457", "1.24001", "1.20009", "1.23")
    pair = pair_for("PEPEUSDT", bars(*(f"{price}e-{unit}" for price in prices)))
    assert pair.price_tick == Decimal(1).scaleb(-5 - unit)
    assert pair.lot == Decimal(1).scaleb(unit - 3)


@in_loop
async def test_a_coin_of_a_hundred_millionth_is_bought_and_sold_at_its_price(tmp_path: Path) -> None:
    rows = bars("0.0000000123457", "0.0000000124001", "0.0000000124001", "0.0000000124001")
    async with running(market_of(tmp_path, rows)) as (sim, client):
        info = (await client.get("exchangeInfo", symbol="PEPEUSDT")).body["symbols"][0]
        assert info["filters"][0]["tickSize"] == "0.0000000000001"
        await within(sim.finished)
        last = (await client.get("ticker/price", symbol="PEPEUSDT")).body["price"]
        bought = (await client.limit("BUY", "10000000000", "0.0000000125000", symbol="PEPEUSDT")).body
        trades = (await client.private("GET", "myTrades", symbol="PEPEUSDT")).body
    assert last == "0.0000000124001"
    assert (bought["status"], bought["price"]) == ("FILLED", "0.0000000125000")
    assert Decimal(trades[0]["price"]) - Decimal(last) <= Decimal("0.000000000001")  # half the spread
    assert sum(Decimal(trade["quoteQty"]) for trade in trades) == Decimal(bought["cummulativeQuoteQty"]) > 123


@in_loop
async def test_more_digits_than_the_grid_has_are_refused(tmp_path: Path) -> None:
    async with running(market_of(tmp_path, bars("0.0000123", "0.0000124", "0.0000124"))) as (sim, client):
        await within(sim.finished)
        refused = await client.limit("BUY", "100000000", "0.00001241234567", symbol="PEPEUSDT")
    assert refused.code in (-1013, -1111)


def test_a_known_pair_keeps_its_grid_while_the_prices_lie_on_it() -> None:
    assert pair_for("BTCUSDT", bars("65000.12", "65001")).price_tick == Decimal("0.01")
    assert pair_for("BTCUSDT", bars("0.06", "0.0549123")).price_tick == Decimal("0.0000001")  # July 2010


def test_a_fine_grid_of_an_expensive_coin_makes_no_lot_that_is_worth_a_fortune() -> None:
    pair = pair_for("XUSDT", bars("65000.12345", "65001.5"))
    assert pair.price_tick == Decimal("0.00001")
    assert pair.lot * 65_000 < 1


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        pytest.param(("1.5e-15", "1.6e-15"), "too low", id="prices below what can be ordered"),
        pytest.param(("1.23457e-12", "123456.7"), "no common grid", id="from 1e-12 to 1e5"),
    ],
)
def test_prices_without_a_usable_grid_are_refused_in_a_sentence(prices: tuple[str, ...], says: str) -> None:
    with pytest.raises(DataError, match=says) as refused:
        pair_for("XUSDT", bars(*prices))
    assert refused.value.hint


@given(ticks=st.integers(1, 99_999), rise=st.integers(1, 10_000), decimals=st.integers(0, 14))
def test_every_market_that_rises_less_than_a_billion_ticks_gets_a_grid_that_holds_it(
    ticks: int, rise: int, decimals: int
) -> None:
    rows = bars(f"{ticks}e-{decimals}", f"{ticks * rise}e-{decimals}")
    grid = Grid(pair_for("XUSDT", rows))
    for price in (float(rows["open"][0]), float(rows["close"][0])):
        at = round(price / float(grid.tick))
        assert float(grid.price_text(at)) == pytest.approx(price, rel=1e-9)
        assert Decimal(grid.price_text(at)) == grid.price(at)
        assert float(grid.lot) * price <= 0.1 * 1.0001


@given(st.decimals(min_value=0, max_value=10**12, places=8))
def test_amounts_of_the_usual_grid_are_written_with_eight_digits(amount: Decimal) -> None:
    assert text(amount) == f"{amount:.8f}"
