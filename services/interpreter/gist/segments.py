"""Several sentences in one message: each an order of its own, or remarks and then the order.

Orders are one plan. A remark is left out, and named; it may not deny, suppose, report or put off anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from core.contracts import Action, EditPlan, Offer, Operation
from core.contracts.plan import MOST_OPERATIONS
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import Kind
from services.interpreter.grammar.normalise import read as read_text
from services.interpreter.grammar.outcome import Ask, Refusal

Read = Callable[[str], EditPlan | Action | Ask | Refusal]
BREAKS: Final = frozenset({".", ";", "!", "\u2026", "...", "\u2014"})
MOST_SEGMENTS: Final = 4
MOST_REMARKED: Final = 14
"""Words of a remark; who says more tells something."""
TURNING: Final = ("not", "if", "only_if", "unless", "provided", "none_of", "stay_out")
TELLING: Final = frozenset(
    [
        *("posted", "post", "tweet", "tweeted", "group", "channel", "video", "site", "forum", "telegram", "discord"),
        *("postou", "postaram", "grupo", "canal", "fulano", "comentou", "comentaram", "mandaram", "li", "vi", "ouvi"),
        *("example", "exemplo", "joke", "brincadeira", "kidding", "zoeira", "quote", "frase", "titulo", "title"),
        *("his", "her", "their", "dele", "dela", "deles", "colega", "friend", "amigo", "vizinho", "neighbour"),
    ]
)
"""Somebody else's words may follow these."""


def together(lattice: Lattice, read: Read) -> tuple[EditPlan | None, list[Offer], tuple[str, ...]]:
    """The plan that all segments are; or the offers of the last ones, and the remarks before them."""
    segments = _segments(lattice)
    if not 2 <= len(segments) <= MOST_SEGMENTS or guards.is_quoting(lattice) or guards.coin(lattice) is not None:
        return None, [], ()
    meant = [read(segment) for segment in segments]
    orders = [each for each in meant if isinstance(each, EditPlan)]
    first = next((place for place, each in enumerate(meant) if isinstance(each, EditPlan)), len(meant))
    operations = tuple(operation for order in orders for operation in order.operations)
    if not orders or len(orders) < len(meant) - first or not are_of_different_names(operations):
        return None, [], ()
    if first == 0:
        return EditPlan(operations), [], ()
    remarks = tuple(segments[:first])
    if not all(_is_remark(remark, lattice) for remark in remarks):
        return None, [], ()
    return None, [Offer(plan=EditPlan(operations))], remarks


def are_of_different_names(operations: Sequence[Operation]) -> bool:
    """Whether they are no more than a plan holds, and no two are about the same."""
    names = [getattr(operation, "name", "") or getattr(operation, "old", "") for operation in operations]
    return len(operations) <= MOST_OPERATIONS and len(set(names)) == len(names)


def _segments(lattice: Lattice) -> list[str]:
    found: list[str] = []
    begin = 0
    for place, token in enumerate(lattice.tokens):
        if token.kind is Kind.MARK and token.key in BREAKS and place + 1 < lattice.end:
            found.append(lattice.said(begin, place).strip(" .!"))
            begin = place + 1
    found.append(lattice.said(begin, lattice.end))
    return [segment for segment in found if segment]


def _is_remark(said: str, lattice: Lattice) -> bool:
    """Whether a sentence says nothing that turns the next one round."""
    remark = build(read_text(said), lattice.language, lattice.symbols)
    words = {token.key for token in remark.tokens}
    if len(remark.tokens) > MOST_REMARKED or words & TELLING or remark.has("NUMBER"):
        return False
    if any(remark.has(category) for category in TURNING) or guards.is_question(remark):
        return False
    return not any(guards.says(remark, category) for category in ("hypothetical", "reported", "future"))
