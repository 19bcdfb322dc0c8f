"""branches: no code by hand or by a model that nobody saw at work.

Events are made of the numbers that the candidate's own code compares with, and the candidate, as plain Python that
counts, answers them. A question that the parent does not ask and that was answered one way only is refused, with its
line: what it does the other way, no gate has seen. What the events make it raise is refused too, and an answer that its
own signals, numbers and rules do not allow.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.contracts import AddFunction, EditPlan, ReplaceFunction
from core.kernel import EVENT
from services.guardian.allowed import Allowed
from services.guardian.answers import Covered, decisions_of, in_one_line
from services.guardian.bounds.package import Package
from services.guardian.branches.asking import counters, guards_of, names_written, new_sites, unanswered
from services.guardian.branches.events import Made, made_for
from services.guardian.branches.literals import new_numbers, numbers
from services.guardian.case import Case, trial_of
from services.guardian.fuzz import fuzzed_tables
from services.guardian.gates.bounds import parsed
from services.guardian.gates.upgrading import upgrade_of
from services.guardian.grade import Grade
from services.guardian.relations import claims
from services.guardian.side import Side

EVENTS: Final = 4_000
MOST_SHOWN: Final = 5


def gate(case: Case) -> Grade:
    """Nothing is asked where nothing new asks a question, or where the owner's own plan says all that is new."""
    candidate, parent = parsed(case.candidate.files), parsed(case.parent.files)
    if candidate is None or parent is None:
        return Grade.not_held("the code cannot be read")
    sites = new_sites(candidate, parent) if is_written(case.plan) else {}
    if not sites:
        return Grade(figures={"questions": 0})
    trial = trial_of(case)
    own = new_numbers(candidate, parent, [node for _, node in sites.values()])
    made = made_for(case.candidate.tree_hash, own or numbers(candidate)[:20], EVENTS)
    made = made._replace(tape=trial.dressed(made.tape))
    told = cover(trial.wait_for(trial.plain), made, sorted(sites), settable(candidate))
    refusals = list(wrong(case, made, told))
    if not told.fault:
        if len(told.seen) != len(sites):
            return Grade.not_held("the box counted other questions than it was asked about")
        seen = dict(zip(sorted(sites), told.seen, strict=True))
        known = {*(EVENT.names or ()), *Package(parent).state}
        told_of = unanswered(sites, seen, EVENTS, names_written(candidate), known, guards_of(candidate))
        refusals += list(told_of)[:MOST_SHOWN]
    return Grade(tuple(refusals), figures={"questions": len(sites), "events": EVENTS, "numbers": len(own)})


def settable(trees: Mapping[str, ast.Module]) -> list[str]:
    """What is counted up and may be set to any number: not a place in a ring, which turns over at its end."""
    places, counts = claims.indexes(trees), claims.counts_of(trees)
    return [name for name in counters(trees) if name in counts or name not in places]


def cover(side: Side, made: Made, wanted: Sequence[int], counts: Sequence[str]) -> Covered:
    """What a box of plain Python tells of the questions."""
    prepared, tape = side.ready.result(), made.tape
    return side.ask(
        "covering.cover",
        Covered,
        events=tape.data,
        pairs=len(tape.grids),
        wanted=list(wanted),
        symbols=list(tape.worn),
        counters=list(counts),
        settings=[list(setting) for setting in made.settings],
        forgiving=made.sound,
        tables=fuzzed_tables(side.tree, len(tape.grids), (prepared.rows, prepared.columns)),
    )


def wrong(case: Case, made: Made, told: Covered) -> Iterator[str]:
    """What it raised, and the first answer that may not be."""
    if told.fault:
        yield f"It raised at event {told.at + 1:,} of the {made.tape.name}: {in_one_line(told.fault)}"
    decisions = decisions_of(told.decisions, told.at if told.fault else made.sound)
    yield from Allowed(case.candidate).find_wrong(made.tape, made.tape.events[: len(decisions)], decisions)


def is_written(plan: EditPlan | None) -> bool:
    """Whether there may be code by hand or by a model in it."""
    if upgrade_of(plan) is not None:
        return False
    return plan is None or any(isinstance(each, AddFunction | ReplaceFunction) for each in plan.operations)
