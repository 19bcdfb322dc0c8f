"""A process that runs strategies one after the other as the owner's backtest does, and says which it had to compile.

Reads `[[{file: text}, {parameter: value}], ...]` as JSON. Prints for each the score and the size of its first decision
(or what it raised), how many functions were compiled for it, and its simulated equity at the end.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from numba.core import event

from core.backtest import Market, simulate
from core.compiled.own import OwnCode
from core.errors import StrategyError
from core.kernel import BAR_ROW, NANOSECONDS
from core.strategy import Source, load

HOUR_NS = 3600 * NANOSECONDS


def run(files: dict[str, str], parameters: dict[str, float]) -> list[object]:
    source = Source.of({name: text.encode() for name, text in files.items()})
    rows = np.array([(i * HOUR_NS, 100.0, 104.0, 99.0, 101.0 + i % 3, 1.0) for i in range(40)], BAR_ROW)
    with event.install_recorder("numba:compile") as compiled:
        strategy = load(source, parameters)
        try:
            result = simulate(strategy, [Market("A", rows, HOUR_NS)], kept=OwnCode(source.tree_hash))
        except StrategyError as error:
            return [error.message, len(compiled.buffer)]
    return [result.fingerprint, float(result.equity[-1]), len(compiled.buffer)]


if __name__ == "__main__":
    print(json.dumps([run(*each) for each in json.load(sys.stdin)]))
