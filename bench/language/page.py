"""docs/language.md, which is written by nobody else: figures beside those of before, tables, and every failure."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from bench.figure import Figure
from bench.language import editing, with_code, with_model
from bench.language.counting import table
from bench.language.held_out import Which
from bench.language.judging import Judged
from bench.language.measuring import Told
from bench.language.talking import Ended
from bench.page import amount, escaped, goal, verdict

BEFORE: Final = Path(__file__).parent / "before.json"
"""The figures of the commit from which the conversation was begun."""

HOW: Final = """\
Written by `make bench-language`; not by hand. What the interpreter makes of sentences, perturbations and dialogues that
were written before the rules which they measure, and are frozen (`tests/interpreter/held_out/`). The first set and the
second set are development data by now: both have been looked at, and rules were made for what they say. The third was
written by someone who knew none of the rules. When it had been measured once (exact 67.8 % in Portuguese and 61.9 % in
English, exact or right first offer 76.9 and 74.5 %, six wrong plans, two edits offered in traps, dialogues 93.3 % with
one wrong edit), half of it, chosen by the hash of each line, was opened to who works on the rules, and so were the six
plans, two offers and one edit; the other half is the unseen one but for these: what it gets wrong is counted here and
not listed. No model takes part.
`before` is the commit from which the conversation was begun, measured in the same way. A goal that was not reached says
**missed**.

- *exact*: the plan or action that the owner means, all of it but the name that is made up for a new rule; or a question
  where he says too little, with the first offer that he most likely means; or no edit where none is meant.
- *offered*: a question where a plan was possible, and its first offer is that plan.
- *asked*: a question, or a refusal, that changes nothing and offers nothing.
- *wrong plan*: an edit or a deed that he does not mean. *Wrong first offer*: the same, waiting for a yes.
- A trap is a sentence that is negated, hypothetical, reported, quoted, for later, for one pair only, or no command."""

EDITED: Final = """\
Files of the installed packages stand in for a file of the strategy, chosen by the hash of their names: the first that
have a function whose name stands for nothing else, one that a plan may rewrite, and a number. Each operation is made by
the editor as for an owner; `inverse` gives a plan only when that brings back every byte of every file."""

SENTENCE_ENDS: Final = (*Judged,)
PERTURBATION_ENDS: Final = ("same", Judged.ASKED, Judged.WRONG_OFFER, Judged.WRONG_PLAN)
DIALOGUE_ENDS: Final = (*Ended,)
SECOND: Final = "Second set, "
OPENED: Final = "Third set, opened half, "
THIRD: Final = "Third set, unseen half, "
SETS: Final[dict[Which, str]] = {"first": "", "second": SECOND, "opened": OPENED, "third": THIRD}
"""Before the name of every figure and table of a set."""
PARTS: Final = {
    "Sentences": SENTENCE_ENDS,
    "Perturbations": PERTURBATION_ENDS,
    "Dialogues": DIALOGUE_ENDS,
    f"{SECOND}Sentences": SENTENCE_ENDS,
    f"{SECOND}Dialogues": DIALOGUE_ENDS,
    f"{OPENED}Sentences": SENTENCE_ENDS,
    f"{OPENED}Dialogues": DIALOGUE_ENDS,
    f"{THIRD}Sentences": SENTENCE_ENDS,
    f"{THIRD}Dialogues": DIALOGUE_ENDS,
}
"""The parts of the page, and in how many ways a case of each can come out."""
UNSEEN: Final = THIRD
"""Before the name of every part whose failures are counted and not shown: who works on the rules reads this page."""
GOOD: Final = frozenset({Judged.RIGHT, "same", Ended.RIGHT})
MOST_FAILURES: Final = 400
"""Of one list; above it the page says how many more there are."""


def figure_rows(figures: Iterable[Figure], before: Mapping[str, float]) -> list[tuple[str, str, str, str, str, str]]:
    """Figure, value, before, goal, verdict, how."""
    return [
        (f.name, amount(f.value, f.unit), known(f, before), goal(f.goal), verdict(f), escaped(f.note)) for f in figures
    ]


def known(figure: Figure, before: Mapping[str, float]) -> str:
    """The same figure before."""
    return amount(before[figure.name], figure.unit) if figure.name in before else ""


def read_before() -> dict[str, float]:
    """Empty when nobody measured it."""
    found: dict[str, float] = json.loads(BEFORE.read_text(encoding="utf-8")) if BEFORE.exists() else {}
    return found


def markdown(
    figures: list[Figure],
    told: Mapping[str, list[Told]],
    before: Mapping[str, float],
    machine: str,
    day: datetime.date,
    edited: Iterable[tuple[str, ...]] = (),
) -> str:
    """The whole page."""
    lines = ["# Language", "", HOW, "", f"- {day.isoformat()}, {machine}", ""]
    lines += grid(("figure", "value", "before", "goal", "", "how"), figure_rows(figures, before), "lrrrll")
    for title, ends in PARTS.items():
        head = ("language", "family", "all", *("exact" if end == Judged.RIGHT else end for end in ends))
        lines += ["", f"## {title}", "", *grid(head, table(told[title], ends), "ll" + "r" * (len(head) - 2))]
        lines += failures(title, told[title])
    lines += with_model.told()
    lines += with_code.told()
    if operations := list(edited):
        lines += ["", "## The editor on real files", "", EDITED, "", *grid(editing.HEAD, operations, "lrrrrl")]
    return "\n".join(lines) + "\n"


def failures(title: str, told: list[Told]) -> list[str]:
    """Every case that did not come out as it should, the worst first."""
    failed = [each for each in told if each.judged not in GOOD]
    if title.startswith(UNSEEN):
        return ["", f"{len(failed)} did not come out right. None of them is listed, so that this set stays unseen."]
    worst = [*reversed([*Judged]), *Ended]
    failed.sort(key=lambda each: worst.index(each.judged))
    if not failed:
        return ["", "None failed."]
    rows = [(each.judged, code(each.said), escaped(each.got), escaped(each.expected)) for each in failed]
    more = len(rows) - MOST_FAILURES
    lines = ["", f"### {title} that did not come out right: {len(rows)}", ""]
    lines += grid(("what", "said", "got", "expected"), rows[:MOST_FAILURES], "llll")
    return [*lines, "", f"And {more} more."] if more > 0 else lines


def code(text: str) -> str:
    """A sentence within a cell, as it was typed but for its line ends."""
    return f"`{escaped(text.replace('`', ' '))}`"


def grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], sides: str) -> list[str]:
    """A table of Markdown; `sides` says l or r for each column."""
    bars = "|".join("---" if side == "l" else "--:" for side in sides)
    body = [f"| {' | '.join(bold(cell) for cell in row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{bars}|", *body]


def bold(cell: str) -> str:
    """A miss is easily overlooked."""
    return f"**{cell}**" if cell == "missed" else cell
