"""A sentence said before with something else in one place: another value, another name, a name for `it`.

What comes out is words again, which the grammar reads as it reads any: nothing here makes a plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from core.contracts import Language
from core.symbols import Symbols
from services.interpreter.dialogue import words
from services.interpreter.grammar.actions import PERIODS
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import read
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.naming import parameters_named

NUMBER: Final = re.compile(r"^[\d.,]+\s*")
UNITS: Final = {"percent": "%", "points_percent": " pp", "bps": " bps", "seconds": " s", "points": "", "bars": ""}
TO: Final = {Language.PT: "para", Language.EN: "to"}
AND: Final = {Language.PT: "e", Language.EN: "and"}
FOR: Final = {Language.PT: "no {pair}: ", Language.EN: "for {pair}: "}
SET: Final = {Language.PT: "{name} em {value}", Language.EN: "set {name} to {value}"}
Span = tuple[int, int]


def lattice(text: str, language: Language, symbols: Symbols) -> Lattice:
    """What the words of a sentence are."""
    return build(read(text), language, symbols)


def amount(text: str, language: Language, symbols: Symbols) -> str | None:
    """The amount that the whole of a sentence is, as it was said; None when it is more, or none."""
    own = lattice(text, language, symbols)
    for start in own.starts[0]:
        for quantity, end in own.edges[start].get("VALUE", ()):
            if own.finished(end):
                said: str = quantity.said
                return said
    return None


def name(text: str, language: Language, symbols: Symbols) -> str | None:
    """The one parameter or rule that the whole of a sentence is; None when it is more, or several."""
    own = lattice(text, language, symbols)
    for start in own.starts[0]:
        for kind in ("PARAM", "RULE"):
            for value, end in own.edges[start].get(kind, ()):
                if own.finished(end) and len(value) == 1:
                    return str(value[0])
    return None


def names(text: str, language: Language, symbols: Symbols) -> list[tuple[str, ...]]:
    """The parameters that a sentence names, each as those that may be meant."""
    return parameters_named(lattice(text, language, symbols))


def one_name(text: str, language: Language, symbols: Symbols) -> str | None:
    """The one parameter that a sentence names; None when it names several, or a word that several have."""
    named = names(text, language, symbols)
    return named[0][0] if len(named) == 1 and len(named[0]) == 1 else None


def names_something(text: str, language: Language, symbols: Symbols) -> bool:
    """Whether a sentence names a parameter or a rule."""
    own = lattice(text, language, symbols)
    return own.has("PARAM") or own.has("RULE")


def with_amount(text: str, said: str, language: Language, symbols: Symbols, old: str = "") -> Iterator[str]:
    """The sentence with its amount exchanged; of several amounts, one exchanged at a time, the last one first.

    Only those which are `old`, where one is given.
    """
    own = lattice(text, language, symbols)
    for start, end, quantity in reversed(_amounts(own)):
        if not old or _same(old, quantity, language, symbols):
            yield own.text.lower[:start] + _in_its_unit(said, quantity, own) + own.text.lower[end:]


def _same(said: str, quantity: Quantity, language: Language, symbols: Symbols) -> bool:
    """Whether an amount that was said is this one; a bare number is it in any unit."""
    found = [each for _, _, each in _amounts(lattice(said, language, symbols))]
    if len(found) != 1:
        return False
    bare = {"seconds": NUMBER.match(quantity.said)}
    same_unit = found[0].unit == quantity.unit and found[0].readings == quantity.readings
    digits = bare.get(quantity.unit) if not found[0].unit else None
    if digits is not None:
        return digits[0].strip() == found[0].said
    return same_unit or (not found[0].unit and found[0].readings == quantity.readings)


def in_percent(text: str, language: Language, symbols: Symbols) -> str:
    """The sentence with its bare numbers as percentages."""
    own = lattice(text, language, symbols)
    said = own.text.lower
    for start, end, quantity in reversed(_amounts(own)):
        if not quantity.unit:
            said = said[:start] + f"{quantity.number:f}%" + said[end:]
    return said


def in_unit_of(text: str, said: str, language: Language, symbols: Symbols) -> str:
    """A bare number with the unit that the sentence's last amount has."""
    amounts = _amounts(lattice(text, language, symbols))
    return _in_its_unit(said, amounts[-1][2], lattice(said, language, symbols)) if amounts else said


def only_amount(text: str, language: Language, symbols: Symbols) -> str | None:
    """The one amount that a sentence says among other words; None when it says none, or several."""
    own = lattice(text, language, symbols)
    found = _amounts(own)
    return own.text.lower[found[0][0] : found[0][1]] if len(found) == 1 else None


def says_amount(text: str, language: Language, symbols: Symbols) -> bool:
    """Whether an amount is said in a sentence."""
    return bool(_amounts(lattice(text, language, symbols)))


def _in_its_unit(said: str, before: Quantity, own: Lattice) -> str:
    """`make it 4` of 3 % is 4 %, and so is `make it four`."""
    if not re.fullmatch(r"[\d.,]+", said):
        worded = [each for _, _, each in _amounts(lattice(said, own.language, own.symbols))]
        if len(worded) != 1 or worded[0].unit or len(worded[0].readings) != 1:
            return said
        said = f"{worded[0].number:f}"
    suffix = NUMBER.sub("", before.said) if NUMBER.match(before.said) else UNITS.get(before.unit, "")
    return f"{said}{suffix if suffix in ('', '%') else ' ' + suffix.strip()}"


def _amounts(own: Lattice) -> list[tuple[int, int, Quantity]]:
    found: list[tuple[int, int, Quantity]] = []
    reached = 0
    for start in range(own.end):
        longest = max(own.edges[start].get("VALUE", ()), key=lambda edge: edge[1], default=None)
        if longest is not None and start >= reached:
            quantity, end = longest
            found.append((own.tokens[start].start, own.tokens[end - 1].end, quantity))
            reached = end
    return found


def with_name(text: str, called: str, language: Language, symbols: Symbols) -> str | None:
    """The sentence about another parameter or rule; None where it names none."""
    own = lattice(text, language, symbols)
    place = _name_place(own)
    return None if place is None else own.text.lower[: place[0]] + called + own.text.lower[place[1] :]


def _name_place(own: Lattice) -> Span | None:
    """Where the last name of a sentence stands."""
    found: Span | None = None
    reached = 0
    for start in range(own.end):
        ends = [end for kind in ("PARAM", "RULE") for _, end in own.edges[start].get(kind, ())]
        if ends and start >= reached:
            reached = max(ends)
            found = (own.tokens[start].start, own.tokens[reached - 1].end)
    return found


def with_average(text: str, said: str, language: Language, symbols: Symbols) -> str | None:
    """A rule against an average with a multiple of it: `twice the average`; None where either has none."""
    own, other = lattice(text, language, symbols), lattice(said, language, symbols)
    factors = ("twice", "thrice", "half_of")
    if not (other.has("average") and any(other.has(category) for category in factors)) or other.has("FEATURE"):
        return None
    places = [
        (start, max(end for _, end in edges["average"])) for start, edges in enumerate(own.edges) if "average" in edges
    ]
    if not places:
        return None
    start, end = places[-1]
    return own.text.lower[: own.tokens[start].start] + said + own.text.lower[own.tokens[end - 1].end :]


def with_topic(text: str, topic: str) -> str | None:
    """The sentence with its `it` or `that rule` spelled out; None where there is none, or more than one."""
    said = read(text)
    places = words.found("pronouns", said)
    if len(places) != 1:
        return None
    (start, end) = places[0]
    return said.lower[:start] + topic + said.lower[end:]


def about(text: str, topic: str) -> Iterator[str]:
    """The sentence with the name that it leaves out, after its first word or at its end: `sobe pra 4`, `dobra`."""
    said = text.rstrip(" .,;!")
    verb, _, rest = said.partition(" ")
    yield f"{said} {topic}"
    yield f"{verb} {topic} {rest}"


def of_time(text: str, said: str, language: Language, symbols: Symbols) -> str | None:
    """A question about a time, of another time: `quanto ganhei hoje?`, `e ontem?`; None when none is in both."""
    own, other = lattice(text, language, symbols), lattice(said, language, symbols)
    place, instead = _period(own), _period(other)
    if place is None or instead is None:
        return None
    return own.text.lower[: place[0]] + other.text.lower[slice(*instead)] + own.text.lower[place[1] :]


def _period(own: Lattice) -> Span | None:
    for start, edges in enumerate(own.edges):
        ends = [end for category in PERIODS for _, end in edges.get(category, ())]
        if ends:
            return own.tokens[start].start, own.tokens[max(ends) - 1].end
    return None


def joined(first: str, second: str, language: Language) -> str:
    """Two sentences as one."""
    return f"{first.rstrip(' .,;!')} {AND[language]} {second}"


def setting(called: str, value: str, language: Language) -> str:
    """`stop_loss em 5%`."""
    return SET[language].format(name=called, value=value)


def completed(asked: str, answer: str, language: Language) -> str:
    """A sentence that lacked a value, with it."""
    return f"{read(asked).lower.rstrip(' .,;!?')} {TO[language]} {answer}"
