"""A deed that a sentence probably asks for, among words that nobody knows: it is offered, and not done.

One deed has to be said by its verb and what it is done to. Whoever denies, supposes, asks, reports or puts off anything
or tells what somebody does is offered nothing; nor who speaks of what the strategy has a name for.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.contracts import Action, Offer
from services.interpreter.gist.deeds import days_of, steps_of
from services.interpreter.gist.questions.said import Said
from services.interpreter.grammar import guards, telling
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Ask
from services.interpreter.lists.turns import FILE, TURN
from services.interpreter.lists.words import FILL, Label, labels
from services.interpreter.offers import licence
from services.interpreter.wording import say

MOST_PASSED_OVER: Final = 7
"""Words; of which more are unknown, it is about something else."""
GUARDED: Final = ("hypothetical", "reported", "past", "future", "if", "unless", "provided", "only_if")
TIMES: Final = (*licence.DAYS, "TIME", "midnight", "noon", "between")
"""No deed waits for these."""
DEEDS: Final = ("pause", "close", "go_on", "back", "test")
DOERS: Final = frozenset(
    [
        *("i", "we", "he", "she", "they", "it", "is", "are", "was", "were", "has", "have", "had", "the", "a", "an"),
        *("my", "his", "her", "their", "eu", "ele", "ela", "eles", "elas", "gente", "nos", "robo", "bot", "mercado"),
        *("o", "meu", "minha", "seu", "sua", "market", "people", "who", "que", "foi", "era", "esta", "tem"),
    ]
)
"""Before a verb they say who does it, and before a noun whose it is: `the pause`, `he sells`."""
SAFE: Final = ("pause", "backtest", "close")
"""Done at once where every word is known: they only keep it from trading, test, or ask before they do anything."""
SILENT: Final = (FILL, "says")
ASKING: Final = ("what", "how_much", "how", "why", "when", "explain", "show")
BREAKS: Final = frozenset({",", ";", ".", "!", "-"})
DEPENDING: Final = frozenset({"to", "a", "que", "para", "pra", "de", "that"})
"""Begin what hangs on the words before: `advised me, very politely, to sell`."""
TOLD: Final = ("ou", "ei", "iu", "eu", "ava", "ed")
"""How a word ends that tells."""
CEASING: Final = frozenset({"stop", "stops"})
"""English for a parameter and for an order."""


def wish(lattice: Lattice) -> Action | Ask | None:
    """The question whether a deed is meant, the deed itself where that is safe; None where none is, or several are."""
    if guards.is_quoting(lattice) or telling.tells(lattice):
        return None
    if guards.is_question(lattice) and not guards.is_polite_question(lattice):
        return None
    said = _said(lattice)
    if (
        said.has(TURN)
        or said.has("edits")
        or said.has("name")
        or len(said.unknown) > MOST_PASSED_OVER
        or _is_guarded(said)
    ):
        return None
    asked, _ = labels(lattice)
    action = _deed(said)
    if action is None or _asks_instead(said, asked):
        return None
    silent = {place for each in asked if each.kind in SILENT for place in range(each.start, each.end)}
    passed = tuple(lattice.said(place, place + 1) for place in said.unknown if place not in silent)
    if not passed and action.name in SAFE and not said.has("pause", "cease"):
        return action
    text = say("without", lattice.language, said="”, “".join(passed)) if passed else say("gist", lattice.language)
    return Ask(text, (Offer(action=action),), passed)


def _said(lattice: Lattice) -> Said:
    """The labels, with `stop` as what ceases where nothing but the word could be the parameter."""
    found, unknown = labels(lattice, FILE)
    ceasing = {each.start for each in found if each.kind == "name" and lattice.tokens[each.start].key in CEASING}
    kept = [each for each in found if each.start not in ceasing]
    kept += [Label("pause", "cease", start, start + 1) for start in sorted(ceasing)]
    return Said(lattice, tuple(kept), tuple(unknown))


def _is_guarded(said: Said) -> bool:
    """Whether anything turns it round or bounds it, or it says an amount, or who does what it tells."""
    edges = said.lattice.edges
    told = {place for each in said.found if each.kind != FILL for place in range(each.start, each.end)}
    phrases = {place for each in said.found if each.end - each.start > 1 for place in range(each.start, each.end)}
    words, places = set(range(len(edges))) - phrases, set(range(len(edges))) - phrases - told
    if any(category in edges[place] for place in places for category in GUARDED):
        return True
    if _tells(said) or any(category in edges[place] for place in words for category in TIMES):
        return True
    numbers = [each.start for each in said.found if each.kind == "number"]
    amounts = (quantity for start in numbers for quantity, _ in edges[start].get("VALUE", ()))
    if any(isinstance(each, Quantity) and each.unit not in ("", "factor", "seconds") for each in amounts):
        return True
    return any(
        each.start and each.kind in DEEDS and said.lattice.tokens[each.start - 1].key in DOERS and not _is_noun(each)
        for each in said.found
    )


def _tells(said: Said) -> bool:
    """Whether a word that nobody knows tells what somebody did, and the deed follows from it: `advised me to sell`."""
    keys = [token.key for token in said.lattice.tokens]
    deed = min((each.start for each in said.found if each.kind in DEEDS), default=0)
    begins = max((place for place in range(deed) if keys[place] in BREAKS), default=-1)
    if keys[begins + 1] in DEPENDING:
        begins = -1
    return any(begins < place < deed and keys[place].endswith(TOLD) for place in said.unknown)


def _is_noun(label: Label) -> bool:
    """Whether it is what is done and not the doing, which an article may stand before."""
    return label.value in ("every", "what", "last", "past", "proof")


def _deed(said: Said) -> Action | None:
    """The one deed that is said."""
    numbers, closes = said.numbers, _does(said, "close", "verb")
    if said.has("pair"):
        alone = closes and said.pair and not numbers and not said.has("close", "every")
        return Action("close", said.pair) if alone and not said.has("back") else None
    found = []
    if closes and said.has("close", "every") and not said.has("back", "what"):
        found.append(Action("panic"))
    elif _does(said, "pause", "whole") or (said.has("pause", "cease") and said.has("trading")):
        found.append(Action("pause"))
    if _does(said, "go_on", "whole"):
        found.append(Action("resume"))
    if _does(said, "back", "verb") and said.has("back", "what", "last") and not said.has("close", "every"):
        return _counted(numbers, found)
    if said.has("test", "proof") or (said.has("test", "test") and said.has("units") and said.has("test", "past")):
        days = days_of(said.of("units"), numbers)
        return Action("backtest", {"days": days} if days else {}) if days is not None and not found else None
    return found[0] if len(found) == 1 and not numbers else None


def _does(said: Said, deed: str, value: str) -> bool:
    """Whether its verb is said, or the noun for it after a word that asks: `solicito a suspensão`."""
    return said.has(deed, value) or (said.has("noun", deed) and said.has("asks"))


def _counted(numbers: list[Decimal], others: list[Action]) -> Action | None:
    steps = steps_of(numbers)
    return Action("rollback", {"steps": steps}) if steps is not None and not others else None


def _asks_instead(said: Said, asked: list[Label]) -> bool:
    """Whether a word asks that says nothing of the deed: `show what you sold` does, `dump my bag` does not."""
    told = {
        place
        for each in said.found
        if each.kind != FILL or each.end - each.start > 1
        for place in range(each.start, each.end)
    }
    asks = any(each.kind == "asks" and each.value in ASKING and each.start not in told for each in asked)
    return asks or any(each.kind == "when" and each.start not in told for each in asked)
