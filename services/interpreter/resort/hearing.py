"""A sentence that nothing has read, tried without its chatter and in other words: what it may mean, as an offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from core.contracts import Action, AddRule, EditPlan, Language, Offer, SetParameter
from core.symbols import Symbols
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import build
from services.interpreter.grammar.normalise import Text, read
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.resort import apart, rewording
from services.interpreter.wording import say

Decide = Callable[[str], EditPlan | Action | Ask | Refusal]
"""Understands a text by itself."""
MOST_TRIED: Final = 5
"""Texts; each takes as long as a sentence."""
MARKUP: Final = frozenset("<>/")


def offered(cleaned: str, symbols: Symbols, language: Language, decide: Decide) -> Ask | None:
    """The question with what the order in a message probably means; None where there is none."""
    text = read(cleaned)
    if guards.quotes(text) or set(cleaned) >= MARKUP or cleaned.endswith("?"):
        return None
    if guards.coin(build(text, language, symbols)) is not None:
        return None
    for count, way in enumerate(_ways(text, symbols, language)):
        if count == MOST_TRIED:
            return None
        if (asked := _asked(decide(way.said), way, language)) is not None:
            return asked
    return None


@dataclass(frozen=True, slots=True)
class _Way:
    """Words that may be the order, those that were left out of the message, and what alone it may come to."""

    said: str
    unused: tuple[str, ...] = ()
    kind: type[AddRule | SetParameter] | None = None


def _ways(text: Text, symbols: Symbols, language: Language) -> Iterator[_Way]:
    yield from _reworded(text.lower, (), language)
    for said, unused in apart.orders(text, symbols, language):
        yield _Way(said, unused)
        yield from _reworded(said, unused, language)


def _reworded(said: str, unused: tuple[str, ...], language: Language) -> Iterator[_Way]:
    yield from (_Way(other, unused, SetParameter) for other in rewording.settings(said, language))
    yield from (_Way(other, unused, AddRule) for other in rewording.rules(said, language))


def _asked(meant: EditPlan | Action | Ask | Refusal, way: _Way, language: Language) -> Ask | None:
    """The question whether that is meant."""
    text = say("without", language, said="”, “".join(way.unused)) if way.unused else say("gist", language)
    match meant:
        case EditPlan() if _is_of(meant, way):
            return Ask(text, (Offer(plan=meant),), way.unused)
        case Ask() if meant.offers and all(each.plan and _is_of(each.plan, way) for each in meant.offers):
            if way.kind is None or not meant.unused:
                return Ask(meant.text, meant.offers, (*way.unused, *meant.unused))
    return None


def _is_of(plan: EditPlan, way: _Way) -> bool:
    """Whether a sentence in other words came to what these words say: a rule, or settings."""
    return way.kind is None or any(isinstance(each, way.kind) for each in plan.operations)
