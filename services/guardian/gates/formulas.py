"""formulas: every number that is known is what it is known to be.

What the shipped strategy remembers, sees, believes and does is worked out once more by the judge's own plain formulas
(`services.guardian.known`): the memory after each of some hundred events made by chance, each feature from that memory,
each signal from these, the score from the signals, the action from the score and the rules, stop and target from the
rules; and each function by itself at its bounds and a hair on both sides. At the values of the tree, and at others.

Of a change by hand a difference is refused unless the parent differs in the same function, or the function reads a
parameter or a feature that is none of the shipped ones: whoever brings one means more by it. What a plan says that it
changes is the plan's. What is not refused is told, with the example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Final

from core.contracts import DisableRule, EditPlan, RemoveRule, ReplaceFunction
from core.symbols import Symbols
from services.guardian.answers import Prepared
from services.guardian.case import Case, trial_of
from services.guardian.gates.bounds import parsed
from services.guardian.grade import Grade
from services.guardian.known.difference import PLACES, Difference
from services.guardian.known.functions import reads_more, rules_here
from services.guardian.known.holding import STOP, differences
from services.guardian.known.reading import strangers
from services.guardian.side import Side

MOVES: Final = ("update", "update_bar", "update_book", "update_flow", "features", "features_at", "decide")
"""Functions whose known numbers stay what they are, whatever else they work out."""
NEVER_MORE: Final = (*MOVES, STOP)
"""And the rule that bounds a loss: nothing that is new may keep it from it."""


def gate(case: Case) -> Grade:
    """In plain Python, which the next gate holds against the compiled bits."""
    unknown = list(looking(case)) if case.plan is None else []
    if unknown:
        return Grade(tuple(one.sentence for one in unknown), figures={"functions": len(PLACES), "differ": len(unknown)})
    trial = trial_of(case)
    seed = case.candidate.tree_hash
    found = list(differences(trial.wait_for(trial.plain), case.candidate, case.parent, seed))
    found = list({one.function: one for one in reversed(found)}.values())[::-1]
    figures = {"functions": len(PLACES), "differ": len(found)}
    if not found:
        return Grade(figures=figures)
    before = {one.function for one in of_parent(case, seed)}
    refused = [one for one in found if one.function not in before and not is_meant(case, one)]
    told = [one for one in found if one not in refused]
    return Grade(
        tuple(one.sentence for one in refused),
        tuple(f"Not as it is known, and not refused: {one.sentence}" for one in told),
        figures,
    )


def looking(case: Case) -> Iterator[Difference]:
    """What looks where it has nothing to look for; code that cannot be read is for other gates to refuse."""
    candidate, parent = parsed(case.candidate.files), parsed(case.parent.files)
    if candidate is not None and parent is not None:
        yield from strangers(candidate, parent, Symbols.of(case.candidate.files), Symbols.of(case.parent.files))


def is_meant(case: Case, difference: Difference) -> bool:
    """Whether the change says that it changes this."""
    if case.plan is not None and names_it(case.plan, rules_here(Symbols.of(case.parent.files)), difference.function):
        return True
    return difference.function not in NEVER_MORE and reads_more(case.candidate, difference.function)


def names_it(plan: EditPlan, rules: Mapping[str, str], function: str) -> bool:
    """Whether a plan writes this function anew, or takes the rule out; `rules` are the parent's by known name."""
    name = rules.get(function, function)
    return any(
        isinstance(one, ReplaceFunction | DisableRule | RemoveRule) and one.name == name for one in plan.operations
    )


def of_parent(case: Case, seed: str) -> list[Difference]:
    """What the parent does not have as it is known."""
    with closing(case.open_box(case.parent, jit=False)) as box:
        side = Side("parent in plain Python", case.parent.tree_hash, box, case.gate_seconds, blamed=False)
        prepared: Prepared = side.prepare()
        if prepared.fault:
            side.refuse(prepared.fault)
        side.ready.set_result(prepared)
        return list(differences(side, case.parent, case.parent, seed))
