"""Orders that a small word joins, each a whole order of its own: `stop at 2.5%, but the target at 5%`.

It is asked when the sentence reads as nothing whole. What stands before and after the joint has to be a plan by itself,
so that nothing which turns one of them round is lost; more joints are tried from left to right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from core.contracts import Action, AddRule, EditPlan, Offer, Operation, SetParameter
from core.contracts.plan import MOST_OPERATIONS
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.wording import say

Meaning = EditPlan | Action | Ask | Refusal
Read = Callable[[str], Meaning]
BREAKS: Final = frozenset({".", ";", "!", "\u2026", "...", "\u2014"})
"""Between sentences: a condition of the next is not of the one before."""
JOINTS: Final = BREAKS | {"and", "e", "but", "mas", "then", "entao", "porem", "plus", "while", "enquanto", ","}
AFTER: Final = frozenset({"and", "e", "but", "mas", "then", "entao", "porem", "so", "also", "tambem", "ai", "depois"})
"""May follow a joint."""
TAILS: Final = frozenset({"instead", "tambem", "too", "also", "ja", "junto"})
NAMED: Final = (
    "PARAMS",
    "RULE",
    "COND",
    "KIND",
    "GROUP",
    "FEATURE",
    "VALUE",
    "rule",
    "remove",
    "disable",
    "zero",
    "not",
)
"""One of these is in every order."""
MOST_JOINTS: Final = 4


def parted(lattice: Lattice, read: Read) -> EditPlan | Ask | None:
    """The plan that the orders are together, a question where one is only an offer; None when they are none."""
    if guards.is_quoting(lattice) or guards.coin(lattice) is not None or guards.is_question(lattice):
        return None
    for end, begin in list(_joints(lattice, 0))[:MOST_JOINTS]:
        found = _together(lattice, (0, end), begin, read, depth=0)
        if found is not None:
            return found
    return None


def _joints(lattice: Lattice, first: int) -> Iterator[tuple[int, int]]:
    """Where a part ends and the next begins; both have something that may be ordered."""
    for place in range(first + 1, lattice.end - 1):
        if lattice.tokens[place].key not in JOINTS or lattice.tokens[place - 1].key in JOINTS:
            continue
        begin = place + 1
        while begin < lattice.end and lattice.tokens[begin].key in AFTER:
            begin += 1
        if _orders(lattice, first, place) and _orders(lattice, begin, lattice.end):
            yield place, begin


def _orders(lattice: Lattice, first: int, last: int) -> bool:
    return last - first > 1 and any(
        end <= last for edges in lattice.edges[first:last] for category in NAMED for _, end in edges.get(category, ())
    )


def _together(lattice: Lattice, left: tuple[int, int], begin: int, read: Read, depth: int) -> EditPlan | Ask | None:
    first = _read(lattice, *left, read)
    if first is None:
        return None
    rest = _read(lattice, begin, lattice.end, read)
    if rest is None and depth == 0:
        for end, after in list(_joints(lattice, begin))[:MOST_JOINTS]:
            rest = _together(lattice, (begin, end), after, read, depth=1)
            if rest is not None:
                break
    return None if rest is None else _joined(first, rest, lattice, lattice.tokens[left[1]].key in BREAKS)


def _read(lattice: Lattice, first: int, last: int, read: Read) -> EditPlan | Ask | None:
    """A part as it is read by itself, when it is an order; a word like `instead` at its end says nothing of its own."""
    while last > first and lattice.tokens[last - 1].key in TAILS:
        last -= 1
    meant = read(lattice.said(first, last).strip(" ,;.!")) if last > first else None
    if isinstance(meant, EditPlan):
        return meant
    offered = isinstance(meant, Ask) and bool(meant.offers) and meant.offers[0].plan is not None
    return meant if isinstance(meant, Ask) and offered and not meant.unused else None


def _joined(first: EditPlan | Ask, rest: EditPlan | Ask, lattice: Lattice, apart: bool) -> EditPlan | Ask | None:
    plans = [_plan_of(each) for each in (first, rest)]
    operations = tuple(operation for plan in plans for operation in plan.operations)
    if len(operations) > MOST_OPERATIONS or not _are_of_different_names(operations):
        return None
    plan = EditPlan(operations)
    rules = not apart and any(isinstance(each, AddRule) for each in operations)  # its condition may be of both
    named = lattice.has("PARAM") or not any(isinstance(operation, SetParameter) for operation in operations)
    if rules and not named:
        return None  # `15 minutes old and at a loss: sell` is one rule
    if isinstance(first, EditPlan) and isinstance(rest, EditPlan) and not rules:
        return plan
    return Ask(say("gist", lattice.language), (Offer(plan=plan),))


def _plan_of(meant: EditPlan | Ask) -> EditPlan:
    if isinstance(meant, EditPlan):
        return meant
    plan = meant.offers[0].plan
    return plan if plan is not None else EditPlan(())


def _are_of_different_names(operations: Sequence[Operation]) -> bool:
    """Whether no two are about the same."""
    names = [getattr(operation, "name", "") or getattr(operation, "old", "") for operation in operations]
    return len(set(names)) == len(names)
