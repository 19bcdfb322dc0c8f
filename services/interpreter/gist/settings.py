"""Settings by their gist: a topic and an amount are a setting, whatever the order: `meu stop agora é 5%`.

A plan wants every word accounted for, and every word that points to a parameter to point to the same.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.contracts import EditPlan, Offer, Situation
from services.interpreter.gist import guarding, orders, remarks
from services.interpreter.gist.force import OUTCOMES, Force, force
from services.interpreter.gist.labelling import labelled
from services.interpreter.gist.labels import NAMED, Pointer, Word
from services.interpreter.gist.outcome import Reading
from services.interpreter.gist.pieces import Piece, amounts, cut, names
from services.interpreter.gist.saying import change
from services.interpreter.gist.topics import Topic, alone, named, topic
from services.interpreter.grammar import clauses, telling
from services.interpreter.grammar.adjustment import Adjustment, How
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask
from services.interpreter.offers import explicit

FILE: Final = "settings"
DENYING: Final = frozenset({",", ".", ";", ":", "-", "!"})
PLACED: Final = frozenset({"at", "em", "com", "with"})
FOR_A_DEED: Final = re.compile(
    r"\b(?:pra|para) (?:poder )?(?:entrar|comprar|vender|sair)\b|\bto (?:buy|enter|sell|exit)\b"
)
"""`Flow has to be 0.3 or more to enter` is a rule, and no weight."""
HEAVY: Final = frozenset({"peso", "pesos", "weight", "weights", "pesa", "pese", "weigh"})
TIMED: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekend", "weekdays", "dawn"),
    *("morning", "by_night", "midnight", "noon"),
)
MEASURING: Final = frozenset(
    (
        *("set", "alter", "raise", "lower", "widen", "tighten", "plus", "minus", "double", "triple", "halve"),
        *("to", "strict_to", "by", "from", "at", "for", "onto", "part_of", "more_by", "more_adjective", "times"),
        *("less_adjective", "upwards", "downwards", "of_current", "op_ge", "op_le", "op_gt", "op_lt", "half_of"),
        *("half_to", "half_by", "double_amount", "thrice", "is", "skip", "polite", "polite_question", "join", "comma"),
        *("list_and", "and", "respectively", "henceforth", "between"),
    )
)
"""Roles of the grammar's words that a setting accounts for."""


def read(lattice: Lattice, _situation: Situation) -> Reading | None:
    """The setting that a sentence is, if it is one."""
    gist = labelled(lattice, FILE, numbered=False)
    if not any(names(word) for word in gist.words) or telling.tells(lattice) or _is_for_a_time(lattice):
        return None
    if FOR_A_DEED.search(lattice.text.lower) and any(_is_of_signal(word) for word in gist.words):
        return None
    if not guarding.refuses(gist):
        unused = tuple(word.said for word in gist.unknown)
        if not unused or (guarding.may_go(gist) and orders.carries(gist)):
            whole = _changes(tuple(word for word in gist.words if word.known), unused, lattice)
            if whole is not None:
                return replace(whole, sure=whole.sure and not telling.says_how_it_is(lattice))
    for words, unused in remarks.parted(gist):
        if (order := _changes(words, unused, lattice)) is not None and order.offers:
            return replace(order, sure=False)
    return None


def _is_of_signal(word: Word) -> bool:
    """Whether a word points to the weight of a signal, and not as a weight: a rule may look at the signal itself."""
    return any(
        name.startswith("weight_") and not HEAVY & set(word.said.split())
        for pointer in word.topics("param")
        for name in pointer.names
    )


def _is_for_a_time(lattice: Lattice) -> bool:
    """Whether a day or an hour is named, at which or from which on it would hold: a setting has none."""
    silent = {
        place
        for start, edges in enumerate(lattice.edges)
        for _, end in edges.get("skip", ())
        for place in range(start, end)
    }
    return any(
        category in edges for place, edges in enumerate(lattice.edges) if place not in silent for category in TIMED
    )


def _changes(words: tuple[Word, ...], unused: tuple[str, ...], lattice: Lattice) -> Reading | None:
    """What these words change, the others left out."""
    known = orders.in_percent(tuple(_narrowed(word, words) for word in words))
    if not all(_accounted(word) for word in known) or not orders.stands(known):
        return None
    if lattice.has("COND") and any("buy_threshold" in weak or "sell_threshold" in weak for weak in _weakly(known)):
        return None  # `volume twice its average to buy`: a rule
    if known and known[0].said == "no" and known[1:] and known[1].said in DENYING:
        return None  # `no, the book's`
    pieces = _pieces(known, lattice)
    if not pieces or (any(word.has("past") for word in known) and pieces[0].was is None):
        return None
    found = [_changed(piece, pieces, lattice) for piece in pieces]
    changes = [each for each, _ in found if each is not None]
    if len(changes) < len(found) or not changes:
        return None
    sure = all(sure for _, sure in found) and not unused
    weight = sum(pointer.weight for word in known for pointer in word.topics("param"))
    return _reading(tuple(changes), sure, unused, weight, lattice)


def _weakly(words: tuple[Word, ...]) -> list[tuple[str, ...]]:
    """What words point to that are weak evidence only: `to buy`."""
    return [pointer.names for word in words for pointer in word.topics("param") if pointer.weight == 1]


def _narrowed(word: Word, words: tuple[Word, ...]) -> Word:
    """`Take the stop to 3%`: a verb that is a name too, before another name, is a verb."""
    rest = [other for other in words if other is not word]
    if word.has("minus") and named([word]) and named(rest) and word.start == 0:
        return replace(word, pointers=())
    return word


def _accounted(word: Word) -> bool:
    """Whether a setting may hold the word."""
    return bool(word.chosen or names(word) or word.amount or word.share or not word.roles.isdisjoint(MEASURING))


def _pieces(words: tuple[Word, ...], lattice: Lattice) -> tuple[Piece, ...]:
    """One piece a change. Two amounts of one thing are its value before and after."""
    places = amounts(words)
    if len(places) == 2 and (both := _before_and_after(words, places, lattice)) is not None:
        return (both,) if not any(word.has("or") or word.said in orders.BETWEEN for word in words) else ()
    ordered = orders.in_order(words, lattice)
    if ordered:
        return ordered
    return orders.without_kept(cut(words))


def _before_and_after(words: tuple[Word, ...], places: list[int], lattice: Lattice) -> Piece | None:
    abouts = [topic(Piece(words, place), (), lattice.symbols) for place in reversed(places)]
    about = next((about for about in abouts if about is not None and about.sure), None)
    if about is None:
        return _of_what_it_was(words, places, abouts, lattice)
    now = Decimal(repr(lattice.symbols.parameters[about.names[0]].value))
    first, second = (_value(words[place]) for place in places)
    bare = words[places[0]].amount
    unit = words[places[1]].amount
    if bare is not None and unit is not None and not bare.unit and unit.unit == "percent":
        first /= 100
    if bare is not None and unit is not None and not (bare.unit or unit.unit) and first == 100 * now:
        return _before_and_after(orders.as_percent(words), places, lattice)
    between = words[places[0] + 1 : places[1]]
    if second == now and first != now and any("was" in w.chosen and w.said not in orders.SMALL for w in between):
        return Piece(words, places[0], places[1])
    said = any(word.has("was") for word in words[: places[0]])
    return Piece(words, places[1], places[0]) if first == now or said else None


def _of_what_it_was(
    words: tuple[Word, ...], places: list[int], abouts: list[Topic | None], lattice: Lattice
) -> Piece | None:
    """`The rsi from fourteen to eleven`: of several that may be meant, the one that has the first value."""
    names = {name for about in abouts if about is not None for name in about.names}
    first = words[places[0]].amount
    parameters = lattice.symbols.parameters
    there = [name for name in names if first and Decimal(repr(parameters[name].value)) == first.number]
    if len(there) != 1 or not any("was" in word.chosen for word in words[: places[0]]):
        return None
    said = replace(words[places[1]], pointers=(Pointer("param", (there[0],), NAMED),))
    return Piece((*words[: places[1]], said, *words[places[1] + 1 :]), places[1], places[0])


def _value(word: Word) -> Decimal:
    quantity = word.amount
    if quantity is None:
        return Decimal(0)
    return quantity.number / 100 if quantity.unit == "percent" else quantity.number


def _changed(piece: Piece, pieces: tuple[Piece, ...], lattice: Lattice) -> tuple[Adjustment | None, bool]:
    """What a piece changes, and whether that is sure."""
    others = [other for other in pieces if other is not piece]
    about = topic(piece, others, lattice.symbols)
    if about is not None and (plain := orders.losing(piece, about.names)) is not None:
        piece, about = plain, topic(plain, others, lattice.symbols)
    if about is None or not orders.suits(piece, about.names) or orders.waits(piece, about.names):
        return None, False
    if not about.sure and orders.compares(piece, about.names):
        return None, False
    meant, sure = _names(piece, about)
    weight = force(piece, about.names)
    unclear = len(meant) == 1 and len(meant[0]) > 1
    if weight is Force.NONE or (unclear and piece.has("is", "equals") and not piece.has("set")):
        return None, False
    ordered = weight is Force.ORDER and not _is_signed(piece, lattice)
    changed = change(piece, meant, lattice.symbols.parameters[meant[0][0]])
    if changed is not None and _is_what_it_comes_to(changed, piece):
        return None, False
    return changed, sure and ordered


def _is_what_it_comes_to(changed: Adjustment, piece: Piece) -> bool:
    """Whether `down 3%` and `at minus 2%` say what a position comes to, and not by how much a setting changes."""
    names = {name for meant in changed.names for name in meant}
    if changed.how not in (How.BY, How.UNCLEAR) or names & set(named(piece.words)):
        return False
    if names & OUTCOMES:
        return True
    quantity = piece.amount.amount if piece.amount is not None else None
    placed = bool(piece.value) and piece.words[(piece.value or 1) - 1].said in PLACED
    return quantity is not None and quantity.number < 0 and placed


def _is_signed(piece: Piece, lattice: Lattice) -> bool:
    """Whether a plus is written to the number: `ema_fast +2` may say the value as well, `ema_fast + 2` may not."""
    if piece.value is None or not piece.value or piece.words[piece.value - 1].said != "+":
        return False
    plus, number = lattice.tokens[piece.words[piece.value - 1].start], lattice.tokens[piece.words[piece.value].start]
    return plus.end == number.start


def _names(piece: Piece, about: Topic) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """The parameters; `both` and a factor are said of all that are named."""
    said = named(piece.words) or alone(piece.words)
    if len(said) > 1 and (piece.has("both") or (piece.amount is None and piece.has("join", "and", "comma"))):
        return tuple((name,) for name in said), True
    if piece.has("both") and len(about.names) > 1:
        return tuple((name,) for name in about.names), True
    return (about.names,), about.sure


def _reading(
    changes: tuple[Adjustment, ...], sure: bool, unused: tuple[str, ...], weight: int, lattice: Lattice
) -> Reading | None:
    meant = clauses.plan(changes, lattice)
    if isinstance(meant, EditPlan):
        return Reading((Offer(plan=meant),), sure, weight, unused)
    offers = tuple(explicit.offers(changes, lattice))
    question = meant.text if isinstance(meant, Ask) else ""
    missing = any(each.how is How.MISSING for each in changes)
    unclear = any(len(meant) > 1 for each in changes for meant in each.names)
    if (unused and (unclear or not offers)) or (missing and offers):
        return None
    return Reading(offers, False, weight, unused, question)
