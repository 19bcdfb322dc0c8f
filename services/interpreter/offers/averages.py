"""`An average of 200` as each of the averages that it may be: exponential, or simple."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from core.contracts import Action, EditPlan, Offer
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Refusal

KINDS: Final = ("ema", "sma")
UNSAID: Final = ("media movel", "moving average", "media", "average", "ma", "mm")
"""Names of an average that do not say which; the longer ones first."""


def offers(lattice: Lattice, read: Callable[[str], EditPlan | Action | Ask | Refusal]) -> list[Offer]:
    """The plans of a sentence for each kind of average; none when it says no number for one."""
    place = next(_places(lattice), None)
    if place is None or not lattice.has("NUMBER"):
        return []
    start, end = place
    text = lattice.text.lower
    meant = [read(f"{text[:start]}{kind}{text[end:]}") for kind in KINDS]
    plans = [each for each in meant if isinstance(each, EditPlan)]
    return [Offer(plan=plan) for plan in plans] if len(plans) == len(KINDS) else []


def _places(lattice: Lattice) -> Iterator[tuple[int, int]]:
    keys = [token.key for token in lattice.tokens]
    for phrase in UNSAID:
        words = phrase.split()
        for start in range(len(keys) - len(words) + 1):
            if keys[start : start + len(words)] == words:
                yield lattice.tokens[start].start, lattice.tokens[start + len(words) - 1].end
