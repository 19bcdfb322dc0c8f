"""`An average of 200` as each of the averages that it may be, and an indicator with its usual number of bars."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from core.contracts import Action, AddRule, EditPlan, Language, Offer
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Refusal

KINDS: Final = ("ema", "sma")
USUAL: Final = {"adx": 14, "stochastic": 14}
"""Bars of an indicator, where its owner says none: those of its inventors."""
UNSAID: Final = ("media movel", "moving average", "media", "average", "ma", "mm")
"""Names of an average that do not say which; the longer ones first."""

_NAME: Final = rf"(?:{'|'.join(UNSAID)}|mma)"
ALONE: Final = re.compile(
    r"(?:(?:quero|queria|poe|ponha|coloca|coloque|bota|bote|usa|use|usar|da|me da|want|i want|put|give me) )?"
    r"(?:(?:a|o|uma|um|the|an) )?"
    rf"(?:{_NAME} (?:(?:de|com|of|with|over) )?(?P<after>\d+)"
    rf"|(?P<before>\d+) (?:(?:period|periods|bar|bars) )?(?:(?P<unit>day|week) )?{_NAME})"
    r"(?: (?:periodos|barras|candles|velas|periods|bars))?"
    r"(?: (?P<rest>(?:dias|semanas|days|weeks)|(?:no|na|on|do|da|de|of) .+|diaria|semanal))?"
    r"(?: (?:por favor|pf|pfv|please|pls))?"
)
"""All that such a sentence says: no `em` and no `to`, with which a number is set."""


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


def alone(lattice: Lattice, read: Callable[[str], EditPlan | Action | Ask | Refusal]) -> list[Offer]:
    """The averages that may be meant where hardly more is said than how long one is: `média de 200`, `the 200 MA`."""
    said = ALONE.fullmatch(" ".join(token.key for token in lattice.tokens if token.key not in "!.?"))
    if said is None:
        return []
    number, rest = said["after"] or said["before"], f"{said['unit'] or ''} {said['rest'] or ''}"
    add = {Language.PT: "adiciona", Language.EN: "add"}[lattice.language]
    meant = [read(f"{add} {kind} {number} {rest}") for kind in KINDS]
    plans = [each for each in meant if isinstance(each, EditPlan)]
    return [Offer(plan=plan) for plan in plans] if len(plans) == len(KINDS) else []


def usual(lattice: Lattice, read: Callable[[str], EditPlan | Action | Ask | Refusal]) -> list[Offer]:
    """The rule of a sentence with the usual number of bars of an indicator that it says none for."""
    found = [
        (start, end)
        for start, edges in enumerate(lattice.edges)
        for kinds, end in edges.get("KIND", ())
        if len(kinds) == 1 and kinds[0] in USUAL and not any(edge in edges for edge in ("FEATURE", "INDICATOR"))
    ]
    if not found:
        return []
    start, end = max(found, key=lambda place: place[1] - place[0])
    text, after = lattice.text.lower, lattice.tokens[end - 1].end
    number = USUAL[next(kinds[0] for kinds, last in lattice.edges[start]["KIND"] if last == end)]
    meant = read(f"{text[:after]} {number}{text[after:]}")
    ruled = isinstance(meant, EditPlan) and any(isinstance(each, AddRule) for each in meant.operations)
    return [Offer(plan=meant)] if ruled and isinstance(meant, EditPlan) else []


def _places(lattice: Lattice) -> Iterator[tuple[int, int]]:
    keys = [token.key for token in lattice.tokens]
    for phrase in UNSAID:
        words = phrase.split()
        for start in range(len(keys) - len(words) + 1):
            if keys[start : start + len(words)] == words:
                yield lattice.tokens[start].start, lattice.tokens[start + len(words) - 1].end
