"""The plan that waits, otherwise or with more: `não, 5%`, `make it 4`, `e também o take em 6%`, `same for it`."""

from __future__ import annotations

import msgspec

from core.contracts import Offer, Status
from services.interpreter.dialogue import plans, sentences, words
from services.interpreter.dialogue.state import Waiting
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar.normalise import read


def added(turn: Turn) -> Taken | None:
    """More to the plan that waits: `e também o take em 6%`, `o mesmo para o take`."""
    waiting = turn.state.waiting
    more = words.after("adding", turn.said)
    if more:
        more = words.without_end("besides", more)
    rest = more or turn.text
    if (other := words.after("same_for", read(rest))) is not None:
        return _same_for(turn, other)
    if waiting is None or not more:
        return None
    said = sentences.joined(waiting.said, more, waiting.language) if waiting.said else more
    meant = turn.understand(said)
    if meant.plan is not None and waiting.said:
        return turn.now_waits(meant.plan, said)
    alone = turn.understand(more)
    if alone.plan is not None:
        return turn.both(waiting.plan, alone.plan)
    if alone.status is Status.ASK and (alone.offers or sentences.names_something(more, turn.language, turn.symbols)):
        return turn.asks(alone, more, waiting.plan)
    return _without(turn, waiting, more) if alone.action is None else None


def _without(turn: Turn, waiting: Waiting, more: str) -> Taken:
    """What was to be added is not understood: whether the plan is meant without it. A yes is for that, and no more."""
    asked = turn.question("without_more", said=more)
    offered = msgspec.structs.replace(asked, offers=(Offer(plan=waiting.plan),), unused=(more,))
    return turn.asks(offered, waiting.said, None)


def _same_for(turn: Turn, other: str) -> Taken | None:
    about = turn.state.waiting or turn.state.last
    called = sentences.name(other, turn.language, turn.symbols) or other
    said = None if about is None else sentences.with_name(about.said, called, about.language, turn.symbols)
    if about is None or said is None:
        return None
    meant = turn.understand(said)
    if meant.plan is None:
        return turn.asks(meant, said, turn.state.waiting.plan if turn.state.waiting else None)
    if turn.state.waiting is None:
        return turn.now_waits(meant.plan, said)
    return turn.both(turn.state.waiting.plan, meant.plan)


def corrected(turn: Turn) -> Taken | None:
    """The plan that waits, otherwise: `não, 5%`, `make it 4`, `quer dizer, o take`."""
    rest = turn.correction()
    marked = turn.marks_correction() or words.after("making", read(rest)) is not None
    waiting = turn.state.waiting or (turn.state.last if marked else None)
    if waiting is None:
        return None
    value = sentences.amount(words.bare("making", read(rest)), waiting.language, turn.symbols)
    if value is not None:
        return _with_value(turn, waiting, value, explicit=words.after("making", read(rest)) is not None)
    if said := sentences.with_average(waiting.said, rest, waiting.language, turn.symbols):
        return _reread(turn, said)
    if not turn.marks_correction():
        return None
    called = sentences.name(rest, waiting.language, turn.symbols)
    if called is not None and (said := sentences.with_name(waiting.said, called, waiting.language, turn.symbols)):
        return _reread(turn, said)
    meant = turn.understand(rest)
    if meant.plan is None:
        return turn.asks(meant, rest, None) if meant.offers else None
    return (
        turn.both(waiting.plan, meant.plan)
        if plans.is_part(meant.plan, waiting.plan)
        else turn.now_waits(meant.plan, rest)
    )


def _with_value(turn: Turn, about: Waiting, value: str, *, explicit: bool) -> Taken | None:
    """Another amount in the sentence, or the value itself where that may be meant as well."""
    ways = list(sentences.with_amount(about.said, value, about.language, turn.symbols))
    called = plans.only_parameter(about.plan)
    if called is not None and len(ways) <= 1:
        said = sentences.in_unit_of(about.said, value, about.language, turn.symbols)
        exact = sentences.setting(called, said, about.language)
        ways = [exact] if explicit else [*ways, exact]
    meanings = [(turn.understand(way), way) for way in ways]
    found = [(meant.plan, way) for meant, way in meanings if meant.plan is not None]
    apart = [plan for place, (plan, _) in enumerate(found) if plan not in [each for each, _ in found[:place]]]
    if len(apart) == 1:
        return turn.now_waits(*found[0])
    if apart:
        return turn.which(apart, about)
    return turn.asks(meanings[0][0], meanings[0][1], None) if meanings else None


def _reread(turn: Turn, said: str) -> Taken:
    meant = turn.understand(said)
    return turn.now_waits(meant.plan, said) if meant.plan is not None else turn.asks(meant, said, None)
