"""A sentence about one pair: a value of its own is set, changed or taken away, or nothing is.

Without the words that name the pair it is read as ever, against the values that this pair has. Only a plan that sets
parameters becomes one of that pair: rules look at the pair that they decide on, and hold for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec

from core.contracts import Action, EditPlan, Language, Offer, Operation, RemoveOverride, SetOverride, SetParameter
from core.contracts.plan import MOST_OPERATIONS
from core.symbols import Symbols
from services.interpreter.grammar import pairs
from services.interpreter.grammar.closing import plain
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import Kind, read
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.grammar.pairs import Scope
from services.interpreter.wording import amount, listed, say

Meaning = EditPlan | Action | Ask | Refusal
Decide = Callable[[str, Symbols], tuple[Language, Meaning]]
"""What a sentence without its pair means for the values of that pair."""


def about_pairs(
    cleaned: str, symbols: Symbols, traded: tuple[str, ...], decide: Decide
) -> tuple[Language, Meaning] | None:
    """What a sentence means that is about pairs which are traded or have values of their own; None for any other."""
    own = (pair for parameter in symbols.parameters.values() for pair in parameter.own)
    scope = pairs.scope(cleaned, tuple(dict.fromkeys((*traded, *own))))
    return None if scope is None else meant(scope, symbols, decide)


def meant(scope: Scope, symbols: Symbols, decide: Decide) -> tuple[Language, Meaning] | None:
    """What a sentence of that scope means; None when it is nothing that one pair can have of its own."""
    found = decide(scope.rest, of_pair(symbols, scope.pairs[0]))
    language = found[0]
    if (taken := _removal(scope, symbols, language)) is not None:
        return language, taken
    if not scope.sure:
        return None
    meanings = [found[1], *(decide(scope.rest, of_pair(symbols, pair))[1] for pair in scope.pairs[1:])]
    plans = [each for each in meanings if isinstance(each, EditPlan)]
    if len(plans) == len(scope.pairs):
        return _settled(scope, plans, language)
    match meanings[0]:
        case Action(name="show" | "explain") as action if action.args.get("what") in symbols.parameters:
            return language, action
        case Ask() as asked if len(scope.pairs) == 1 and _is_of_a_value(scope, symbols, language):
            offers = tuple(filter(None, (_offer(offer, scope.pairs[0]) for offer in asked.offers)))
            return language, replace(asked, offers=offers)
    return None


def of_pair(symbols: Symbols, pair: str) -> Symbols:
    """The strategy as it is for a pair."""
    parameters = {name: replace(each, value=each.of(pair)) for name, each in symbols.parameters.items()}
    return replace(symbols, parameters=parameters)


def _settled(scope: Scope, plans: list[EditPlan], language: Language) -> tuple[Language, Meaning] | None:
    """The plan of these pairs; a question with it, where it is not clear that all of it is about them."""
    operations: list[Operation] = []
    for pair, plan in zip(scope.pairs, plans, strict=True):
        own = list(_own(plan, pair))
        if len(own) != len(plan.operations):
            return None
        operations += own
    if len(operations) > MOST_OPERATIONS:
        return language, Ask(say("too_many", language, count=len(operations), most=MOST_OPERATIONS))
    plan = EditPlan(tuple(operations))
    clear = scope.place == "start" or len(plans[0].operations) == 1
    if clear and not scope.bare and not _may_be_a_purchase(scope, plan):
        return language, plan
    return language, Ask(say("own_offer", language, pairs=_all(scope.pairs, language)), (Offer(plan=plan),))


def _may_be_a_purchase(scope: Scope, plan: EditPlan) -> bool:
    """Whether it may ask to buy that pair now: `põe 5% em btc`, without a word that says how large an order is."""
    sizes = any(isinstance(each, SetOverride) and each.name == "order_fraction" for each in plan.operations)
    return sizes and not pairs.words("sized").intersection(pairs.WORD.findall(plain(scope.rest)))


def _own(plan: EditPlan, pair: str) -> Iterator[Operation]:
    for operation in plan.operations:
        if isinstance(operation, SetParameter):
            yield SetOverride(operation.name, pair, operation.value, operation.was)


def _offer(offer: Offer, pair: str) -> Offer | None:
    if offer.plan is None:
        return None
    own = tuple(_own(offer.plan, pair))
    return msgspec.structs.replace(offer, plan=EditPlan(own)) if len(own) == len(offer.plan.operations) else None


def _is_of_a_value(scope: Scope, symbols: Symbols, language: Language) -> bool:
    """Whether the rest of the sentence speaks of a parameter, and of no rule."""
    lattice = build(read(scope.rest), language, symbols)
    return lattice.has("PARAM") and not any(lattice.has(category) for category in ("SIDE", "buy", "sell", "trade"))


# Taking one away ------------------------------------------------------------------------------------------------------


def _removal(scope: Scope, symbols: Symbols, language: Language) -> EditPlan | Ask | None:
    """`tira o stop especial`, `volta o stop pro geral`, `remove its own values`: every word of it has to be known."""
    lattice = build(read(scope.rest), language, symbols)
    names, words = _named(lattice)
    take, back, own, everyones, silent = map(pairs.words, ("take", "back", "own", "common", "silent"))
    special, common = words & own, words & everyones
    asks = (words & take and special) or (words & (take | back) and common)
    if not asks or words - take - back - own - everyones - silent:
        return None
    operations = [
        RemoveOverride(parameter.name, pair, parameter.own[pair])
        for pair in scope.pairs
        for parameter in symbols.parameters.values()
        if pair in parameter.own and (not names or parameter.name in names)
    ]
    told_pairs = _all(scope.pairs, language)
    if not operations:
        told = ", ".join(
            f"{name} {amount(symbols.parameters[name].value, symbols.parameters[name], language)}" for name in names
        )
        return Ask(say("own_none" if names else "own_nothing", language, pairs=told_pairs, values=told))
    if len(operations) > MOST_OPERATIONS:
        return Ask(say("too_many", language, count=len(operations), most=MOST_OPERATIONS))
    if names and {operation.name for operation in operations} != set(names) and len(operations) > 1:
        listing = listed((operation.name for operation in operations), language)
        return Ask(
            say("which", language, names=listing), tuple(Offer(plan=EditPlan((each,))) for each in operations[:3])
        )
    return EditPlan(tuple(operations))


def _named(lattice: Lattice) -> tuple[tuple[str, ...], set[str]]:
    """The parameters that are named, and the words that name none; a number is a word too."""
    names: dict[str, None] = {}
    words: set[str] = set()
    position = 0
    while position < lattice.end:
        found = [(end, value) for value, end in lattice.edges[position].get("PARAM", ())]
        if found:
            longest = max(end for end, _ in found)
            names.update((name, None) for end, value in found if end == longest for name in value)
            position = longest
            continue
        if lattice.tokens[position].kind is not Kind.MARK:
            words.add(lattice.tokens[position].key)
        position += 1
    return tuple(names), words


def _all(symbols: tuple[str, ...], language: Language) -> str:
    *most, last = symbols
    return f"{', '.join(most)} {say('join.all', language)} {last}" if most else last
