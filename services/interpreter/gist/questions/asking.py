"""A question as the action that answers it: what it asks and what it is about, whatever the order of its words.

It shows and never changes anything, so it may pass over a word that nobody knows; what would edit, or speaks of what
might be, is no question of this kind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.contracts import Action, Offer
from services.interpreter import stopping
from services.interpreter.diagnosis import EDIT_VERBS
from services.interpreter.gist.questions import naming, topics
from services.interpreter.gist.questions.reasons import reason
from services.interpreter.gist.questions.said import Said
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Ask
from services.interpreter.lists.words import FILL, labels
from services.interpreter.wording import say

MOST_UNKNOWN: Final = 2
"""Words that nobody knows, in a sentence that shows what it asks for."""
MOST_PASSED_OVER: Final = 7
"""The same, where its owner is asked whether that is what he wants to see."""
WEAK: Final = ("status", "parameters", "rules", "strategy", "help", "features", "health", "limits")
"""Topics before which a name of the strategy is what is asked about: `a regra do stop`."""
SMALL: Final = frozenset({"the", "a", "of", "o", "os", "as", "do", "da", "de", "my", "meu", "minha", "please", "por"})
"""May stand beside a name that is all of a sentence."""
MOST_TERSE: Final = 5
"""Words of what needs no word that asks."""
ASKING: Final = ("asks", "topic", "when", "done")
"""What may be said with a word that edits elsewhere, `how much did you add?`."""
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
    edges = any(category in lattice.edges[place] for place in unknown for category in EDITING)
    return None if edges or len(unknown) > MOST_UNKNOWN or _is_barred(said) else _answer(said)


def nearly(lattice: Lattice) -> Ask | None:
    """The question whether that is to be shown which the words that are known ask for; None where they ask nothing."""
    if guards.is_quoting(lattice):
        return None
    found, unknown = labels(lattice)
    said = Said(lattice, tuple(found), tuple(unknown))
    asking = {place for each in found if each.kind in ASKING for place in range(each.start, each.end)}
    beside = set(range(lattice.end)) - asking
    if any(category in lattice.edges[place] for place in beside for category in EDITING):
        return None
    if len(unknown) > MOST_PASSED_OVER or _is_barred(said) or not (said.signals or _is_terse(said)):
        return None
    action = _answer(replace(said, unknown=()))
    if action is None or (said.names and said.has("number")):
        return None
    if action.name == "explain" and not (said.is_marked or _begins_by_asking(said)):
        return None  # `a golden cross means buy`
    passed = tuple(lattice.said(place, place + 1) for place in unknown)
    text = say("without", lattice.language, said="”, “".join(passed)) if passed else say("gist", lattice.language)
    return Ask(text, (Offer(action=action),), passed)


def name_alone(lattice: Lattice) -> Action | None:
    """What shows the one name that is all of a sentence, without a verb or a value: `bollinger period`."""
    found, unknown = labels(lattice)
    said = Said(lattice, tuple(found), tuple(unknown))
    kinds = {label.kind for label in found}
    beside = [lattice.tokens[label.start].key for label in found if label.kind == FILL]
    edits = any(category in edges for edges in lattice.edges for category in EDIT_VERBS)
    if unknown or edits or not kinds <= {"name", FILL} or len(said.names) != 1 or lattice.has("NUMBER"):
        return None
    if not SMALL.issuperset(beside):
        return None
    (name,) = said.names
    return Action("show", {"what": name}) if name in lattice.symbols.parameters and not said.is_marked else None


def _begins_by_asking(said: Said) -> bool:
    """Whether the first word that says anything asks."""
    first = min((label for label in said.found if label.kind != FILL), key=lambda label: label.start, default=None)
    return first is not None and first.kind == "asks" and min((first.start, *said.unknown)) == first.start


def _is_terse(said: Said) -> bool:
    """Whether it is little more than the topic: `max drawdown do período`."""
    clear = any(label.kind == "topic" and label.weight >= 1 for label in said.found)
    return clear and len(said.unknown) == 1 and said.lattice.end <= MOST_TERSE


def _is_barred(said: Said) -> bool:
    """Whether it would edit, or is about what might be."""
    edges, why = said.lattice.edges, said.has("asks", "why") or said.has("done", "held_off")
    if said.has("bars") or said.has("commit") or _hangs_on_a_time(said):
        return True
    if said.has("says", "not") and not (why or said.is_marked):
        return True
    telling = {place for each in said.found if each.kind != FILL for place in range(each.start, each.end)}
    if any(category in edges[place] for place in range(len(edges)) for category in BARRING if place not in telling):
        return True
    if _has_amount(said) and not (why or said.has("asks", "explain")):
        return True
    return not said.signals and stopping.beyond(said.lattice.tokens) is not None


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
    weakly = about in (*WEAK, *naming.NAME_OVER_TIME) and not topics.asks_which(said)
    if names and (about is None or (any(names) and (weakly or not clearly))):
        return naming.valued(said, about)
    if about is None:
        return topics.of_a_time(said)
    tells = topics.tells_of_deals(said) or topics.counts_what_is_no_list(said, about)
    if not said.signals and (names or said.unknown or tells):
        return None
    return topics.shown(said, about)
