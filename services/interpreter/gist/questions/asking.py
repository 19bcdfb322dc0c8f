"""A question as the action that answers it: what it asks and what it is about, whatever the order of its words.

It shows and never changes anything, so it may pass over a word that nobody knows; what would edit, or speaks of what
might be, is no question of this kind.
"""

from __future__ import annotations

from typing import Final

from core.contracts import Action
from services.interpreter import stopping
from services.interpreter.diagnosis import EDIT_VERBS
from services.interpreter.gist.question_words import FILL, labels
from services.interpreter.gist.questions import naming, topics
from services.interpreter.gist.questions.reasons import reason
from services.interpreter.gist.questions.said import Said
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity

MOST_UNKNOWN: Final = 2
"""Words that nobody knows, in a sentence that shows what it asks for."""
WEAK: Final = ("status", "parameters", "rules", "strategy", "help", "features", "health", "limits")
"""Topics before which a name of the strategy is what is asked about: `a regra do stop`."""
BARRING: Final = ("hypothetical", "reported", "future")
EDITING: Final = (
    *EDIT_VERBS,
    "more_adjective",
    "less_adjective",
    "only",
    "only_if",
    "unless",
    "provided",
    "undo",
    "resume",
    "op_gt",
    "op_lt",
    "op_ge",
    "op_le",
    "reach",
)
UNITLESS: Final = ("", "factor")


def asked(lattice: Lattice) -> Action | None:
    """The action that shows what a sentence asks for; None when it asks for nothing that there is."""
    if guards.is_quoting(lattice):
        return None
    found, unknown = labels(lattice)
    said = Said(lattice, tuple(found), tuple(unknown))
    return None if _is_barred(said) else _answer(said)


def _is_barred(said: Said) -> bool:
    """Whether it would edit, is about what might be, or says too much that nobody knows."""
    edges, why = said.lattice.edges, said.has("asks", "why") or said.has("done", "held_off")
    if said.has("bars") or said.has("commit") or len(said.unknown) > MOST_UNKNOWN or _hangs_on_a_time(said):
        return True
    if said.has("says", "not") and not (why or said.is_marked):
        return True
    telling = {place for each in said.found if each.kind != FILL for place in range(each.start, each.end)}
    if any(category in edges[place] for place in range(len(edges)) for category in BARRING if place not in telling):
        return True
    if _has_amount(said) and not (why or said.has("asks", "explain")):
        return True
    if not said.signals and stopping.beyond(said.lattice.tokens) is not None:
        return True
    return any(category in edges[place] for place in said.unknown for category in EDITING)


def _has_amount(said: Said) -> bool:
    """Whether an amount is said: `5%`, and not `the last 5`."""
    starts = {label.start for label in said.found if label.kind == "number"}
    return any(
        isinstance(quantity, Quantity) and quantity.unit not in UNITLESS
        for start in starts
        for quantity, _ in said.lattice.edges[start].get("VALUE", ())
    )


def _hangs_on_a_time(said: Said) -> bool:
    """Whether its `when` is a condition and not what is asked: `sell when ...`."""
    if said.has("topic", "strategy", "rules"):
        return False
    asking = [label.start for label in said.found if label.kind not in ("fills", "says")]
    return any(label.value == "when" and label.start != min(asking) for label in said.found if label.kind == "asks")


def _answer(said: Said) -> Action | None:
    """What answers it."""
    if (said.has("asks", "why") or said.has("done", "held_off")) and (because := reason(said)) is not None:
        return because
    if (name := naming.implied(said)) is not None:
        return Action("show", {"what": name})
    if naming.is_of_a_coin(said):
        return Action("positions")
    names = said.names
    explains = said.has("asks", "explain") or (names and naming.asks_purpose(said))
    if explains and (explained := naming.explained(said)) is not None:
        return explained
    about = topics.topic(said)
    clearly = any(label.kind == "topic" and label.weight >= 1 for label in said.found)
    if names and (about is None or (any(names) and (about in (*WEAK, *naming.NAME_OVER_TIME) or not clearly))):
        return naming.valued(said, about)
    if about is None:
        return topics.of_a_time(said)
    tells = topics.tells_of_deals(said) or topics.counts_what_is_no_list(said, about)
    if not said.signals and (names or said.unknown or tells):
        return None
    return topics.shown(said, about)
