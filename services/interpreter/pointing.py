"""What a sentence is nearest to when it is no edit: a limit, a start option, or something that there is not.

It is told with where that is changed and by whom, and with a sentence that works. `pointing.toml` has the words.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts import Action, Offer
from services.interpreter.grammar import guards, resolving
from services.interpreter.grammar.adjustment import DOWN, UP, Adjustment, How
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import Kind
from services.interpreter.grammar.outcome import Ask
from services.interpreter.lists.turns import turned
from services.interpreter.naming import parameters_named, says_number
from services.interpreter.wording import say

FILE: Final = Path(__file__).with_name("pointing.toml")
BACK: Final = Offer(action=Action("rollback", {"steps": 1}))
DIRECTIONS: Final = {"raise": UP, "widen": UP, "lower": DOWN, "tighten": DOWN}


def back_to_what(lattice: Lattice) -> Ask | None:
    """The question what to go back to, of a sentence that says `everything`, or `what it was` of one name."""
    denied = lattice.has("not") or guards.is_conditional(lattice) or guards.is_quoting(lattice) or lattice.has("VALUE")
    asked = guards.is_question(lattice) and not guards.is_polite_question(lattice)
    return None if denied or asked else elsewhere(lattice, early=True)


def elsewhere(lattice: Lattice, *, early: bool = False) -> Ask | None:
    """Where the thing is that a sentence asks for; None when it speaks of none of them, or of a parameter.

    `early` are those things that another reader would take for something else.
    """
    said = f" {' '.join(token.key for token in lattice.tokens if token.kind is not Kind.MARK)} "
    for thing in _things():
        if thing.get("early", False) is not early or (thing.get("named") and not lattice.has("PARAM")):
            continue
        if (lattice.has("PARAM") and not thing.get("even_with_a_name")) or (
            thing.get("counted") and _measures(lattice)
        ):
            continue
        if early and turned(lattice) and not thing.get("dated"):
            continue
        if all(any(f" {word} " in said for word in group) for group in thing["words"]):
            guarded = guards.refuses_offers(lattice) or guards.is_conditional(lattice) or lattice.has("not")
            ordered = not (guarded or turned(lattice))
            offers = (BACK,) if thing.get("rollback") and ordered else ()
            return Ask(say(f"thing.{thing['name']}", lattice.language), offers)
    return None


def value_of_what(lattice: Lattice) -> Ask | None:
    """The question for the value of the one parameter that a sentence names without saying any."""
    named = parameters_named(lattice)
    if len(named) != 1 or says_number(lattice):
        return None
    (names,) = named
    ways = {way for category, way in DIRECTIONS.items() if lattice.has(category)}
    direction = ways.pop() if len(ways) == 1 else 0
    asked = resolving.resolve(Adjustment((names,), How.MISSING, direction=direction), lattice.symbols, lattice.language)
    return asked if isinstance(asked, Ask) else None


def _measures(lattice: Lattice) -> bool:
    """Whether an amount is said that is no count: `no position lasts more than a day`."""
    return any(
        quantity.unit in ("seconds", "percent") for edges in lattice.edges for quantity, _ in edges.get("VALUE", ())
    )


@cache
def _things() -> list[dict[str, Any]]:
    things: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["thing"]
    return things
