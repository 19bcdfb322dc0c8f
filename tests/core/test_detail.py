"""--detail: what lies inside a bar is played where finer bars tell of it, and assumed where they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from bench.backtest_peers import STRATEGY
from bench.history import one_minute_bars
from cli.main import app
from core import history
from core.backtest import Costs, Market, simulate
from core.backtest.records import AT_STOP, AT_TARGET
from core.errors import SorteError
from core.history.resample import resample
from core.kernel import BAR_ROW, BUY, NANOSECONDS, SELL
from core.strategy import Source, Strategy, load
from tests.core.test_level_fills import SCRIPTED, STOP, TARGET, script

MINUTE = 60 * NANOSECONDS
START = 1_700_000_100 * NANOSECONDS  # a whole five minutes
FREE = Costs(fee=0.0, slippage=0.0)


@pytest.fixture(scope="module")
def scripted() -> Strategy:
    return load(Source.of(SCRIPTED))


def minutes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([(START + i * MINUTE, *row, 1.0) for i, row in enumerate(rows)], BAR_ROW)


FLAT = (100.0, 100.0, 100.0, 100.0)
UP = (100.0, 105.0, 100.0, 104.0)
DOWN = (104.0, 104.0, 97.0, 97.5)
REST = (97.5, 97.5, 97.5, 97.5)
FALLS_LATER = [FLAT] * 5 + [UP, DOWN, REST, REST, REST]
"""Five quiet minutes to buy in; then up over a target of 104 before down under a stop of 98."""


def market(fine: np.ndarray, *, detail: np.ndarray | None = None, symbol: str = "A") -> Market:
    coarse = resample(fine, MINUTE, 5 * MINUTE)
    return Market(symbol, coarse, 5 * MINUTE, 0.01, detail=detail, detail_ns=MINUTE if detail is not None else 0)


def exits(result) -> list[tuple[int, float, int]]:
    """Minute, price and level of each exit."""
    sold = result.fills[result.fills["side"] == SELL]
    return [((int(fill.time_ns) - START) // MINUTE, float(fill.price), int(fill.rule)) for fill in sold]


BUY_AND_WATCH = script((1, BUY, 0.1), (2, STOP, 98.0), (2, TARGET, 104.0))


def test_a_bar_that_holds_both_is_settled_by_the_finer_ones(scripted):
    fine = minutes(*FALLS_LATER)
    assumed = simulate(scripted, [market(fine)], costs=FREE, tables=[BUY_AND_WATCH])
    known = simulate(scripted, [market(fine, detail=fine)], costs=FREE, tables=[BUY_AND_WATCH])
    assert [(price, rule) for _, price, rule in exits(assumed)] == [(pytest.approx(98.0), AT_STOP)]
    assert exits(known) == [(5, pytest.approx(104.0), AT_TARGET)]
    assert (assumed.both, known.both) == (1, 0)
    assert (assumed.detailed, known.detailed) == (0, 2)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda fine: np.delete(fine, 7), id="a minute in the middle that held no extreme: none is missed"),
        pytest.param(lambda fine: np.delete(fine, 6), id="the minute of the low is missing"),
        pytest.param(lambda fine: np.delete(fine, 5), id="the first minute is missing"),
        pytest.param(lambda fine: np.delete(fine, 9), id="the last minute is missing"),
        pytest.param(lambda fine: fine[:5], id="there are none"),
    ],
)
def test_a_hole_costs_detail_and_changes_no_price(scripted, broken, request):
    fine = minutes(*FALLS_LATER)
    result = simulate(scripted, [market(fine, detail=broken(fine))], costs=FREE, tables=[BUY_AND_WATCH])
    whole = "middle" in request.node.name
    assert result.detailed == (2 if whole else 1)
    assert [rule for _, _, rule in exits(result)] == [AT_TARGET if whole else AT_STOP]


def test_pairs_that_open_together_are_detailed_together_or_not_at_all(scripted):
    fine = minutes(*FALLS_LATER)
    with_all, with_hole = market(fine, detail=fine, symbol="A"), market(fine, detail=fine[:5], symbol="B")
    result = simulate(scripted, [with_all, with_hole], costs=FREE, tables=[BUY_AND_WATCH, None])
    assert result.detailed == 2  # the first bar of both
    assert [rule for _, _, rule in exits(result)] == [AT_STOP]


def test_who_acts_at_closes_only_trades_the_same_with_and_without():
    """The strategy is shown the same closed bars, and orders of a close are filled at the same opens."""
    fine = one_minute_bars(20_000, 3)
    coarse = resample(fine, MINUTE, 5 * MINUTE)
    strategy = load(STRATEGY)
    plain = Market("A", coarse, 5 * MINUTE)
    detailed = replace(plain, detail=fine, detail_ns=MINUTE)
    without, within = simulate(strategy, [plain]), simulate(strategy, [detailed])
    assert len(without.fills) > 50
    assert within.fingerprint == without.fingerprint
    assert within.detailed == len(coarse)
    assert within.events == 4 * len(fine)
    assert within.equity[-1] == pytest.approx(without.equity[-1])


def test_where_the_chunks_end_does_not_matter(scripted):
    fine = one_minute_bars(600, 5, rougher=10.0)
    steps = [((i * 37) % 400 + 1, kind, value) for i in range(6) for kind, value in ((BUY, 0.2), (STOP, 980.0 + i))]
    given = [market(fine, detail=fine)]
    whole = simulate(scripted, given, tables=[script(*steps)])
    chunked = simulate(scripted, given, tables=[script(*steps)], events_per_chunk=64)
    assert chunked.fills.tobytes() == whole.fills.tobytes()


def backtest(*arguments: object):
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = one_minute_bars(3_000, 4, rougher=10.0)
    columns = {name: rows[name] for name in ("open", "high", "low", "close", "volume")}
    file = tmp_path / "MADE.csv"
    pl.DataFrame({"time": rows["time_ns"] // 10**6, **columns}).write_csv(file)
    history.import_file(file, "MADEUSDT", root=tmp_path / "store")
    return tmp_path


def test_the_command_plays_the_minutes_of_the_store_inside_its_hours(folder):
    told = backtest("--data", "MADEUSDT", "--root", folder / "store", "--timeframe", "1h", "--detail", "--json")
    assert told.exit_code == 0, told.exception
    assert json.loads(told.stdout)["detail"] == {"timeframe": "1m", "bars": 50, "of": 50}
    page = backtest("--data", folder / "MADE.csv", "--timeframe", "1h", "--detail").stdout
    assert "50 of 50 bars played in bars of 1m" in page


def test_without_anything_finer_it_is_refused_with_what_to_do(folder):
    done = backtest("--data", folder / "MADE.csv", "--detail")
    assert isinstance(done.exception, SorteError)
    assert "MADE has no bars finer than 1m to play inside." in str(done.exception)
    assert "--timeframe" in done.exception.hint
