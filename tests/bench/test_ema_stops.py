"""The strategy with stops of the comparison ends at both kinds of level, inside bars that hold both too."""

from __future__ import annotations

import numpy as np

from bench.backtest_stops import ROUGHER, backtest, strategy_with_stops
from bench.history import one_minute_bars
from core.backtest.records import AT_STOP, AT_TARGET
from core.kernel import SELL


def test_its_positions_end_at_stops_at_targets_and_by_the_averages() -> None:
    result = backtest(strategy_with_stops(), one_minute_bars(20_000, 2, rougher=ROUGHER))

    rules = result.fills["rule"][result.fills["side"] == SELL]
    assert np.count_nonzero(rules == AT_STOP) > 50
    assert np.count_nonzero(rules == AT_TARGET) > 20
    assert np.count_nonzero(rules == -1) > 50
    assert result.same_bar > 0
