"""What a sentence with `não`, `never` or `don't` is, when it is no rule that the grammar can say.

A request to leave something alone (`não mexa no stop`) is told that nothing changes. A rule (`não opera em feriado`)
never is: its owner would think that it holds.
"""

from __future__ import annotations

from typing import Final

from services.interpreter.grammar.guards import coin
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask
from services.interpreter.grammar.pattern import matches
from services.interpreter.wording import listed, say

RULING: Final = ("SIDE", "hold", "ruling", "positions")
"""What follows the negation in a rule."""
EDITING: Final = ("set", "raise", "lower", "plus", "minus", "double")
"""What follows it in a rule too, where no parameter is named: `don't add to losing positions`."""
LEAVING: Final = ("undo", "rollback", "resume", "panicking", "stop_verb", "PARAM", "RULE", "REF")
"""What else may be asked to be left alone, beside what edits."""
NAMED: Final = ("PARAM", "RULE", "REF")
MOST_SAID: Final = 80
"""Characters of a sentence that an answer repeats."""
FEW: Final = 6
"""Features to name in an answer."""
USUAL: Final = ("hour", "weekday", "rsi", "volume", "spread", "profit", "price")


def rule(lattice: Lattice) -> Ask | None:
    """The question about a rule that begins with a negation and was not understood; None when it is no rule."""
    if _negations(lattice) > 1 and lattice.has("FEATURE"):
        return None  # a condition with a negation of its own, which has an answer of its own
    ruling = RULING if any(lattice.has(category) for category in NAMED) else (*RULING, *EDITING)
    ruled = any(category in lattice.edges[start] for start in _negated(lattice) for category in ruling)
    if lattice.has("panicking") or not ruled:
        return None
    if (said := coin(lattice)) is not None:
        return Ask(say("one_pair", lattice.language, said=said))
    said = lattice.text.lower if len(lattice.text.lower) <= MOST_SAID else f"{lattice.text.lower[:MOST_SAID]}…"
    known = [feature for feature in USUAL if feature in lattice.symbols.features][:FEW]
    return Ask(say("negated_rule", lattice.language, said=said, features=listed(known, lattice.language)))


def leaves_alone(lattice: Lattice, verbs: tuple[str, ...]) -> bool:
    """Whether what is negated is an edit or a deed: `não mexa no stop`, `don't panic`; `não sei` is neither."""
    return any(lattice.has(category) for category in (*verbs, *LEAVING))


def _negations(lattice: Lattice) -> int:
    """How often the sentence negates something; `do not` is once, though `not` is in it."""
    count, reached = 0, 0
    for start, edges in enumerate(lattice.edges):
        ends = [end for _, end in edges.get("not", ())]
        if ends and start >= reached:
            count += 1
        reached = max([reached, *ends])
    return count


def _negated(lattice: Lattice) -> set[int]:
    """Where what is negated begins; what a rule waits for may stand before it, `no feriado não compra`."""
    negations = {end for start in range(lattice.end) for _, end in matches("not", lattice, start)}
    return {start for end in negations for start in lattice.starts[end]}
