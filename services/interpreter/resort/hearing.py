"""A sentence that nothing has read, tried without its chatter and in other words: what it may mean, as an offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Final

from core.contracts import Action, AddIndicator, AddRule, EditPlan, Language, Offer, SetParameter
from core.symbols import Symbols
from services.interpreter.gist import freely, guessing
from services.interpreter.grammar import actions, clauses, clock, guards, telling
from services.interpreter.grammar.lattice import build
from services.interpreter.grammar.normalise import Kind, Text, read
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.resort import apart, carried, normal, rewording
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
REST: Final = frozenset({"everything", "rest", "others", "other", "resto", "tudo", "outros", "outras"})
"""What stays where no name is said."""
MARKUP: Final = frozenset("<>/")


def heard(cleaned: str, symbols: Symbols, language: Language, timeframe: str, decide: Decide) -> EditPlan | Ask | None:
    """What the order in a message means, or the question with what it probably means; None where there is none."""
    text = read(cleaned)
    if cleaned.endswith("?") or not _may_be_reworded(cleaned, text, symbols, language):
        return None
    for way in islice(_ways(text, symbols, language), MOST_TRIED):
        if (asked := _asked(decide(way.said), way, language)) is not None:
            return asked
    return _guessed(cleaned, symbols, language, timeframe)


def normally(cleaned: str, symbols: Symbols, language: Language, decide: Decide) -> EditPlan | Ask | None:
    """What a sentence in another shape means; None where it has no other, or means nothing in it either."""
    text = read(cleaned)
    if not _may_be_reworded(cleaned, text, symbols, language):
        return None
    if (alone := _beside_what_stays(text, symbols, language, decide)) is not None:
        return alone
    plain = normal.form(text.lower, language)
    if plain is None or (cleaned.endswith("?") and not plain.asks):
        return None
    lost = () if plain.sure else _lost(text, plain.said)
    return _asked(decide(plain.said), _Way(plain.said, lost, sure=plain.sure), language)


def _lost(text: Text, said: str) -> tuple[str, ...]:
    """The words that the normal form does not have, those beside each other as one."""
    kept, found, joined = {token.key for token in read(said).tokens}, list[str](), False
    for token in text.tokens:
        lost = token.kind is Kind.WORD and token.key not in kept
        if lost and joined:
            found[-1] = f"{found[-1]} {token.raw}"
        elif lost:
            found.append(token.raw)
        joined = lost
    return tuple(found)


def _beside_what_stays(text: Text, symbols: Symbols, language: Language, decide: Decide) -> EditPlan | None:
    """The order of a sentence that leaves something as it is, where it is not about that itself."""
    parted = normal.left_alone(text.lower, language)
    meant = None if parted is None else decide(parted[1])
    if parted is None or not isinstance(meant, EditPlan):
        return None
    stays = build(read(parted[0]), language, symbols)
    clauses.add_edges(stays)
    kept = {name for edges in stays.edges for names, _ in edges.get("PARAM", ()) for name in names}
    set_now = {each.name for each in meant.operations if isinstance(each, SetParameter)}
    rest = set(parted[0].split()) & REST
    return meant if len(set_now) == len(meant.operations) and (kept or rest) and not kept & set_now else None


def _may_be_reworded(cleaned: str, text: Text, symbols: Symbols, language: Language) -> bool:
    """Whether it is said by the owner himself, of now, of every pair and in his own zone."""
    if guards.quotes(text) or set(cleaned) >= MARKUP or clock.named_zone(text) is not None or _is_of_a_time(text):
        return False
    lattice = build(text, language, symbols)
    return guards.coin(lattice) is None and not telling.tells(lattice)


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
    sure: bool = False  # nothing of the message is lost


def _ways(text: Text, symbols: Symbols, language: Language) -> Iterator[_Way]:
    yield from _reworded(text.lower, (), language)
    if (plain := normal.form(text.lower, language)) is not None:
        yield from (replace(way, sure=way.sure and plain.sure) for way in _reworded(plain.said, (), language))
    yield from (_Way(said, unused, SetParameter) for said, unused in carried.orders(text, symbols, language))
    for said, unused in apart.orders(text, symbols, language):
        yield _Way(said, unused)
        yield from _reworded(said, unused, language)


def _reworded(said: str, unused: tuple[str, ...], language: Language) -> Iterator[_Way]:
    kinds = ((rewording.settings, SetParameter), (rewording.indicators, AddIndicator), (rewording.rules, AddRule))
    for reworded, kind in kinds:
        for other in reworded(said, language):
            yield _Way(other.said, unused, kind, sure=other.sure and not unused)


def _asked(meant: EditPlan | Action | Ask | Refusal, way: _Way, language: Language) -> EditPlan | Ask | None:
    """What is meant, where nothing was lost on the way; or the question whether it is."""
    text = say("without", language, said="”, “".join(way.unused)) if way.unused else say("gist", language)
    match meant:
        case EditPlan() if _is_of(meant, way):
            return meant if way.sure else Ask(text, (Offer(plan=meant),), way.unused)
        case Ask() if meant.offers and all(each.plan and _is_of(each.plan, way) for each in meant.offers):
            if way.kind is None or not meant.unused:
                return Ask(meant.text, meant.offers, (*way.unused, *meant.unused))
    return None


def _is_of(plan: EditPlan, way: _Way) -> bool:
    """Whether a sentence in other words came to what these words say: a rule, or settings."""
    return way.kind is None or any(isinstance(each, way.kind) for each in plan.operations)
