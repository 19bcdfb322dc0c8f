"""`python -m bench.gates.working`: is work counted the same each time, and is a slow-down of a twentieth found?

A/A counts the shipped strategy again and again. Each slow-down adds arithmetic, roots or divisions to one function of
the strategy, as many as make a mean event of the workload work so much more. All of it in plain Python, without a box.
"""

from __future__ import annotations

import os

os.environ["NUMBA_DISABLE_JIT"] = "1"


import argparse
import random
import re
import time
from collections.abc import Iterator
from typing import Final

import numpy as np

from core.strategy import Source
from sandbox.tasks import working
from sandbox.tasks.trading import Bench
from services.guardian.work.counting import Answer, Work, worked
from services.guardian.work.grading import grade
from services.guardian.work.margins import Margins
from services.guardian.work.workload import PAIRS, table_of, workload

ROUNDS: Final = 1
"""Of the bars before: a compiled strategy has two hundred, and works the same after them."""
PLACES: Final = (
    *(("decide.py", name) for name in ("decide", "ensemble", "choose")),
    *(("indicators.py", name) for name in ("update", "update_bar", "update_book", "update_flow", "features_at")),
    *(("signals.py", name) for name in ("technical", "orderbook", "flow", "qlearning", "chart_cell")),
    *(("levels.py", name) for name in ("levels", "closes", "turns", "world")),
    ("rules.py", "verdicts"),
)
FORMS: Final = {"waste + 1.0": 1, "waste * 1.5 - 0.5": 2, "waste / 1.5": 4, "math.sqrt(waste)": 6}
"""What is done, and what it costs."""
TURN: Final = 2
FUTURE: Final = "from __future__ import annotations\n"


def work_of(source: Source) -> Work:
    """What a strategy works, some days old."""
    bench, events = Bench(source), workload().events
    bench.strategy, _ = working.counting(source)
    bench.begin(PAIRS)
    for ageing in workload().before:
        bench.age(**ageing._replace(rounds=ROUNDS)._asdict())
    told = working.count(events.tobytes(), PAIRS, bench.memory()["states"], table_of(144, 3), source)
    if told["fault"]:
        raise ValueError(told["fault"])
    return worked(source, Answer(**told), len(events))


def slowed(source: Source, file: str, function: str, form: str, turns: int) -> Source:
    """The strategy with a loop at the beginning of that function."""
    text = source.files[file].decode()
    head = re.search(rf'^def {function}\(.*?\) -> .*?:\n    """.*?"""\n', text, re.MULTILINE | re.DOTALL)
    if head is None:
        raise ValueError(f"no function {function} in {file}")
    lines = f"    waste = 2.0\n    for _ in range({turns}):\n        waste = {form}\n"
    text = text[: head.end()] + lines + text[head.end() :]
    if "math." in form and "import math" not in text:
        text = text.replace(
            "from __future__ import annotations\n", "from __future__ import annotations\n\nimport math\n"
        )
    return Source.of({**source.files, file: text.encode()})


def slow_downs(source: Source, before: Work, part: float, count: int) -> Iterator[tuple[str, float, Work]]:
    """What was added where, by how much a mean event works more, and the work. As near above `part` as turns allow."""
    chance = random.Random("slow 1")  # noqa: S311 - no secret
    mean = before.column("operations").mean()
    for _ in range(count):
        file, function = chance.choice(PLACES)
        form = chance.choice(tuple(FORMS))
        one = work_of(slowed(source, file, function, form, 1))
        each = (one.column("operations").mean() - mean) / (TURN + FORMS[form])
        turns = max(int(np.ceil(part * mean / (each * (TURN + FORMS[form])))), 1)
        work, more = one, 0.0
        while more < part:
            work = work_of(slowed(source, file, function, form, turns))
            more, turns = work.column("operations").mean() / mean - 1.0, turns + 1
        yield f"{turns - 1} x {form} in {function}", more, work


def main() -> None:
    """Print both figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=200)
    asked.add_argument("--part", type=float, default=0.05)
    given = asked.parse_args()
    shipped, events, begun = Source.shipped(), workload().events, time.process_time()
    before = work_of(shipped)
    same = sum(bool(grade(work_of(shipped), before, events, Margins()).refusals) for _ in range(given.count))
    print(f"A/A: {same} of {given.count} refused")
    missed, least = [], 1.0
    for what, more, work in slow_downs(shipped, before, given.part, given.count):
        least = min(least, more)
        if not grade(work, before, events, Margins()).refusals:
            missed.append(f"{what}: {more:.1%}")
    found = given.count - len(missed)
    print(f"+{given.part:.0%}: {found} of {given.count} refused, the least of them {least:.1%} more")
    print("\n".join(missed))
    print(f"{time.process_time() - begun:.0f} s of processor time")


if __name__ == "__main__":
    main()
