"""How long a fresh process takes from nothing to its first decision, and the command line to its help."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.figure import Effort, Figure, Measured, at_most, spread, timed

ROOT: Final = Path(__file__).parents[1]
PROBE: Final = """
import json, time
begun = time.perf_counter()
import numpy as np
from core.kernel import DECISION, EVENT
from core.strategy import Source, load
imported = time.perf_counter()
strategy = load(Source.shipped())
event, state = np.ones(1, EVENT), np.zeros(1, strategy.state_dtype)
table, decision = np.zeros(strategy.table_shape), np.zeros(1, DECISION)
loaded = time.perf_counter()
strategy.decide(event, state, table, decision)
compiled = time.perf_counter()
print(json.dumps([imported - begun, loaded - imported, compiled - loaded]))
"""


def measure(effort: Effort) -> Measured:
    """Fresh processes, one after the other."""
    probes = []
    for run in range(effort.of(7, 2)):
        effort.say(f"fresh process {run + 1}")
        probes.append(json.loads(output_of([sys.executable, "-c", PROBE])))
    imports, loads, compiles = zip(*probes, strict=True)
    sorte = Path(sys.executable).with_name("sorte")
    if not sorte.is_file():
        raise RuntimeError("the command sorte is not installed beside this Python; `make setup` installs it")
    helps = []
    for run in range(effort.of(11, 3)):
        effort.say(f"sorte --help {run + 1}")
        helps.append(timed(lambda: output_of([str(sorte), "--help"]))[0])
    return Measured(
        (
            Figure(
                "Strategy compiled, fresh process",
                statistics.median(compiles),
                "s",
                at_most(3),
                f"the first call; {spread(compiles)}",
            ),
            Figure("... imports before it", statistics.median(imports), "s", note=f"Numba and core; {spread(imports)}"),
            Figure("... loading before it", statistics.median(loads), "s", note=f"from source; {spread(loads)}"),
            Figure("`sorte --help`", statistics.median(helps), "s", at_most(0.3), spread(helps)),
        )
    )


def output_of(command: list[str]) -> str:
    """What a program prints; raises with its last line when it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["without a word"]
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} ended with {done.returncode}: {last[0]}")
    return done.stdout
