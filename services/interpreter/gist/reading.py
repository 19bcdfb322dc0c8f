"""Which reader makes something of a sentence, and whether that is a plan, an action or only an offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.contracts import Action, EditPlan, Language, Offer, Situation
from core.contracts.plan import MOST_OFFERS
from services.interpreter.gist import settings
from services.interpreter.gist.outcome import Reading
from services.interpreter.gist.vocabulary import phrases
from services.interpreter.grammar import actions, clauses
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask
from services.interpreter.wording import say

Reader = Callable[[Lattice, Situation], Reading | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A reader, and the file of `words/` that it has beside the common one."""

    file: str
    read: Reader


READERS: Final = (Entry(settings.FILE, settings.read),)
"""Each kind of sentence; a new one is a line here, a file beside this one and a file of words."""


def prepare() -> None:
    """Read the words, which the first sentence of a process would wait for."""
    for entry in READERS:
        for language in Language:
            phrases((entry.file,), language)


def read(lattice: Lattice, situation: Situation) -> EditPlan | Action | Ask | None:
    """What the words of a sentence come to together; None when they come to nothing."""
    clauses.add_edges(lattice)
    actions.add_edges(lattice)
    found = [reading for entry in READERS if (reading := entry.read(lattice, situation)) is not None]
    if not found:
        return None
    sure = [reading for reading in found if reading.sure and reading.offers]
    if len(sure) == 1:
        meant = sure[0].offers[0]
        return meant.plan if meant.plan is not None else meant.action
    best = sorted(sure or found, key=lambda reading: -reading.weight)
    return _asked(best, lattice)


def _asked(readings: list[Reading], lattice: Lattice) -> Ask:
    """The question with the offers of all readings, the one with the most weight first."""
    offers: list[Offer] = []
    for reading in readings:
        offers += [offer for offer in reading.offers if offer not in offers]
    first = readings[0]
    if first.unused:
        text = say("without", lattice.language, said="”, “".join(first.unused))
    else:
        text = first.question or say("gist", lattice.language)
    return Ask(text, tuple(offers[:MOST_OFFERS]), first.unused)
