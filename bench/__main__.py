"""`python -m bench`: measure, and write docs/benchmarks.md.

BENCHMARKS lists what is measured. A new benchmark is a new file with `measure(effort) -> Measured` and one line there;
a Figure carries its goal, a Section goes below the table of the page. These wait for the live trader:

    host_ready.py     from nothing to a host's first decision: at most 5 s
    frame_to_order.py frame received to order sent, 2,000 events/s over 20 pairs: p50 at most 150 us, p99 at most 1 ms
    switch.py         200 switches at 5,000 events/s: 0 events lost, 0 doubled
    memory.py         trader and two hosts: at most 500 MB

`history.mixed_events` gives them their events, `figure.no_garbage_collection` their quiet, and
`compile_time.output_of` a fresh process.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live

from bench import backtest_ensemble, backtest_peers, compile_time, kernel_call, page, pairs_curve
from bench.figure import Benchmark, Effort, Failed, Outcome

PAGE: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"

BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "compile": compile_time.measure,
    "kernel_call": kernel_call.measure,
    "pairs_curve": pairs_curve.measure,
    "backtest_ensemble": backtest_ensemble.measure,
    "backtest_peers": backtest_peers.measure,
}


def main() -> None:
    """Exit code 0 when every benchmark could measure, whatever it found; 1 when one failed."""
    asked = arguments()
    progress = Console(stderr=True)
    machine = page.machine_line()
    chosen = {name: measure for name, measure in BENCHMARKS.items() if name in (asked.only or BENCHMARKS)}
    # without a spinner: its thread would take turns with the loops that are measured
    with Live(console=progress, auto_refresh=False, transient=True) as line:
        outcomes = run(
            chosen,
            Effort(quick=asked.quick),
            doing=lambda step: line.update(step, refresh=True),
            done=progress.print,
        )
    Console().print(page.terminal(outcomes))
    progress.print(page.summary(outcomes))
    if asked.quick or asked.only:
        progress.print("docs/benchmarks.md is left as it was: only a full run writes it.")
    else:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page.markdown(outcomes, machine, datetime.datetime.now(datetime.UTC).date()))
        progress.print("Written to docs/benchmarks.md.")
    raise SystemExit(any(isinstance(outcome, Failed) for outcome in outcomes.values()))


def run(
    benchmarks: Mapping[str, Benchmark],
    effort: Effort,
    doing: Callable[[str], None],
    done: Callable[[str], None],
) -> dict[str, Outcome]:
    """Every benchmark's outcome; one that raises is reported and does not stop the others."""
    outcomes: dict[str, Outcome] = {}
    for name, measure in benchmarks.items():

        def say(step: str, name: str = name) -> None:
            doing(f"{name}: {step}")

        say("starting")
        begun = time.monotonic()
        try:
            outcomes[name] = measure(dataclasses.replace(effort, say=say))
            done(f"{name}: measured in {time.monotonic() - begun:.0f} s")
        except Exception as error:  # noqa: BLE001 - the one boundary: whatever a benchmark raises is its outcome
            outcomes[name] = Failed(" ".join(f"{type(error).__name__}: {error}".split()))
            done(f"{name}: failed after {time.monotonic() - begun:.0f} s")
    return outcomes


def arguments() -> argparse.Namespace:
    """What was asked on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and write docs/benchmarks.md.")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="less work and rougher figures; the page is not written")
    return parser.parse_args()


if __name__ == "__main__":
    main()
