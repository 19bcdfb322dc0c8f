"""An exit at a level bears the name of the rule that put it there."""

from __future__ import annotations

import numpy as np
import pytest

from core.backtest import Market, simulate
from core.backtest.naming import level_edges, names_of, rule_at
from core.backtest.records import AT_STOP, AT_TARGET
from core.kernel import BAR_ROW, NANOSECONDS, SELL
from core.strategy import Source, load

DAY = 86_400 * NANOSECONDS


def wild_days(seed: int = 3, count: int = 900) -> np.ndarray:
    """Days that move by 3 %, so that a stop of 2 % and a target of 4 % are met inside them."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, count)))
    rows = np.zeros(count, BAR_ROW)
    rows["time_ns"], rows["close"], rows["open"] = np.arange(1, count + 1) * DAY, close, np.r_[100.0, close[:-1]]
    rows["high"] = np.maximum(rows["open"], close) * (1 + rng.uniform(0, 0.02, count))
    rows["low"] = np.minimum(rows["open"], close) * (1 - rng.uniform(0, 0.02, count))
    return rows


def test_stops_never_earn_and_targets_lose_no_more_than_fees_and_both_are_named(shipped):
    result = simulate(shipped, [Market("A", wild_days(), DAY)])
    names = names_of(shipped, [level_edges(shipped)], result.fills)
    exits = [(name, fill) for name, fill in zip(names, result.fills, strict=True) if fill.side == SELL]
    stops = [fill for name, fill in exits if name == "stop_loss"]
    targets = [fill for name, fill in exits if name == "take_profit"]
    assert len(stops) > 20
    assert len(targets) > 10
    assert all(fill.profit < 0 for fill in stops)
    assert all(fill.profit > 0 for fill in targets)
    assert result.inside > 20
    assert {name for name, _ in exits} <= {"stop_loss", "take_profit", "score"}


def test_a_trailing_stop_is_named_too():
    strategy = load(Source.shipped(), {"trailing_stop": 0.01, "take_profit": 0.5})
    result = simulate(strategy, [Market("A", wild_days(), DAY)])
    names = names_of(strategy, [level_edges(strategy)], result.fills)
    by_level = {name for name, fill in zip(names, result.fills, strict=True) if fill.rule in (AT_STOP, AT_TARGET)}
    assert "trailing_stop" in by_level
    assert by_level <= {"trailing_stop", "stop_loss", "take_profit"}


EDGES = {
    "stop_loss": ((0.98, 0.0, 0.0),),
    "floor": ((0.0, 0.0, 50.0),),
    "wide": ((0.0, 0.90, 0.0),),
    "near": ((0.0, 0.97, 0.0),),
}


@pytest.mark.parametrize(
    ("level", "name"),
    [
        pytest.param(98.0, "stop_loss", id="2 % below the entry"),
        pytest.param(50.0, "floor", id="a price"),
        pytest.param(120.0, "near", id="of two trailing stops the nearer one is met first"),
        pytest.param(92.0, "wide", id="the nearer one of 3 % cannot lie there"),
        pytest.param(60.0, "", id="no rule lies there"),
    ],
)
def test_the_rule_is_the_one_whose_edge_lies_at_the_level(level, name):
    assert rule_at(EDGES, level, 100.0) == name


def test_a_strategy_of_another_shape_has_levels_without_rules(shipped):
    assert {"stop_loss", "take_profit"} <= set(level_edges(shipped))
    files = {
        "__init__.py": b"",
        "parameters.py": b"from typing import NamedTuple\nclass Parameters(NamedTuple):\n    pass\nP = Parameters()\n",
        "state.py": b"from typing import NamedTuple\nimport numpy as np\nSTATE = np.dtype([('n', 'i8')])\n"
        b"class Features(NamedTuple):\n    price: float\n",
        "signals.py": b"TABLE_SHAPE = (1, 1)\n",
        "rules.py": b"def verdicts(f):\n    return ()\n",
        "decide.py": b"from core.kernel import kernel\n@kernel\ndef decide(e, s, t, d):\n    d[0].action = 0\n",
    }
    assert level_edges(load(Source.of(files))) == {}
