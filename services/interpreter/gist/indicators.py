"""Indicators to add, by their gist: kinds with their numbers, and a word that adds, in any order.

What may as well set a number of the strategy (`põe a ema 18`) is left alone: it takes a word that adds, or that says
that it is another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, cast

from core.contracts import AddIndicator, EditPlan, Offer
from core.contracts.plan import MOST_OPERATIONS
from core.indicator_kinds import KINDS, default_name
from services.interpreter.gist import rule_atoms
from services.interpreter.gist.rule_atoms import Atom, Atoms
from services.interpreter.grammar import guards, telling
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.pattern import matches

FILE: Final = "indicator_words.toml"
THINGS: Final = {"INDICATOR": "indicator", "VALUE": "number"}
NEVER_SET: Final = frozenset({"sma", "adx", "vwap", "stochastic"})
"""Kinds that the strategy has no number of, so that nothing can be set."""
SHAPES: Final = (
    "average period|at? VALUE period? KIND",
    "VALUE KIND",
    "VALUE KIND comma? at|with VALUE:second",
    "KIND comma? period|at|with|onto|over? period|at|of_word? VALUE period?",
    "KIND comma? at|with? VALUE comma|list_and|slash|with|at? VALUE:second",
    "KIND comma? at|with? VALUE comma|slash|list_and|dash? VALUE:second comma|slash|list_and|dash? VALUE:third",
)
GUARDS: Final = ("hypothetical", "past", "reported", "future")
RULING: Final = ("COND", "buy", "sell", "if", "only_if")
"""With these it is more than an indicator to add."""
Parameters = Mapping[str, float | int]


def read(lattice: Lattice) -> EditPlan | None:
    """The plan of a sentence that adds indicators; None when it is none."""
    words = rule_atoms.roles_of(lattice, FILE)
    if not (lattice.has("KIND") and words & {"add", "want", "one"}) or _is_none(lattice):
        return None
    _add_indicators(lattice)
    ways = [way for start in lattice.starts[0] for way in rule_atoms.ways(lattice, start, None, FILE, THINGS)]
    for atoms, _, _ in sorted(ways, key=lambda way: (len(way[0]), way[2])):
        operations = tuple(_added(atoms, lattice))
        if operations and len(operations) <= MOST_OPERATIONS:
            return EditPlan(operations)
    return None


def nearly(lattice: Lattice, kept: frozenset[str]) -> tuple[list[Offer], tuple[str, ...]]:
    """What it adds without its unknown words, and these words; `kept` are those that it is never without."""
    if not lattice.has("KIND") or any(map(lattice.has, RULING)) or _is_none(lattice) or telling.tells(lattice):
        return [], ()
    _add_indicators(lattice)
    done = rule_atoms.first_of(lattice, frozenset({"add", "want", "one"}), FILE)
    ways = [way for start in lattice.starts[0] for way in rule_atoms.ways(lattice, start, kept, FILE, THINGS)]
    for atoms, skipped, _ in sorted(ways, key=lambda way: (len(way[1]), len(way[0]), way[2])):
        if skipped and not rule_atoms.speaks(lattice, skipped[0 if skipped[0] else 1 :], done):
            continue  # the first word may be what is done
        operations = tuple(_added(rule_atoms.known_atoms(atoms), lattice, guessed=True))
        if operations and len(operations) <= MOST_OPERATIONS:
            return [Offer(plan=EditPlan(operations))], tuple(lattice.said(place, place + 1) for place in skipped)
    return [], ()


def _is_none(lattice: Lattice) -> bool:
    if guards.is_quoting(lattice) or guards.coin(lattice) is not None or lattice.has("not"):
        return True
    asked = guards.is_question(lattice) and not guards.is_polite_question(lattice)
    return asked or any(_supposes(lattice, category) for category in GUARDS)


def _supposes(lattice: Lattice, category: str) -> bool:
    """`I'd like a 14 ADX` is no hypothesis."""
    wished = any(token.key == "like" for token in lattice.tokens)
    return guards.says(lattice, category) and not (category == "hypothetical" and wished)


def _add_indicators(lattice: Lattice) -> None:
    for start in range(lattice.end):
        for shape in SHAPES:
            for bound, end in matches(shape, lattice, start):
                for kind in bound["KIND"]:
                    numbers = [bound[name] for name in ("VALUE", "second", "third") if name in bound]
                    parameters = _parameters(kind, numbers)
                    if parameters is not None:
                        lattice.add(start, "INDICATOR", (kind, tuple(parameters.items())), end)


def _parameters(kind: str, said: list[Quantity]) -> Parameters | None:
    """The parameters that these numbers are, in their order; None when they do not fit the kind."""
    names = list(KINDS[kind].parameters)
    needed = [name for name in names if KINDS[kind].parameters[name].usual is None]
    if not len(needed) <= len(said) <= len(names) or any(len(each.readings) != 1 for each in said):
        return None
    found: dict[str, float | int] = {}
    for name, quantity in zip(names, said, strict=False):
        units = ("", "deviations") if name == "width" else ("", "bars")
        number: Decimal = quantity.number
        if quantity.unit not in units:
            return None
        found[name] = int(number) if number == number.to_integral_value() else float(number)
    try:
        KINDS[kind].completed(found)
    except ValueError:
        return None
    return found


def _added(atoms: Atoms, lattice: Lattice, *, guessed: bool = False) -> Iterator[AddIndicator]:
    roles = [atom.role for atom in atoms]
    indicators = list(_indicators(atoms))
    said = [each for each in indicators if each is not None]
    if not said or len(said) < len(indicators):
        return
    certain = "add" in roles or {"one", "want"} <= set(roles)
    never_set = all(kind in NEVER_SET for kind, _ in said)
    wanted = never_set or "one" in roles if guessed else bool({"want", "one"} & set(roles)) and never_set
    if not certain and not wanted:
        return
    taken: set[str] = set(lattice.symbols.features)
    for kind, parameters in said:
        given = dict(parameters)
        name = default_name(kind, given)
        if name in taken:
            return
        taken.add(name)
        yield AddIndicator(cast(Any, kind), name, given)


def _indicators(atoms: Atoms) -> Iterator[tuple[str, tuple[tuple[str, float | int], ...]] | None]:
    """Those that are said, and numbers that stand for another one of the kind before them: `and another of 89`."""
    kind = ""
    for place, atom in enumerate(atoms):
        if atom.role == "indicator":
            kind = atom.value[0]
            yield atom.value
        elif atom.role == "number":
            parameters = _parameters(kind, [atom.value]) if kind and _follows(atoms, place) else None
            yield None if parameters is None else (kind, tuple(parameters.items()))


def _follows(atoms: Atoms, place: int) -> bool:
    before: Atom | None = atoms[place - 1] if place else None
    return before is not None and before.role in ("other", "join", "one")
