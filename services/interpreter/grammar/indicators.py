"""Indicators to add or remove, and new names. Whether the strategy can take them is the editor's to say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args, get_type_hints

from core.contracts import AddIndicator, RemoveIndicator, Rename
from core.contracts.plan import NAME
from core.indicator_kinds import TIMEFRAMES
from services.interpreter import wording
from services.interpreter.grammar import timeframes
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.mentions import period_of
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Resolved, ask
from services.interpreter.grammar.pattern import matches

KINDS: Final[tuple[str, ...]] = get_args(get_type_hints(AddIndicator)["kind"])
ADDED: Final = re.compile(rf"(?P<kind>{'|'.join(KINDS)})(?:_\d+){{1,3}}(?:_(?:{'|'.join(TIMEFRAMES)}))?")
"""How an indicator that was added is named, unless its owner renamed it."""

ADD: Final = (
    "add indicator? VALUE KIND indicator?",
    "add indicator? KIND at|with|onto? period? at? VALUE indicator?",
    "add indicator? KIND indicator?",
    "add KIND indicator at|with? VALUE",
    "add indicator? KIND FRAME indicator?",
)
WHOLE: Final = ("add indicator? WANTED indicator?",)
"""With its longer bars, or with three numbers."""
REMOVE: Final = ("remove|drop indicator? FEATURE indicator?",)
ELIDED: Final = ("VALUE KIND", "KIND at|with? period? VALUE")
"""One more, after one that is added."""
RENAME: Final = (
    ("rename RULE strict_to NEW", "rule"),
    ("rename rule RULE strict_to NEW", "rule"),
    ("rename RULE rule strict_to NEW", "rule"),
    ("rename PARAM strict_to NEW", "parameter"),
    ("rename indicator? FEATURE indicator? strict_to NEW", "indicator"),
)


@dataclass(frozen=True, slots=True)
class IndicatorChange:
    """What a clause wants of an indicator or a name."""

    verb: Literal["add", "remove", "rename", "same"]  # same: elided, the clause before it has it
    what: str
    old: tuple[str, ...] = ()
    new: str = ""
    quantity: Quantity | None = None
    added: AddIndicator | None = None


def indicator_changes(lattice: Lattice, start: int) -> Iterator[tuple[IndicatorChange, int]]:
    """What a clause from here on may want of an indicator or a name."""
    for pattern in ADD:
        for bound, end in matches(pattern, lattice, start):
            if _may_set(lattice, start, end) or _is_whole(lattice, end):
                continue
            for kind in bound["KIND"]:
                yield IndicatorChange("add", kind, quantity=bound.get("VALUE")), end
    for pattern in WHOLE:
        for bound, end in matches(pattern, lattice, start):
            yield IndicatorChange("add", bound["WANTED"].kind, added=bound["WANTED"]), end
    for pattern in ELIDED if start else ():
        for bound, end in matches(pattern, lattice, start):
            if not _is_whole(lattice, end):
                yield IndicatorChange("same", bound["KIND"][0], quantity=bound["VALUE"]), end
    for added, end in lattice.at(start, "WANTED") if start else ():
        yield IndicatorChange("same", added.kind, added=added), end
    for pattern in REMOVE:
        for bound, end in matches(pattern, lattice, start):
            yield IndicatorChange("remove", "indicator", bound["FEATURE"]), end
    if lattice.has("rename"):
        _add_new_names(lattice)
        for pattern, what in RENAME:
            if (lattice.has("rule") and what != "rule") or (lattice.has("parameter_word") and what != "parameter"):
                continue
            for bound, end in matches(pattern, lattice, start):
                old = bound.get("RULE") or bound.get("PARAM") or bound["FEATURE"]
                yield IndicatorChange("rename", what, old, bound["NEW"]), end


def _may_set(lattice: Lattice, start: int, end: int) -> bool:
    """Whether the verb may set as well, and the number is what it sets: `põe a ema em 18`."""
    sets = any("set" in lattice.edges[place] for place in lattice.starts[start])
    return sets and any(lattice.tokens[place].key in ("em", "at") for place in range(start, end))


def _is_whole(lattice: Lattice, end: int) -> bool:
    """Whether what ends there may be added as it is."""
    return any(end == last for edges in lattice.edges for _, last in edges.get("WANTED", ()))


def _add_new_names(lattice: Lattice) -> None:
    """The last words of the sentence, when they are written as one identifier."""
    for start in range(lattice.end):
        said = lattice.said(start, lattice.end).rstrip(".! ")
        if NAME.fullmatch(said):
            lattice.add(start, "NEW", said, lattice.end)


def resolve(change: IndicatorChange, lattice: Lattice) -> Resolved:
    """The operation that a clause asks for, or what it leaves open."""
    if change.verb in ("add", "same"):
        return _add(change, lattice)
    if len(change.old) != 1:
        return ask(lattice, "which", names=wording.listed(change.old, lattice.language))
    old = change.old[0]
    known = ADDED.fullmatch(old)
    there = lattice.symbols.indicators.get(old)
    kind = there.kind if there else known["kind"] if known else None
    if change.verb == "remove":
        if kind is None:
            return ask(lattice, "indicator_missing", name=old)
        return (RemoveIndicator(kind, old),)
    if change.what == "indicator" and kind is None:
        return ask(lattice, "indicator_missing", name=old)
    taken = {*lattice.symbols.parameters, *lattice.symbols.rules, *lattice.symbols.features}
    if change.new in taken:
        return ask(lattice, "name_taken", name=change.new)
    return (Rename(cast(Any, change.what), old, change.new),)


def _add(change: IndicatorChange, lattice: Lattice) -> Resolved:
    if change.added is not None:
        if change.added.name in lattice.symbols.indicators:
            return ask(lattice, "indicator_known", name=change.added.name)
        return timeframes.unfit(lattice, change.added) or (change.added,)
    kind, quantity = change.what, change.quantity
    period = None if quantity is None else period_of(quantity)
    if period is None:
        return ask(lattice, "indicator_period", kind=kind)
    name = f"{kind}_{period}"
    if name in lattice.symbols.features:
        return ask(lattice, "indicator_known", name=name)
    return (AddIndicator(cast(Any, kind), name, {"period": period}),)
