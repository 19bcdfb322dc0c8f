"""The peer's side of a comparison; runs in the peer's environment, so it imports only NumPy.

Arguments: the bars (.npz), where to save the trades (.npz), and the strategy's numbers as JSON. The first run is a warm
one: it compiles what there is to compile and its trades are saved. Then each line on standard input asks for one more
run, answered by one line of JSON with its seconds. So the two programs can take turns on the same machine.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def serve(
    version: str,
    prepare: Callable[[Mapping[str, Any], Mapping[str, float]], Callable[[], Any]],
    round_trips: Callable[[Any], Mapping[str, Any]],
) -> None:
    """Answer until standard input ends.

    `prepare(bars, numbers)` brings the bars into the peer's own form, unmeasured, and returns what is measured.
    `round_trips` takes the columns of bench.trades.ROUND_TRIP out of a result.
    """
    bars_file, trades_file, numbers = sys.argv[1:]
    with np.load(bars_file) as bars:
        run = prepare(dict(bars), json.loads(numbers))
    begun = time.perf_counter()
    result = run()
    warm = time.perf_counter() - begun
    np.savez(trades_file, **round_trips(result))
    print(json.dumps({"version": version, "seconds": warm}), flush=True)
    for _ in sys.stdin:
        begun = time.perf_counter()
        run()
        print(json.dumps({"seconds": time.perf_counter() - begun}), flush=True)
