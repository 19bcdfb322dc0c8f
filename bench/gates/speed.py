"""`python -m bench.gates.speed [-long]`: how long a verdict takes, and whether it is the same each time.

Changes go the road of a trader that runs, as `bench.road` has it: several kinds of plan, each with another number every
time, because what was judged before is not judged again. The same tree is then judged again and again in this process,
on an idle machine and beside programs that want every core many times. What was measured under that load is written
down line by line: a run that is cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.figure import median_ratio
from bench.gates import written
from bench.road import EVENTS_PER_SECOND, Place, trading
from core.contracts import Verdict
from core.contracts.asking import Question
from core.contracts.told import encode_line
from core.settings import GuardianSettings, Settings
from core.strategy import Source
from services.commander.line.client import ask_over
from services.commander.line.local_socket import connect
from services.guardian.boxes import open_boxes
from services.guardian.boxes.warm import WarmBoxes
from services.guardian.evidence import gather
from services.guardian.judge import boxes_of, judge
from services.guardian.parents import Parents
from services.guardian.tools import versions

ROOT: Final = Path(__file__).parents[2]
KINDS: Final = {
    "a parameter": "set the oversold level to {}",
    "a stop": "stop em {}%",
    "a rule": "don't buy when rsi is above {}",
    "a rule on volume": "só compre se o volume estiver acima de {} vezes a média",
}
NUMBERS: Final = ((31, 3, 70, 2), (32, 4, 71, 3), (33, 5, 72, 4), (34, 6, 73, 5), (35, 7, 74, 6))
READING_SECONDS: Final = 6.0
"""An owner looks at the diff for as long before he says yes."""
QUIET_SECONDS: Final = 4.0
REFUSED: Final = b"\nimport os\n"
REFUSALS: Final = 20
TIMES: Final = 20
UNDER_LOAD: Final = 3
"""Of these, when there is no time for all of them."""
LOAD: Final = 12
"""Programs that want a core all the time."""
WIDENED: Final = (rb"rsi_oversold(: Annotated\[.*\]) = 30", rb"rsi_oversold\1 = 35")


class Steady(msgspec.Struct, frozen=True):
    """One judgement of the same tree."""

    load: int
    outcome: str
    found: str  # a hash over every gate's outcome and findings
    seconds: float


def of_changes(rounds: int) -> Iterator[tuple[str, str]]:
    """What a change costs on the road: rows of a table."""
    idle: list[float] = []
    judging: list[float] = []
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    read: list[float] = []
    with trading(EVENTS_PER_SECOND) as place:
        for numbers in NUMBERS[:rounds]:
            for (kind, sentence), number in zip(KINDS.items(), numbers, strict=True):
                time.sleep(QUIET_SECONDS)  # boxes for the next judgement are opened
                place.p99_us()
                time.sleep(QUIET_SECONDS)  # what is measured: a while of nothing but trading
                idle.append(place.p99_us())
                done = place.changed(sentence.format(number), {"commit": place.p99_us})
                judging.append(place.last_p99_us)
                taken[kind].append(done["seconds"]["judge"])
                place.rolled_back(Question(do="rollback"))
            read.append(after_reading(place, KINDS["a parameter"].format(numbers[0] + 5)))
            place.rolled_back(Question(do="rollback"))
    every = [seconds for each in taken.values() for seconds in each]
    yield "whole verdict, p50", f"{statistics.median(every):.1f} s"
    yield "whole verdict, p95", f"{p95(every):.1f} s"
    for kind, each in taken.items():
        yield f"... of {kind}", ", ".join(f"{seconds:.1f}" for seconds in each) + " s"
    yield f"... of a parameter whose owner reads for {READING_SECONDS:.0f} s", f"{statistics.median(read):.1f} s"
    yield (
        "p99 of the trader's loop while judging, to idle",
        f"{median_ratio(judging, idle):.2f} ({statistics.median(judging):.0f} us, {statistics.median(idle):.0f} us)",
    )


def after_reading(place: Place, sentence: str) -> float:
    """Seconds of the judgement of a change whose owner has read its diff for a while."""
    connection = connect(place.data)
    if connection is None:
        raise RuntimeError("nobody listens")

    def reads(_asked: str) -> bool:
        time.sleep(READING_SECONDS)
        return True

    with connection:
        question = Question(do="change", text=sentence)
        final = msgspec.json.decode(encode_line(ask_over(connection, question, lambda _step: None, reads)))
    if final["state"] != "live":
        raise RuntimeError(f"a change ended {final['state']}: {final['reason']}")
    seconds: float = final["seconds"]["judge"]
    return seconds


def p95(values: Sequence[float]) -> float:
    """The least that 95 of a hundred do not exceed."""
    return sorted(values)[max(-(-len(values) * 95 // 100) - 1, 0)]


@contextmanager
def judging() -> Iterator[Callable[[Source], Verdict]]:
    """As an agent judges that runs: the parent's box is compiled, others wait; nothing is remembered of a verdict."""
    settings, parent = Settings(guardian=GuardianSettings(sandbox="bubblewrap")), Source.shipped()
    parents, warm = Parents(), WarmBoxes()
    how: dict[str, Any] = {"plan": None, "evidence": gather(settings), "settings": settings}

    def judged(source: Source) -> Verdict:
        with open_boxes(settings.guardian) as boxes:
            warm.fill(boxes, boxes_of(boxes, settings))
        return judge(None, source, parent, parents=parents, warm=warm, **how)

    try:
        with open_boxes(settings.guardian) as boxes:
            parents.make_ready(parent, boxes.open, settings.guardian.gate_seconds)
        yield judged
    finally:
        parents.close()
        warm.close()


def of_refusals(judged: Callable[[Source], Verdict]) -> Iterator[tuple[str, str]]:
    """What the policy refuses."""
    shipped = Source.shipped()
    taken = []
    for number in range(REFUSALS):
        text = shipped.files["rules.py"] + REFUSED * (number + 1)
        source = Source.of({**shipped.files, "rules.py": text})
        begun = time.perf_counter()
        verdict = judged(source)
        taken.append((time.perf_counter() - begun) * 1000)
        if verdict.refused_by is None or verdict.refused_by.name != "policy":
            raise RuntimeError("the policy did not refuse it")
    yield "refusal by the policy, p50", f"{statistics.median(taken):.0f} ms"
    yield "refusal by the policy, p95", f"{p95(taken):.0f} ms"


def steadily(judged: Callable[[Source], Verdict], folder: Path, load: int, times: int) -> list[Steady]:
    """The same tree so many times, beside so many programs that want a core; what is written down is not judged."""
    shipped = Source.shipped()
    source = Source.of({**shipped.files, "parameters.py": re.sub(*WIDENED, shipped.files["parameters.py"])})
    about = repr((sorted(versions().items()), source.tree_hash, load))
    file = folder / f"steady-{hashlib.sha256(about.encode()).hexdigest()[:16]}.jsonl"
    found = list(written.read(file, Steady))[:times]
    with loaded(load):
        while len(found) < times:
            begun = time.perf_counter()
            verdict = judged(source)
            told = repr([(gate.name, gate.outcome, gate.findings) for gate in verdict.gates])
            seconds = round(time.perf_counter() - begun, 2)
            found.append(Steady(load, verdict.outcome, hashlib.sha256(told.encode()).hexdigest()[:16], seconds))
            written.add(file, found[-1])
    return found


@contextmanager
def loaded(programs: int) -> Iterator[None]:
    """While it lasts, so many programs want a core."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


def of_steadiness(judged: Callable[[Source], Verdict], folder: Path, *, every: bool) -> Iterator[tuple[str, str]]:
    """Whether one tree has one verdict."""
    idle = steadily(judged, folder, 0, TIMES)
    busy = steadily(judged, folder, LOAD, TIMES if every else UNDER_LOAD)
    for name, runs in (("idle", idle), (f"beside {LOAD} programs", busy)):
        ends = {run.outcome for run in runs}
        seconds = [run.seconds for run in runs]
        value = f"{len({run.found for run in runs})} ({', '.join(sorted(ends))}), {statistics.median(seconds):.1f} s"
        yield f"verdicts that differ of the same tree, {len(runs)} times, {name}", value
    yield "... of both together", f"{len({run.found for run in (*idle, *busy)})}"


def table(*, every: bool) -> str:
    """The figures as a part of a page."""
    rows = list(of_changes(len(NUMBERS) if every else 2))
    with judging() as judged:
        rows += of_refusals(judged)
        rows += of_steadiness(judged, ROOT / ".bench" / "gates", every=every)
    text = "\n### How long a verdict takes\n\n| | |\n|---|---|\n"
    return text + "".join(f"| {what} | {value} |\n" for what, value in rows)


def main() -> None:
    """Print them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("-long", action="store_true", help="more changes, and as many verdicts under load as idle")
    sys.stdout.write(table(every=asked.parse_args().long))


if __name__ == "__main__":
    main()
