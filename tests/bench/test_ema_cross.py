"""The strategy of the comparison trades by its rules, and the peers are told the same numbers."""

from __future__ import annotations

import numpy as np

from bench.backtest_peers import PEERS, STRATEGY, backtest
from bench.history import MINUTE_NS, START_NS, one_minute_bars
from bench.peers import environment
from bench.trades import round_trips
from core.strategy import load


def test_the_history_is_the_same_every_time() -> None:
    assert one_minute_bars(500, seed=7).tobytes() == one_minute_bars(500, seed=7).tobytes()


def test_every_fill_is_at_the_open_of_the_bar_after_its_signal() -> None:
    bars = one_minute_bars(20_000, seed=7)

    fills = backtest(load(STRATEGY), bars).fills
    trips = round_trips(fills, START_NS, MINUTE_NS)

    assert len(trips) > 100
    np.testing.assert_allclose(trips["entry_price"], bars["open"][trips["entry_bar"]], rtol=1e-12)
    np.testing.assert_allclose(trips["exit_price"], bars["open"][trips["exit_bar"]], rtol=1e-12)
    assert set((fills["time_ns"] - fills["signal_ns"]).tolist()) == {1_000_000}


def test_every_peer_has_a_script_and_pinned_packages() -> None:
    folder = environment.ROOT / "bench" / "peers"
    for peer in PEERS:
        assert (folder / f"{peer.script}.py").is_file()
        pins = [
            line
            for line in (folder / f"{peer.requirements}.txt").read_text(encoding="utf-8").splitlines()
            if line[0] != "#"
        ]
        assert pins
        assert all("==" in pin for pin in pins)
