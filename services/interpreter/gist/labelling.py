"""Cutting a sentence into the fewest stretches of known words, each with all that it may say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from services.interpreter.gist.labels import NAMED, STRONG, Gist, Pointer, Word
from services.interpreter.gist.vocabulary import ROLE, phrases
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.lexicon import data, walk
from services.interpreter.grammar.normalise import Kind
from services.interpreter.grammar.numbers import SECONDS, Quantity

KINDS: Final = {"PARAM": "param", "FEATURE": "feature", "RULE": "rule", "KIND": "kind"}
"""Names that the grammar knows, by what they are names of."""
NUMBER: Final = Kind.NUMBER
POINTING: Final = "points"
"""The role of a word that a reader has for what it points to."""
ONE: Final = frozenset({"a", "an", "um", "uma"})
ARTICLES: Final = ONE | {"another", "outro", "outra"}
MORE: Final = "up"
COURSES: Final = {"more": "up", "extra": "up", "mais": "up", "fewer": "down", "less": "down", "menos": "down"}
HALVES: Final = ("half_by", "half_to", "half_of")
GROUPS: Final = "group"
UNKNOWN: Final = 100
"""What a token costs that nothing is known of; a stretch of known words costs one."""
DEEDS: Final = (
    *("set", "alter", "raise", "lower", "widen", "tighten", "plus", "minus", "double", "triple", "halve", "zero"),
    *("multiply", "divide", "remove", "disable", "enable", "add", "rename", "wait", "require"),
)
MEASURES: Final = (
    *("to", "strict_to", "by", "from", "at", "for", "onto", "part_of", "more_by", "more_adjective", "less_adjective"),
    *("upwards", "downwards", "of_current", "times", "op_ge", "op_le", "op_gt", "op_lt", "or_more", "or_less"),
    *("half_of", "half_to", "half_by", "double_amount", "thrice", "nearer_zero", "farther_from_zero", "is", "between"),
)
OTHERS: Final = (
    *("skip", "polite", "polite_question", "join", "comma", "list_and", "and", "or", "respectively", "henceforth"),
    *("buy", "sell", "trade", "if", "only", "only_if", "unless", "provided", "not", "none_of", "show", "what_is"),
)
ROLES: Final = frozenset((*DEEDS, *MEASURES, *OTHERS))
"""The categories of the lattice that are roles here too."""


@dataclass(slots=True)
class _Stretch:
    """Everything that is known of the tokens between two positions."""

    roles: set[str] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)
    pointers: list[Pointer] = field(default_factory=list)
    amount: Quantity | None = None
    share: Fraction | None = None


def labelled(lattice: Lattice, *files: str, numbered: bool = True) -> Gist:
    """The sentence with the words of these files, the common ones and the names of the strategy.

    `numbered`: features of which a number is part, as `rsi 21`, are names too.
    """
    stretches = [_stretches(lattice, files, start, numbered) for start in range(lattice.end)]
    best: list[tuple[int, int]] = [(0, lattice.end)] * (lattice.end + 1)  # the cost from here on, and the next cut
    for start in reversed(range(lattice.end)):
        ways = [(1 + best[end][0], end) for end in stretches[start]]
        best[start] = min([*ways, (UNKNOWN + best[start + 1][0], start + 1)], key=lambda way: (way[0], -way[1]))
    return Gist(lattice, tuple(_words(lattice, stretches, best)))


def _words(lattice: Lattice, stretches: list[dict[int, _Stretch]], best: list[tuple[int, int]]) -> Iterator[Word]:
    start = 0
    while start < lattice.end:
        end = best[start][1]
        found, said = stretches[start].get(end, _Stretch()), lattice.said(start, end)
        roles, chosen = frozenset(found.roles | found.chosen), frozenset(found.chosen)
        yield Word(start, end, said, roles, chosen, tuple(found.pointers), found.amount, found.share)
        start = end


def _stretches(lattice: Lattice, files: tuple[str, ...], start: int, numbered: bool) -> dict[int, _Stretch]:
    """What begins at a token, by where it ends."""
    found: dict[int, _Stretch] = {}
    trie = phrases(files, lattice.language)
    for entry, end in walk(trie, lattice.tokens, start, lattice.lexicon.glue):
        if entry.value == ("half",) and _is_of_unit(lattice, end):
            continue
        stretch = found.setdefault(end, _Stretch())
        if entry.category == ROLE:
            stretch.chosen.add(entry.value[0])
        else:
            weight, *names = entry.value
            stretch.chosen.add(POINTING)
            _point(stretch, lattice, Pointer(entry.category, tuple(names), int(weight)))
    edges = lattice.edges[start]
    for role in ROLES & edges.keys():
        for _, end in edges[role]:
            if not (role in HALVES and _is_of_unit(lattice, end)):
                found.setdefault(end, _Stretch()).roles.add(role)
    for category, kind in KINDS.items():
        for names, end in edges.get(category, ()):
            if kind == "feature" and not numbered and any(token.kind is NUMBER for token in lattice.tokens[start:end]):
                continue
            heavy = NAMED if len(names) == 1 else STRONG
            _point(found.setdefault(end, _Stretch()), lattice, Pointer(kind, tuple(names), heavy))
    for (group,), end in lattice.edges[start].get("GROUP", ()):
        found.setdefault(end, _Stretch()).pointers.append(Pointer(GROUPS, (group,), 0))
    for names, end in lattice.edges[start].get("MEMBER", ()):
        if under := tuple(name for name in names if name in _headed(lattice)):
            _point(found.setdefault(end, _Stretch()), lattice, Pointer("param", under, STRONG))
    _measure(lattice, start, found)
    return found


def _is_of_unit(lattice: Lattice, start: int) -> bool:
    """Whether an article and a unit follow: `by half a deviation` halves nothing."""
    articled = start < lattice.end and lattice.tokens[start].key in ONE
    return articled and any(True for _ in lattice.lexicon.units_at(lattice.tokens, start + 1))


def _headed(lattice: Lattice) -> set[str]:
    """The parameters that go by short names, because their heading is in the sentence."""
    said = {group for edges in lattice.edges for (group,), _ in edges.get("GROUP", ())}
    return {name for group in said for name in data()["groups"][group]["members"]}


def _point(stretch: _Stretch, lattice: Lattice, pointer: Pointer) -> None:
    """Only to what the strategy has."""
    there = {"param": lattice.symbols.parameters, "rule": lattice.symbols.rules}.get(pointer.kind)
    names = tuple(name for name in pointer.names if there is None or name in there)
    if names:
        stretch.pointers.append(Pointer(pointer.kind, names, pointer.weight))


def _measure(lattice: Lattice, start: int, found: dict[int, _Stretch]) -> None:
    """Amounts and fractions; `another minute` and `a percentage point` are amounts too."""
    if lattice.tokens[start].key in ARTICLES:
        for unit, end in lattice.lexicon.units_at(lattice.tokens, start + 1):
            stretch = found.setdefault(end, _Stretch())
            stretch.amount = Quantity((Decimal(SECONDS.get(unit, 1)),), "seconds" if unit in SECONDS else unit)
            if lattice.tokens[start].key not in ONE:
                stretch.chosen.add(MORE)
    for quantity, middle in lattice.edges[start].get("VALUE", ()):
        course = COURSES.get(lattice.tokens[middle].key) if middle < lattice.end and not quantity.unit else None
        for unit, end in lattice.lexicon.units_at(lattice.tokens, middle + 1) if course else ():  # `30 more bps`
            counted = replace(quantity, unit="seconds" if unit in SECONDS else unit)
            times = SECONDS.get(unit, 1)
            stretch = found.setdefault(end, _Stretch())
            stretch.amount = replace(counted, readings=tuple(times * reading for reading in quantity.readings))
            stretch.chosen.add(course or MORE)
    for quantity, end in lattice.edges[start].get("VALUE", ()):
        found.setdefault(end, _Stretch()).amount = quantity
    for share, end in lattice.edges[start].get("FRACTION", ()):
        found.setdefault(end, _Stretch()).share = share
