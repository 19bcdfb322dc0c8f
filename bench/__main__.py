"""`python -m bench`: measure, and write docs/benchmarks.md.

BENCHMARKS lists what is measured. A new benchmark is a new file with `measure(effort) -> Measured` and one line there;
a Figure carries its goal, a Section goes below the table of the page. Each runs in a process of its own: a strategy
that was loaded second pays for every call (see `kernel_call`), and a crash ends only its own figures.
"""

from __future__ import annotations

import argparse
import datetime
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import (
    backtest_ensemble,
    backtest_peers,
    backtest_stops,
    charts,
    compile_time,
    data_import,
    frame_to_order,
    host_ready,
    judge_boxes,
    judged_memory,
    kernel_call,
    memory,
    page,
    pairs_curve,
    road,
    road_under_load,
    second_backtest,
    switch,
)
from bench.figure import Benchmark, Effort, Failed
from bench.runner import alone, run

PAGE: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"

BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "compile": compile_time.measure,
    "kernel_call": kernel_call.measure,
    "pairs_curve": pairs_curve.measure,
    "host_ready": host_ready.measure,
    "frame_to_order": frame_to_order.measure,
    "switch": switch.measure,
    "road": road.measure,
    "road_under_load": road_under_load.measure,
    "judge_boxes": judge_boxes.measure,
    "memory": memory.measure,
    "judged_memory": judged_memory.measure,
    "second_backtest": second_backtest.measure,
    "data_import": data_import.measure,
    "charts": charts.measure,
    "backtest_ensemble": backtest_ensemble.measure,
    "backtest_peers": backtest_peers.measure,
    "backtest_stops": backtest_stops.measure,
}


def main() -> None:
    """Exit code 0 when every benchmark could measure, whatever it found; 1 when one failed."""
    asked = arguments()
    progress = Console(stderr=True)
    machine = page.machine_line()
    chosen = {
        name: functools.partial(alone, name, measure)
        for name, measure in BENCHMARKS.items()
        if name in (asked.only or BENCHMARKS)
    }
    outcomes = run(chosen, Effort(quick=asked.quick), progress.print)
    Console().print(page.terminal(outcomes))
    progress.print(page.summary(outcomes))
    if asked.quick or asked.only:
        progress.print("docs/benchmarks.md is left as it was: only a full run writes it.")
    else:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page.markdown(outcomes, machine, datetime.datetime.now(datetime.UTC).date()), encoding="utf-8")
        progress.print("Written to docs/benchmarks.md.")
    raise SystemExit(any(isinstance(outcome, Failed) for outcome in outcomes.values()))


def arguments() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and write docs/benchmarks.md.")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="less work and rougher figures; the page is not written")
    return parser.parse_args()


if __name__ == "__main__":
    main()
