"""Scripts that were written against `services.trader.exchanges.sim` find the simulated exchange there."""

from __future__ import annotations

import subprocess
import sys

OLD = """
import services.trader.exchanges.sim.clock as clock
import services.trader.exchanges.sim as old
from services.trader.exchanges.sim import DEFAULT_PAIRS, SimSettings, serve
from services.trader.exchanges.sim import matching
import services.simulator, services.simulator.clock, services.simulator.matching
assert clock is services.simulator.clock and old is services.simulator and matching is services.simulator.matching
assert serve is services.simulator.serve
"""


def test_the_old_name_is_the_same_room_and_not_a_second_copy() -> None:
    subprocess.run([sys.executable, "-c", OLD], check=True)
