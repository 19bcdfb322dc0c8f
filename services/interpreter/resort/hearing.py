"""A sentence that nothing has read, tried without its chatter and in other words: what it may mean, as an offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from core.contracts import Action, AddIndicator, AddRule, EditPlan, Language, Offer, SetParameter
from core.symbols import Symbols
from services.interpreter.gist import freely, guessing
from services.interpreter.grammar import actions, clauses, clock, guards, telling
from services.interpreter.grammar.lattice import build
from services.interpreter.grammar.normalise import Text, read
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.resort import apart, carried, rewording
from services.interpreter.wording import say

Decide = Callable[[str], EditPlan | Action | Ask | Refusal]
"""Understands a text by itself."""
MOST_TRIED: Final = 5
"""Texts; each takes as long as a sentence."""
WHOLE: Final = frozenset(
    [
        *("a", "single", "one", "per", "same", "each", "every", "um", "uma", "unico", "unica", "num", "numa", "por"),
        *("mesmo", "mesma", "cada", "no", "na"),
    ]
)
TIMES: Final = frozenset({"day", "week", "month", "dia", "semana", "mes"})
MARKUP: Final = frozenset("<>/")


def offered(cleaned: str, symbols: Symbols, language: Language, timeframe: str, decide: Decide) -> Ask | None:
    """The question with what the order in a message probably means; None where there is none."""
    text = read(cleaned)
    if guards.quotes(text) or set(cleaned) >= MARKUP or cleaned.endswith("?"):
        return None
    if clock.named_zone(text) is not None:
        return None  # an hour of another zone is asked about
    lattice = build(text, language, symbols, timeframe)
    if guards.coin(lattice) is not None or telling.tells(lattice) or _is_of_a_time(text):
        return None
    for way in islice(_ways(text, symbols, language), MOST_TRIED):
        if (asked := _asked(decide(way.said), way, language)) is not None:
            return asked
    return _guessed(cleaned, symbols, language, timeframe)


def _guessed(cleaned: str, symbols: Symbols, language: Language, timeframe: str) -> Ask | None:
    """What is most probably meant, with words passed over that elsewhere may change what is said."""
    lattice = build(read(cleaned), language, symbols, timeframe)
    clauses.add_edges(lattice)
    actions.add_edges(lattice)
    return guessing.guess(lattice, apart.words("passing")) or freely.guess(lattice, apart.words("passing"))


def _is_of_a_time(text: Text) -> bool:
    """Whether it is about a day or a week as a whole, which limits are about: `lose 3% in a single day`."""
    keys = [token.key for token in text.tokens]
    return any(first in WHOLE and second in TIMES for first, second in pairwise(keys))


@dataclass(frozen=True, slots=True)
class _Way:
    """Words that may be the order, those that were left out of the message, and what alone it may come to."""

    said: str
    unused: tuple[str, ...] = ()
    kind: type[AddRule | AddIndicator | SetParameter] | None = None


def _ways(text: Text, symbols: Symbols, language: Language) -> Iterator[_Way]:
    yield from _reworded(text.lower, (), language)
    yield from (_Way(said, unused, SetParameter) for said, unused in carried.orders(text, symbols, language))
    for said, unused in apart.orders(text, symbols, language):
        yield _Way(said, unused)
        yield from _reworded(said, unused, language)


def _reworded(said: str, unused: tuple[str, ...], language: Language) -> Iterator[_Way]:
    yield from (_Way(other, unused, SetParameter) for other in rewording.settings(said, language))
    yield from (_Way(other, unused, AddIndicator) for other in rewording.indicators(said, language))
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
