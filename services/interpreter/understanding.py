"""What one lattice means: as the grammar reads it, by its gist, or with the question about what it nearly means."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

from core.contracts import (
    Action,
    AddIndicator,
    EditPlan,
    Offer,
    SetParameter,
    Situation,
)
from services.interpreter import diagnosis, pointing, turning, wording
from services.interpreter.gist import (
    deeds,
    freely,
    guessing,
    indicators,
    joints,
    naming,
    questions,
    ruling,
    scenes,
    wishes,
)
from services.interpreter.gist import reading as gist
from services.interpreter.grammar import (
    actions,
    clauses,
    guards,
    telling,
    timeframes,
)
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import read
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.offers import gathering, words

WEIGHT: Final = "weight_"
WEIGHING: Final = ("peso", "pesa", "pese", "weigh", "wt", "conta", "conte", "count", "vale", "vote", "voto", "share")
DEALING: Final = frozenset(
    {"entrar", "entra", "entre", "entrada", "entradas", "comprar", "compra", "compre", "compras", "vender", "vende"}
    | {"sair", "saida", "enter", "entering", "entry", "entries", "buy", "buying", "buys", "sell", "selling", "exit"}
)
PLACED: Final = frozenset({"at", "em", "to", "=", "@"})
"""Before a number these say a value: `I want bollinger at 25 bars`."""
Meaning = EditPlan | Action | Ask | Refusal


def of_lattice(lattice: Lattice, situation: Situation) -> Meaning:
    """What a sentence means, or nearly means, and nothing that leaves out which bars an indicator is to count."""
    meant = _nearly(lattice, situation)
    if isinstance(meant, Ask) and any(each.plan for each in meant.offers) and telling.tells(lattice):
        return Refusal(wording.say("reported", lattice.language))  # whoever of the readers made the offer

    def without(text: str) -> Meaning:
        return _nearly(build(read(text), lattice.language, lattice.symbols, lattice.timeframe), situation)

    if isinstance(meant, EditPlan) and turning.is_idle(meant, lattice, without):
        return Ask(wording.say("not_understood", lattice.language))
    if not lattice.framed or not isinstance(meant, EditPlan | Ask):
        return meant
    if isinstance(meant, EditPlan):
        return meant if timeframes.kept(meant, lattice) else Ask(wording.say("not_understood", lattice.language))
    offers = tuple(each for each in meant.offers if each.plan is None or timeframes.kept(each.plan, lattice))
    return replace(meant, offers=offers, unused=meant.unused if offers else ())


def _nearly(lattice: Lattice, situation: Situation) -> Meaning:
    """What a sentence means, or with the question about it what it nearly means."""
    meant, together = _meaning(lattice, situation)
    edits = isinstance(meant, EditPlan) or (isinstance(meant, Ask) and any(each.plan for each in meant.offers))
    if edits and telling.tells(lattice):
        return Refusal(wording.say("reported", lattice.language))
    if isinstance(meant, EditPlan) and telling.says_how_it_is(lattice) and not diagnosis.orders(lattice):
        return Ask(wording.say("gist", lattice.language), (Offer(plan=meant),))
    if not isinstance(meant, EditPlan) and (back := pointing.back_to_what(lattice)) is not None:
        return back
    if isinstance(meant, EditPlan | Action):
        return (deeds.wanted(lattice) if deeds.ends_pause(lattice) else None) or meant
    if (done := deeds.wanted(lattice) or wishes.wish(lattice) or questions.asked(lattice)) is not None:
        return done

    def read_again(text: str) -> Meaning:
        return _meaning(build(read(text), lattice.language, lattice.symbols, lattice.timeframe), situation)[0]

    if (average := gathering.alone(lattice, read_again)) is not None:
        return average
    if isinstance(meant, Ask) and meant.offers:
        return meant

    for reader in (ruling.nearly, naming.nearly, indicators.nearly):
        if (without := gathering.left_out(*reader(lattice, words.changing()), lattice)) is not None:
            return without

    if (joined := joints.parted(lattice, read_again)) is not None:
        return joined
    nearly = gathering.instead(meant, lattice, read_again)
    asked = [each for each in (nearly, together) if isinstance(each, Ask) and each.offers]
    if asked:
        return min(asked, key=lambda each: len(each.unused))  # the one that leaves fewer words out
    return freely.guess(lattice) or together or nearly


def _meaning(lattice: Lattice, situation: Situation) -> tuple[Meaning, Ask | None]:
    """What a sentence means; and the question that its words come to together, where they do not read as a sentence."""
    if (meant := _read(lattice, situation)) is not None:
        return _unless_meant_otherwise(meant, lattice, situation), None
    together = None if pointing.elsewhere(lattice) is not None else gist.read(lattice, situation)
    if isinstance(together, EditPlan):
        return _unless_ruled(together, lattice), None
    if isinstance(together, Action):
        return together, None
    if together is None or not together.offers:
        together = scenes.guess(lattice) or guessing.guess(lattice) or together
    if isinstance(together, EditPlan):
        return together, None
    if together is not None and together.offers and telling.tells(lattice):
        together = None
    return diagnosis.explain(lattice), together


def _unless_meant_otherwise(meant: Meaning, lattice: Lattice, situation: Situation) -> Meaning:
    """An indicator, unless the words together say a value: `I want the ATR at 12`."""
    if not isinstance(meant, EditPlan) or not all(isinstance(each, AddIndicator) for each in meant.operations):
        return meant
    other = gist.read(lattice, situation)
    if not isinstance(other, EditPlan) or other == meant:
        return meant
    keys = [token.key for token in lattice.tokens]
    placed = any(first in PLACED and second[:1].isdigit() for first, second in pairwise(keys))
    sets = placed or any(key in gathering.SETTING for key in keys)  # `I want bollinger at 25 bars`
    first, second = (other, meant) if sets else (meant, other)
    return Ask(wording.say("gist", lattice.language), (Offer(plan=first), Offer(plan=second)))


def _read(lattice: Lattice, situation: Situation) -> Meaning | None:
    """What the grammar reads; None when it reads nothing."""
    clauses.add_edges(lattice)
    actions.add_edges(lattice)
    quoting = guards.is_quoting(lattice)
    starts = clauses.openings(lattice)
    done = None if quoting else actions.action(lattice, starts)
    if isinstance(done, Action):
        done = actions.settled(done, lattice, starts, situation)
    plans: list[EditPlan] = []
    asks: list[Ask] = []
    unsaid: list[
        Ask
    ] = []  # of readings that leave a name or a number open; one that does not is nearer to what was said
    readings = clauses.readings(lattice)
    for statements in readings:
        meant = clauses.plan(statements, lattice)
        if isinstance(meant, EditPlan) and meant not in plans:
            plans.append(meant)
        if isinstance(meant, Ask):
            (unsaid if clauses.is_open(statements) else asks).append(meant)
    if len(readings) >= clauses.MOST_READINGS:
        return Ask(wording.say("not_understood", lattice.language))
    if quoting:
        return Refusal(wording.say("quoted", lattice.language))
    ruled = None if plans else _by_gist(lattice)
    if isinstance(ruled, EditPlan) and (done is None or isinstance(done, Ask) or done.name not in actions.DEEDS):
        return ruled
    if done is not None and not plans:
        return _unless_asked(done, lattice) if isinstance(done, Action) and done.name in actions.DEEDS else done
    if len(plans) == 1 and not asks and done is None:
        return _unless_asked(_unless_ruled(plans[0], lattice), lattice)
    if plans or asks or unsaid:
        asked = diagnosis.between(plans, asks or unsaid, lattice)
        return gathering.beside(asked, plans, readings, lattice)
    return ruled


def _unless_ruled(plan: EditPlan, lattice: Lattice) -> EditPlan | Ask:
    """A weight that nobody called one is what a rule asks for, beside buying: `flow at 0.3 or more to enter`."""
    weights = all(isinstance(each, SetParameter) and each.name.startswith(WEIGHT) for each in plan.operations)
    keys = [token.key for token in lattice.tokens]
    if not weights or any(key.startswith(WEIGHING) for key in keys) or not DEALING.intersection(keys):
        return plan
    ruled = ruling.rule(lattice)
    return ruled if isinstance(ruled, EditPlan) else Ask(wording.say("not_understood", lattice.language))


def _by_gist(lattice: Lattice) -> EditPlan | Ask | None:
    """What a sentence says of names, indicators or rules, in any order of its words."""
    return naming.read(lattice) or indicators.read(lattice) or ruling.rule(lattice)


def _unless_asked(meant: EditPlan | Action | Ask, lattice: Lattice) -> Meaning:
    if guards.is_question(lattice) and not guards.is_polite_question(lattice):
        return Ask(wording.say("question", lattice.language))
    return meant
