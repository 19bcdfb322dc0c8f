"""A word that stops with a time or a condition, as the rule that it is: `fecha tudo às 22h`, `pause trading at night`.

Nothing stops by it, and nothing is edited before its owner has taken the offer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from core.contracts import Action, EditPlan, Language, Offer
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import Kind
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.phrases import phrasebook
from services.interpreter.wording import say

Read = Callable[[str], EditPlan | Action | Ask | Refusal]
RULED: Final = {
    ("pause", Language.PT): "não compra",
    ("pause", Language.EN): "do not buy",
    ("panic", Language.PT): "vende",
    ("panic", Language.EN): "sell",
}
"""What the rule does that a stop with a condition is."""
AT_AN_HOUR: Final = {
    Language.PT: (re.compile(r"\b[àa]s (?=\d)"), "depois das "),
    Language.EN: (re.compile(r"\bat (?=\d)"), "after "),
}
"""What is closed at an hour is closed from then on."""


def as_rule(lattice: Lattice, read: Read) -> Ask | None:
    """The question with the rule that the sentence is, if it begins with a word that stops and is more than that."""
    found = _split(lattice)
    if found is None:
        return None
    stop, rest = found
    hour, after = AT_AN_HOUR[lattice.language]
    for text in dict.fromkeys((rest, hour.sub(after, rest))):
        meant = read(f"{RULED[stop, lattice.language]} {text}")
        if isinstance(meant, EditPlan):
            return Ask(say("stop_as_rule", lattice.language, said=rest), (Offer(plan=meant),))
    return None


def _split(lattice: Lattice) -> tuple[str, str] | None:
    """What the longest beginning that is nothing but a stop says, `pause` or `panic`, and what is left."""
    book, tokens = phrasebook(), lattice.tokens
    for place in range(len(tokens) - 1, 0, -1):
        words = [token.key for token in tokens[:place] if token.kind is not Kind.MARK]
        said = book.found(book.without_fillers(words)) if words else None
        if said is not None and (said.stop, lattice.language) in RULED:
            while book.without_fillers([tokens[place - 1].key]) == ():  # `às 22h` keeps its first word
                place -= 1
            return said.stop, lattice.text.lower[tokens[place].start :]
    return None
