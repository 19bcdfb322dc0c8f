"""`python -m bench.gates.exam`: an exam that others set, the Trap Suite of Monte-Neo, and its part of guardian.md.

The suite's strategies are functions of a whole table of bars, ours are kernels that are shown one event after the
other. `corpus/exam` has what a kernel can say of each, in our words and code: `traps` must be refused, `honest` must be
accepted, and `no_form.txt` names those that nobody could write, with the reason. All of one form: something new is
remembered of a pair, a feature shows it, a rule asks it. So it is not the form that is refused.
"""

from __future__ import annotations

import argparse
import collections
import datetime
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console

from bench.gates.__main__ import PAGE, ROOT, SECONDS, drawn
from bench.gates.corpus import FOLDER
from bench.gates.judging import Judged, judged
from bench.page import machine_line

TRAPS: Final = "exam/traps"
HONEST: Final = "exam/honest"
KINDS: Final = (TRAPS, HONEST)
WANTED: Final = {TRAPS: "rejected", HONEST: "accepted"}
NAMES: Final = {TRAPS: "traps", HONEST: "honest controls"}
MARK: Final = "\n## An exam by others\n"
NEXT: Final = "\n## "
HEAD: Final = """
The [Trap Suite](https://github.com/NeoZorK/Monte-Neo/blob/main/docs/guides/trap-suite.md) of Monte-Neo, in its
edition of 50 strategies that lie about the past and 18 honest controls (it has grown since). It is written for
functions of a whole table of bars. A kernel is shown one event after the other, so what comes later is not there to
be read: of the 50, as they are written, only the one without any future in it is left, honest code that cannot pay
its fees.

A future comes into a kernel when somebody who knows it writes it down as numbers: the next closes in a table, found
by the number of the bar, by its date, or by the moves that led there; the mean, the highest, the ranks of all prices
as constants. In that form the others are asked here, about the very history that the judge tries them on
(`bench/gates/corpus/exam`). Words and code are our own, so this is our reading of the suite and not the suite. Days
of hours stand for its hours of minutes. What ranks or sorts all that was ever seen does it in bins or step by step,
because memory has an end; and windows are short, because a long walk at each bar is refused as slow (two controls
were, as first written).

Made by `python -m bench.gates.exam`, on {machine}, on {day}: {expressible} of {traps} traps expressible, {caught} of
{judged} judged were refused; false alarms: {alarms} in {controls} controls.

What may get through is a number without a unit that was fitted to the whole history: it looks like any number that an
owner tunes, and only bars that came later can tell.

| | in the suite | expressible | judged | refused | accepted | not held |
|---|--:|--:|--:|--:|--:|--:|
"""


def without_form() -> dict[str, str]:
    """The traps that no kernel can express, and why."""
    lines = (FOLDER / "exam" / "no_form.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)


def markdown(ends: Sequence[Judged], all_of: Mapping[str, int], machine: str, day: datetime.date) -> str:
    """The section; `all_of` each kind so many are expressible."""
    lost = without_form()
    by = {kind: collections.Counter(end.outcome for end in ends if end.kind == kind) for kind in KINDS}
    in_suite = {TRAPS: all_of[TRAPS] + len(lost), HONEST: all_of[HONEST]}
    text = HEAD.format(
        machine=machine,
        day=day,
        expressible=all_of[TRAPS],
        traps=in_suite[TRAPS],
        caught=by[TRAPS]["rejected"],
        judged=by[TRAPS].total(),
        alarms=by[HONEST]["rejected"],
        controls=by[HONEST].total(),
    )
    for kind in KINDS:
        counts = by[kind]
        ends_of = (counts["rejected"], counts["accepted"], counts["not judged"])
        row = (in_suite[kind], all_of[kind], counts.total(), *ends_of)
        text += f"| {NAMES[kind]} | {' | '.join(map(str, row))} |\n"
    gates = collections.Counter(end.gate for end in ends if end.kind == TRAPS and end.outcome == "rejected")
    text += "\nTraps were refused by " + ", ".join(f"{gate} ({count})" for gate, count in gates.most_common()) + ".\n"
    for kind, head in ((TRAPS, "Traps that were accepted"), (HONEST, "Honest controls that were refused")):
        missed = [end for end in ends if end.kind == kind and end.outcome != WANTED[kind]]
        text += f"\n### {head}\n\n" + ("".join(map(_line, missed)) or "None.\n")
    text += "\n### Traps that no kernel can express\n\n"
    return text + "".join(f"- {name}: {why}\n" for name, why in sorted(lost.items()))


def _line(end: Judged) -> str:
    why = f" ({end.gate or end.outcome}: {end.findings[0]})" if end.findings else ""
    return f"- {end.name}: {end.what}{why}\n"


def placed(page: str, section: str) -> str:
    """The page with the section in its place: where it was, else at the end of what is written by hand."""
    before, found, behind = page.partition(MARK)
    if not found:
        before, figures, after = page.partition("\n## Figures\n")
        return before + MARK + section + figures + after
    _, following, rest = behind.partition(NEXT)
    return before + MARK + section + following + rest


def main() -> None:
    """Exit code 0 when all could be judged, whatever came out."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("-long", action="store_true", help="every program and not as many as there is time for")
    asked.add_argument("--dry", action="store_true", help="leave the page as it is")
    given = asked.parse_args()
    progress = Console(stderr=True)
    wanted = drawn(KINDS)
    found = judged(wanted, ROOT / ".bench" / "gates", progress.print, None if given.long else SECONDS)
    ends = sorted(found, key=lambda end: (KINDS.index(end.kind), end.name))
    counts = collections.Counter(program.kind for program in wanted)
    section = markdown(ends, counts, machine_line(), datetime.datetime.now(datetime.UTC).date())
    Console().print(section, markup=False)
    if not given.dry:
        PAGE.write_text(placed(PAGE.read_text(encoding="utf-8"), section), encoding="utf-8")


if __name__ == "__main__":
    main()
