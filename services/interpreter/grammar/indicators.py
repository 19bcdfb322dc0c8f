"""Indicators to add or remove, and new names. Whether the strategy can take them is the editor's to say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args, get_type_hints

from core.contracts import AddIndicator, RemoveIndicator, Rename
from core.contracts.plan import NAME
from services.interpreter import wording
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Resolved, ask
from services.interpreter.grammar.pattern import matches

KINDS: Final[tuple[str, ...]] = get_args(get_type_hints(AddIndicator)["kind"])
ADDED: Final = re.compile(rf"(?P<kind>{'|'.join(KINDS)})_\d+")
"""How an indicator that was added is named, unless its owner renamed it."""
LONGEST_PERIOD: Final = 1000

ADD: Final = (
    "add indicator? VALUE KIND indicator?",
    "add indicator? KIND at|with|onto? period? at? VALUE indicator?",
    "add indicator? KIND indicator?",
    "add KIND indicator at|with? VALUE",
)
OWN: Final = frozenset({"VALUE", "KIND"})
PERIODIC: Final = ("VALUE KIND", "KIND at|with? period? VALUE")
"""What a rule may speak of before it is there."""
SINGLE: Final = ("ema", "sma", "rsi", "atr", "adx", "volume_average", "stochastic", "vwap")
"""Kinds of one value each, which have the name of their feature."""
SHIPPED: Final = {
    "ema": ("ema_fast", "ema_slow"),
    "rsi": ("rsi",),
    "atr": ("atr",),
    "volume_average": ("volume_average",),
}
OWN_PERIODS: Final = {"rsi": "rsi_period", "atr": "atr_period", "volume_average": "volume_period"}
"""The parameter that is the period of a shipped feature, where it has another name."""
REMOVE: Final = ("remove|drop indicator? FEATURE indicator?",)
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

    verb: Literal["add", "remove", "rename"]
    what: str
    old: tuple[str, ...] = ()
    new: str = ""
    quantity: Quantity | None = None


def indicator_changes(lattice: Lattice, start: int) -> Iterator[tuple[IndicatorChange, int]]:
    """What a clause from here on may want of an indicator or a name."""
    for pattern in ADD:
        for bound, end in matches(pattern, lattice, start):
            if _may_set(lattice, start, end):
                continue
            for kind in bound["KIND"]:
                yield IndicatorChange("add", kind, quantity=bound.get("VALUE")), end
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


def _add_new_names(lattice: Lattice) -> None:
    """The last words of the sentence, when they are written as one identifier."""
    for start in range(lattice.end):
        said = lattice.said(start, lattice.end).rstrip(".! ")
        if NAME.fullmatch(said):
            lattice.add(start, "NEW", said, lattice.end)


def resolve(change: IndicatorChange, lattice: Lattice) -> Resolved:
    """The operation that a clause asks for, or what it leaves open."""
    if change.verb == "add":
        return _add(change, lattice)
    if len(change.old) != 1:
        return ask(lattice, "which", names=wording.listed(change.old, lattice.language))
    old = change.old[0]
    known = ADDED.fullmatch(old)
    if change.verb == "remove":
        if known is None:
            return ask(lattice, "indicator_missing", name=old)
        return (RemoveIndicator(known["kind"], old),)
    if change.what == "indicator" and known is None:
        return ask(lattice, "indicator_missing", name=old)
    taken = {*lattice.symbols.parameters, *lattice.symbols.rules, *lattice.symbols.features}
    if change.new in taken:
        return ask(lattice, "name_taken", name=change.new)
    return (Rename(cast(Any, change.what), old, change.new),)


def _add(change: IndicatorChange, lattice: Lattice) -> Resolved:
    kind, quantity = change.what, change.quantity
    period = None if quantity is None else _period(quantity)
    if period is None:
        return ask(lattice, "indicator_period", kind=kind)
    name = f"{kind}_{period}"
    if name in lattice.symbols.features:
        return ask(lattice, "indicator_known", name=name)
    return (AddIndicator(cast(Any, kind), name, {"period": period}),)


def _period(quantity: Quantity) -> int | None:
    """How many bars an amount means; None when it is no period."""
    period = quantity.number
    fits = quantity.unit in ("", "bars") and period == period.to_integral_value() and 2 <= period <= LONGEST_PERIOD
    return int(period) if fits and len(quantity.readings) == 1 else None


# What a rule speaks of that is not there yet -------------------------------------------------------------------------


def add_features(lattice: Lattice) -> None:
    """`the 200 EMA`, `a ema de 9 ... a de 21`, `only buy above it`: features, with the indicator that they need."""
    if not lattice.has("KIND"):
        return
    named: list[tuple[int, int, tuple[str, ...]]] = []
    for start in range(lattice.end):
        for pattern in PERIODIC:
            for bound, end in matches(pattern, lattice, start):
                kinds = tuple(kind for kind in bound["KIND"] if kind in SINGLE)
                if not OWN.isdisjoint(lattice.edges[start]) and _add_feature(
                    lattice, start, kinds, bound["VALUE"], end
                ):
                    named.append((start, end, kinds))
    for start in range(lattice.end):
        before = {end: (kinds, first) for first, end, kinds in named if end <= start}
        if before and len({kinds for kinds, _ in before.values()}) == 1:
            kinds, first = next(iter(before.values()))
            _add_elided(lattice, start, kinds)
            if len(before) == 1:
                _add_pronoun(lattice, start, first)


def _add_feature(lattice: Lattice, start: int, kinds: tuple[str, ...], quantity: Quantity, end: int) -> bool:
    period = _period(quantity)
    if period is None:
        return False
    for kind in kinds:
        name = _feature(kind, period, lattice)
        lattice.add(start, "FEATURE", (name,), end)
        if len(kinds) > 1:
            lattice.loose.add(name)
    return True


def _feature(kind: str, period: int, lattice: Lattice) -> str:
    """The feature of a kind and a period; one that is not there yet is wanted."""
    for shipped in SHIPPED.get(kind, ()):
        parameter = lattice.symbols.parameters.get(OWN_PERIODS.get(kind, shipped))
        if parameter is not None and parameter.value == period and shipped in lattice.symbols.features:
            return shipped
    name = f"{kind}_{period}"
    if name not in lattice.symbols.features:
        lattice.wanted[name] = AddIndicator(cast(Any, kind), name, {"period": period})
    return name


def _add_elided(lattice: Lattice, start: int, kinds: tuple[str, ...]) -> None:
    """`crosses above the 21`: a figure with an article is another one of the kind that was named."""
    if not set(kinds) <= {"ema", "sma"}:
        return
    for _, number in lattice.edges[start].get("the_one", ()):
        for quantity, end in tuple(lattice.edges[number].get("VALUE", ()) if number < lattice.end else ()):
            if _add_feature(lattice, start, kinds, quantity, end):
                lattice.edges[number].pop("VALUE", None)


def _add_pronoun(lattice: Lattice, start: int, named: int) -> None:
    """`... and only buy above it`, of the one indicator that the sentence adds."""
    if not lattice.has("add"):
        return
    features = [value for value, _ in lattice.edges[named].get("FEATURE", ()) if value[0] in lattice.wanted]
    for _, end in tuple(lattice.edges[start].get("pronoun", ())):
        for value in features:
            lattice.add(start, "FEATURE", value, end)
