"""More to the plan that waits: `e também o take em 6%`, `take em 6% também`, `sim, e o take em 6%`, `same for it`."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from core.contracts import EditPlan, Offer, SetParameter, Status
from services.interpreter.dialogue import plans, sentences, siblings, words
from services.interpreter.dialogue.answering import completed
from services.interpreter.dialogue.rewording import corrected
from services.interpreter.dialogue.state import Waiting
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar.normalise import read


def added(turn: Turn) -> Taken | None:
    """The plan that waits with more, all of it waiting for a yes."""
    waiting = turn.state.waiting
    more = _more(turn)
    about = more or turn.core
    other = words.after("same_for", read(about)) or words.without_end("the_same", about)
    if other not in ("", about) and (other != about):
        return _same_for(turn, other)
    if waiting is None or not more:
        return None
    said = sentences.joined(waiting.said, more, waiting.language) if waiting.said else more
    meant = turn.understand(said)
    if meant.plan is not None and waiting.said:
        return turn.now_waits(meant.plan, said)
    if (plan := turn.plan_of(more) or _of_sibling(turn, waiting, more)) is not None:
        return turn.both(waiting.plan, plan)
    if words.after("adding", read(turn.core)) is None:
        return None
    alone = turn.understand(more)
    if alone.status is Status.ASK and (alone.offers or sentences.names_something(more, turn.language, turn.symbols)):
        return turn.asks(alone, more, waiting.plan)
    return _without(turn, waiting, more) if alone.action is None else None


def _of_sibling(turn: Turn, waiting: Waiting, more: str) -> EditPlan | None:
    """The plan of a name that leaves out what it shares: `and the book's at 0.35`."""
    called = plans.topic(waiting.plan)
    said = siblings.set_to(turn, more, called) if called is not None else None
    return turn.plan_of(said) if said is not None else None


def in_parts(turn: Turn) -> Taken | None:
    """Another value, and more: `não, 4%, e o take em 8%`."""
    said = read(turn.core)
    if turn.amount(turn.core) is not None:
        return None
    for token in said.tokens[1:]:
        first, rest = said.lower[: token.start].rstrip(" ,.;"), said.lower[token.start :]
        if words.after("adding", read(rest)) and turn.amount(first) is not None:
            valued = completed(replace(turn, text=first))
            once = valued if valued is not None else corrected(replace(turn, text=f"{_NO}{first}"))
            if once is None or once[0].waiting is None or once[1].meant.plan is None:
                return None
            return added(replace(turn, text=rest, state=once[0]))
    return None


_NO = "no, "


def _more(turn: Turn) -> str | None:
    """What is to be added; None where nothing says that it is more."""
    found = turn.peeled
    if found.corrects:
        return None
    more = _after_verbs(words.after("adding", read(found.core)))
    rest = words.without_end("besides", more or found.core)
    if more or rest != found.core:
        return rest if _is_told_apart(turn, more) else None
    plan = turn.plan_of(found.core) if "yes" in found.marks else None
    return found.core if plan is not None and _sets_values(plan) else None


def _after_verbs(more: str | None) -> str | None:
    """Without a verb that adds once more: `oh and throw in a cooldown of 2 minutes`."""
    again = words.after("adding", read(more)) if more else None
    added = again is not None and more is not None and read(more).tokens[0].key in words.listed("verbs_of_adding")
    return again if added else more


def _is_told_apart(turn: Turn, more: str | None) -> bool:
    """Whether `add` is said of the plan, and not of the strategy as in `add a 200 EMA`."""
    verb = read(turn.core).tokens[0].key
    if more is None or verb not in words.listed("verbs_of_adding"):
        return True
    plan: EditPlan | None = turn.plan_of(words.without_end("besides", more))
    return plan is not None and _sets_values(plan)


def _sets_values(plan: EditPlan) -> bool:
    return all(isinstance(each, SetParameter) for each in plan.operations)


def _without(turn: Turn, waiting: Waiting, more: str) -> Taken:
    """What was to be added is not understood: whether the plan is meant without it. A yes is for that, and no more."""
    asked = turn.question("without_more", said=more)
    offered = msgspec.structs.replace(asked, offers=(Offer(plan=waiting.plan),), unused=(more,))
    return turn.asks(offered, waiting.said, None)


def _same_for(turn: Turn, other: str) -> Taken | None:
    about = turn.state.waiting or turn.state.last
    called = turn.name(other) or other
    said = None if about is None else sentences.with_name(about.said, called, about.language, turn.symbols)
    if about is None or said is None:
        return None
    meant = turn.understand(said)
    if meant.plan is None:
        return turn.asks(meant, said, turn.state.waiting.plan if turn.state.waiting else None)
    if turn.state.waiting is None:
        return turn.now_waits(meant.plan, said)
    return turn.both(turn.state.waiting.plan, meant.plan)
