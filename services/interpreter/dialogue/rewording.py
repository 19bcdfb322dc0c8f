"""The plan that waits, otherwise: `não, 5%`, `make it 4`, `errei, era o take`, `não é 3, é 4`."""

from __future__ import annotations

from core.contracts import EditPlan
from services.interpreter.dialogue import plans, sentences, siblings, units, words
from services.interpreter.dialogue.contrasting import contrasts
from services.interpreter.dialogue.state import Waiting
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar.normalise import read


def corrected(turn: Turn) -> Taken | None:
    """The plan that waits, or was confirmed last, with another value or name, or another plan instead."""
    found = turn.peeled
    explicit = words.after("making", read(found.core)) is not None
    about = turn.about or (turn.state.last if found.corrects or explicit else None)
    if about is None:
        return None
    if (other := _in_other_unit(turn, about, found.core)) is not None:
        return other
    value = turn.amount(found.core) or _on_the_same_side(turn, found.core, about)
    if value is not None:
        return _with_value(turn, about, value, explicit=explicit)
    if said := sentences.with_average(about.said, found.core, about.language, turn.symbols):
        return _reread(turn, said)
    core = _after_dropped(turn, about.plan) or (found.core if found.corrects else None)
    if core is None:
        return _of_another(turn, about)
    if (said := _set_another(turn, about, core)) is not None:
        return _reread(turn, said)
    called = turn.name(core) or _sibling(turn, about, core)
    if called is not None and (said := sentences.with_name(about.said, called, about.language, turn.symbols)):
        return _reread(turn, said)
    return _instead(turn, about, core)


def _sibling(turn: Turn, about: Waiting, core: str) -> str | None:
    """Another name of the kind of the one that the plan is about: `não, o do livro`."""
    called = plans.only_parameter(about.plan)
    return siblings.sibling(turn, core, called) if called is not None and len(about.plan.operations) == 1 else None


def _in_other_unit(turn: Turn, about: Waiting, new: str, old: str = "") -> Taken | None:
    """The same number of something else, where what is set is counted in it: `segundos, não minutos`."""
    said = units.exchanged(about.said, new, about.language, turn.symbols, old)
    meant = turn.understand(said) if said is not None else None
    return None if meant is None or meant.plan is None or said is None else turn.now_waits(meant.plan, said)


def _of_another(turn: Turn, about: Waiting) -> Taken | None:
    """Nothing but another name of its kind: `the slow one`, of a plan that waits."""
    other = _sibling(turn, about, turn.core) if turn.state.waiting is not None else None
    said = None if other is None else sentences.with_name(about.said, other, about.language, turn.symbols)
    return None if said is None else _reread(turn, said)


def _set_another(turn: Turn, about: Waiting, core: str) -> str | None:
    """Another name of its kind with its value: `argh, oversold, 22`."""
    called = plans.only_parameter(about.plan)
    return siblings.set_to(turn, core, called) if called is not None and len(about.plan.operations) == 1 else None


def contrasted(turn: Turn) -> Taken | None:
    """One thing and not another, of which the other is in the plan: `28, não 25`, `not the stop, the take profit`."""
    about = turn.about or turn.state.last
    if about is None:
        return None
    after = words.after("correcting", turn.said) or ""
    for contrast in (*contrasts(turn.text), *contrasts(after)):
        if (other := _in_other_unit(turn, about, contrast.new, contrast.old)) is not None:
            return other
        value, old = turn.amount(contrast.new), turn.amount(contrast.old)
        if value is not None and old is not None:
            if any(sentences.with_amount(about.said, value, about.language, turn.symbols, old)):
                return _with_value(turn, about, value, explicit=False, old=old)
            continue
        called, left = turn.name(contrast.new), turn.name(contrast.old)
        if called is None or left is None or called == left:
            continue
        if [plans.name_of(each) for each in about.plan.operations] == [left]:
            said = sentences.with_name(about.said, called, about.language, turn.symbols)
            return _reread(turn, said) if said is not None else None
    return None


def _on_the_same_side(turn: Turn, core: str, about: Waiting) -> str | None:
    """The value of a rule, said with its comparison: `abaixo de 28` of a rule that says `abaixo de` too."""
    rest = words.after("sides", read(core))
    if not rest:
        return None
    side = core[: len(core) - len(rest)].strip()
    return turn.amount(rest) if f" {side} " in f" {read(about.said).lower} " else None


def _after_dropped(turn: Turn, plan: EditPlan) -> str | None:
    """What is wanted instead of the one thing that the plan is about: `esquece o stop, take em 6%`."""
    rest = words.after("leaving_out", turn.said) or words.after("leaving_out", read(turn.core))
    first, mark, more = (rest or "").partition(",")
    if not mark or [turn.name(first.strip())] != [plans.name_of(each) for each in plan.operations]:
        return None
    return more.strip()


def _instead(turn: Turn, about: Waiting, core: str) -> Taken | None:
    """Another plan, or part of the same one otherwise."""
    plan = turn.plan_of(core)
    if plan is None and not sentences.names_something(core, turn.language, turn.symbols):
        topic = plans.topic(about.plan) or ""
        plain = words.bare("merely", read(core))
        spelled = [sentences.with_topic(plain, topic), *sentences.about(plain, topic)]
        plan = next(filter(None, (turn.plan_of(said) for said in spelled if said)), None)
        core = "" if plan is not None else core
    if plan is None:
        meant = turn.understand(core)
        return turn.asks(meant, core, None) if meant.offers else None
    return turn.both(about.plan, plan) if plans.is_part(plan, about.plan) else turn.now_waits(plan, core)


def _with_value(turn: Turn, about: Waiting, value: str, *, explicit: bool, old: str = "") -> Taken | None:
    """Another amount in the sentence, or the value itself where that may be meant as well."""
    ways = list(sentences.with_amount(about.said, value, about.language, turn.symbols, old))
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
