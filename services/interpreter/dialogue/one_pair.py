"""A conversation about one pair: words that only name one, and words that name none any more.

`stop em 3%`, then `só no btc`: what waits is for that pair. `stop de 3% só no btc`, then `e o take em 6%`: these words
alone would set the value of every pair, so it is asked for whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from core.contracts import (
    EditPlan,
    Interpretation,
    Language,
    Offer,
    Operation,
    RemoveOverride,
    SetOverride,
    SetParameter,
    Status,
)
from core.contracts.plan import MOST_OPERATIONS
from core.symbols import Symbols
from services.interpreter.dialogue import words
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar import pairs
from services.interpreter.grammar.closing import plain
from services.interpreter.grammar.normalise import Kind, Text, clean, read
from services.interpreter.wording import say


def held_to_its_pair(turn: Turn, traded: tuple[str, ...], taken: Taken) -> Taken:
    """What the words came to, or the question for whom."""
    _, reply = taken
    plan = reply.meant.plan
    if plan is None or reply.confirmed or not any(isinstance(each, SetParameter) for each in plan.operations):
        return taken
    asked = turn.state.asked
    offered = asked is not None and any(offer.plan == plan for offer in asked.offers)
    about = tuple(dict.fromkeys(_open_about(turn, traded)))
    if offered or len(about) != 1 or _says_all(turn.text):
        return taken
    own = EditPlan(tuple(_of_pair(plan, about[0], turn.symbols)))
    question = say("dialogue.for_whom", reply.meant.language, pair=about[0])
    offers = tuple(Offer(plan=each) for each in dict.fromkeys((_without_nothing(own), plan)) if each is not None)
    meant = Interpretation(Status.ASK, reply.meant.language, reply.meant.backend, reply.meant.ms, question=question)
    return turn.asks(msgspec.structs.replace(meant, offers=offers), turn.text, None)


def narrowed(turn: Turn, traded: tuple[str, ...]) -> Taken | None:
    """What waits, for the pair that is all that the words name; `no eth também` is that pair besides."""
    waiting, said = turn.state.waiting, turn.said
    rest = words.bare("correcting", read(words.after_comma("denying", said) or said.lower))
    scope = pairs.scope(clean(turn.core if "but" in turn.peeled.marks else rest), traded)
    if (answered := _for_whom(turn, scope, said)) is not None:
        return answered
    if waiting is None or turn.state.asked is not None:  # what is asked about is nearer than what waits
        return None
    if scope is None or scope.bare or not scope.sure:
        return None
    left = _words(read(scope.rest))
    besides = left & pairs.words("besides")
    steps = waiting.plan.operations
    if left - besides - pairs.words("alone") or not all(isinstance(each, SetParameter | SetOverride) for each in steps):
        return None
    if besides and not all(isinstance(each, SetOverride) for each in steps):
        return None
    own = (each for pair in scope.pairs for each in _moved(steps, pair, turn.symbols))
    operations = tuple(dict.fromkeys((*(steps if besides else ()), *own)))
    plan = _without_nothing(EditPlan(operations)) if len(operations) <= MOST_OPERATIONS else None
    return None if plan is None else turn.now_waits(plan, turn.spelled(plan))


def _for_whom(turn: Turn, scope: pairs.Scope | None, said: Text) -> Taken | None:
    """The answer to our question: that pair, or all of them; None when it was not asked, or they say more."""
    asked = turn.state.asked
    if asked is None or len(asked.offers) != 2 or asked.question not in _questions(asked.offers[0]):
        return None
    left = _words(said if scope is None else read(scope.rest))
    everyone = left & pairs.words("everyone")
    if left - everyone - pairs.words("alone") - pairs.words("silent") or bool(everyone) == (scope is not None):
        return None
    return (
        turn.take(asked.offers[1 if everyone else 0])
        if scope is None or scope.pairs == _pairs(asked.offers[0])
        else None
    )


def _questions(offer: Offer) -> list[str]:
    """What was asked with that first offer, in either language; nothing when it is not of one pair."""
    return [say("dialogue.for_whom", each, pair=pair) for pair in _pairs(offer) for each in Language]


def _pairs(offer: Offer) -> tuple[str, ...]:
    steps = offer.plan.operations if offer.plan is not None else ()
    return tuple(dict.fromkeys(each.pair for each in steps if isinstance(each, SetOverride | RemoveOverride)))


def _words(said: Text) -> set[str]:
    """All that was said but marks: a number is a word too."""
    return {token.key for token in said.tokens if token.kind is not Kind.MARK}


def _moved(steps: tuple[Operation, ...], pair: str, symbols: Symbols) -> Iterator[Operation]:
    for each in steps:
        if isinstance(each, SetParameter | SetOverride) and each.name in symbols.parameters:
            yield SetOverride(each.name, pair, each.value, symbols.parameters[each.name].of(pair))


def _open_about(turn: Turn, traded: tuple[str, ...]) -> Iterator[str]:
    """The pairs that the open question or the plan that waits is about."""
    asked, waiting = turn.state.asked, turn.state.waiting
    plans = [offer.plan for offer in asked.offers] if asked is not None else []
    plans += [waiting.plan] if waiting is not None else []
    for plan in filter(None, plans):
        yield from (each.pair for each in plan.operations if isinstance(each, SetOverride | RemoveOverride))
    if asked is not None:
        own = (pair for parameter in turn.symbols.parameters.values() for pair in parameter.own)
        scope = pairs.scope(clean(asked.said), tuple(dict.fromkeys((*traded, *own))))
        yield from scope.pairs if scope is not None else ()


def _says_all(text: str) -> bool:
    """Whether the words say themselves that they are about every pair, or about other ones."""
    return bool(pairs.words("everyone").intersection(pairs.WORD.findall(plain(clean(text)))))


def _of_pair(plan: EditPlan, pair: str, symbols: Symbols) -> Iterator[Operation]:
    for each in plan.operations:
        if isinstance(each, SetParameter) and each.name in symbols.parameters:
            yield SetOverride(each.name, pair, each.value, symbols.parameters[each.name].of(pair))
        else:
            yield each


def _without_nothing(plan: EditPlan) -> EditPlan | None:
    """The plan less what is so already; None when that is all of it."""
    kept: Iterable[Operation] = (
        each for each in plan.operations if not (isinstance(each, SetOverride) and each.value == each.was)
    )
    left = tuple(kept)
    return EditPlan(left) if left else None
