"""`python -m bench.gates [hostile|wrong|good ...]`: judge programs, score mutants, time verdicts, write guardian.md."""

from __future__ import annotations

import argparse
import collections
import datetime
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.gates import controls, scoring, speed
from bench.gates.corpus import KINDS, Program, programs
from bench.gates.judging import Judged, judged
from bench.page import machine_line

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "guardian.md"
MARK: Final = "\n## Figures\n"
HEAD: Final = """
Made by `make bench-gates`, on {machine}, on {day}. Programs are in `bench/gates/corpus`: patches of the strategy
which ships, each judged with every gate against it. Hostile ones must be refused, wrong ones should be, good ones must
be accepted; which were not is listed below. Which are judged first is drawn by lot, so a run whose time ended is a
sample; another run goes on, and `python -m bench.gates -long` ends with the last.

| kind | programs | judged | accepted | refused | not held |
|---|--:|--:|--:|--:|--:|
"""
SECONDS: Final = 420.0
"""After that many no program is begun any more, but with -long."""
SEED: Final = "sorte programs 1"
WORDS: Final = {
    "hostile": "Hostile programs that were accepted",
    "wrong": "Wrong edits that were accepted",
    "good": "Good edits that were refused",
}


def drawn(kinds: Sequence[str]) -> list[Program]:
    """All programs of these kinds, in an order by lot; of each kind as many near the beginning as near the end."""
    rows = [list(programs(kind)) for kind in kinds]
    for row in rows:
        random.Random(SEED).shuffle(row)  # noqa: S311 - a sample, not a secret
    places = sorted((place / len(row), kind) for kind, row in enumerate(rows) for place in range(len(row)))
    return [rows[kind].pop() for _, kind in places]


def markdown(ends: Sequence[Judged], all_of: Mapping[str, int], machine: str, day: datetime.date) -> str:
    """Their part of the page; `all_of` each kind there are so many."""
    text = HEAD.format(machine=machine, day=day)
    for kind in KINDS:
        counts = collections.Counter(end.outcome for end in ends if end.kind == kind)
        row = (all_of[kind], counts.total(), counts["accepted"], counts["rejected"], counts["not judged"])
        text += f"| {kind} | {' | '.join(map(str, row))} |\n"
    for kind in KINDS:
        wanted = "accepted" if kind == "good" else "rejected"
        missed = [end for end in ends if end.kind == kind and end.outcome != wanted]
        text += f"\n### {WORDS[kind]}\n\n" + ("".join(map(_line, missed)) or "None.\n")
    return text


def _line(end: Judged) -> str:
    why = f" ({end.gate}: {end.findings[0]})" if end.findings else ""
    return f"- {end.name}, {end.group}: {end.what}{why}\n"


def main() -> None:
    """Exit code 0 when all could be judged, whatever came out."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("kinds", nargs="*", default=[], metavar="|".join(KINDS))
    asked.add_argument(
        "-long",
        action="store_true",
        help="every program and mutant and not a sample; more changes, and more verdicts under load",
    )
    given = asked.parse_args()
    kinds = given.kinds
    progress = Console(stderr=True)
    wanted = drawn(kinds or KINDS)
    found = judged(wanted, ROOT / ".bench" / "gates", progress.print, None if given.long else SECONDS)
    ends = sorted(found, key=lambda end: (KINDS.index(end.kind), end.name))
    counts = collections.Counter(program.kind for program in wanted)
    text = markdown(ends, counts, machine_line(), datetime.datetime.now(datetime.UTC).date())
    if not kinds:
        text += controls.table() + scoring.table(every=given.long) + speed.table(every=given.long)
    Console().print(text, markup=False)
    if not kinds:
        before = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(before + MARK + text, encoding="utf-8")


if __name__ == "__main__":
    main()
