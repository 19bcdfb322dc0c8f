"""What of a plan is certain on a year of history: rules that never or always speak, a window without a purchase."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np

from core.backtest.inputs import Market
from core.contracts import (
    AddIndicator,
    AddRule,
    DisableRule,
    EditPlan,
    RemoveOverride,
    RemoveRule,
    SetOverride,
    SetParameter,
)
from core.indicator_kinds import KINDS
from core.kernel import NANOSECONDS
from core.settings import Settings
from core.strategy import Source
from core.symbols import Indicator, Symbols
from core.syntax import syntax_tree
from core.warming import wanted
from services.guardian.case import Evidence
from services.guardian.evidence import gather
from services.guardian.foreseen.buying import NEEDED, could_buy
from services.guardian.foreseen.chart import CLOSE, Chart
from services.guardian.foreseen.shipped import buys_as_shipped, sees_as_shipped
from services.guardian.foreseen.truth import Flags, truth
from services.guardian.known.values import names_in
from services.guardian.tape import newest

YEAR: Final = 8_784
"""Hours of the longest one; of other bars as many are looked at."""
RARE: Final = 0.001
"""Part of the bars below which a rule hardly ever speaks, and above one less which it nearly always does."""
UNDERSTOOD: Final = (AddRule, AddIndicator, SetParameter, SetOverride, RemoveOverride, DisableRule, RemoveRule)
FORCES: Final = "FORCE_ENTRY"


class Speaks(NamedTuple):
    """At how many bars the condition of a new rule is true, or may be."""

    rule: AddRule
    times: int
    bars: int


class Quiet(NamedTuple):
    """No bar of the held-out window at which it could buy; days are UTC."""

    before: int  # bars there at which it can now
    bars: int
    first: str
    last: str


class Foreseen(NamedTuple):
    """What is worth telling; `history` says on what it was worked out, in the words of a verdict."""

    history: str
    speaks: tuple[Speaks, ...] = ()
    quiet: Quiet | None = None

    def __bool__(self) -> bool:
        return bool(self.speaks or self.quiet)


def foresee(plan: EditPlan, parent: Source, settings: Settings, evidence: Evidence | None = None) -> Foreseen:
    """What is certain of `plan` on the newest year of the history; nothing where it is not to be told.

    Runs no code of a strategy. `evidence` is gathered unless it is given.
    """
    if not all(isinstance(operation, UNDERSTOOD) for operation in plan.operations) or not sees_as_shipped(parent):
        return Foreseen("")
    rules = [operation for operation in plan.operations if isinstance(operation, AddRule)]
    buys = may_buy_less(plan, parent) and buys_as_shipped(parent) and not forces_entry(parent, rules)
    if not rules and not buys:
        return Foreseen("")
    if evidence is None:
        evidence = gather(with_a_year(settings))
    charts = list(charts_of(plan, parent, evidence))
    lead = lead_of(plan, parent)
    speaks = tuple(said for rule in rules if (said := asked(rule, charts, lead)) is not None)
    quiet = window_without(plan, parent, evidence, settings, rules) if buys else None
    return Foreseen(evidence.origin, speaks, quiet)


def with_a_year(settings: Settings) -> Settings:
    """The same settings, under which at least a year of hours is read."""
    guardian = settings.guardian
    return settings.model_copy(
        update={"guardian": guardian.model_copy(update={"most_bars": max(guardian.most_bars, YEAR)})}
    )


def may_buy_less(plan: EditPlan, parent: Source) -> bool:
    """Whether anything of it has to do with buying."""
    numbers = {here for known, here in names_in(Symbols.of(parent.files)).items() if known in NEEDED}
    return any(
        (isinstance(operation, AddRule) and operation.side == "entry")
        or (isinstance(operation, SetParameter | SetOverride | RemoveOverride) and operation.name in numbers)
        for operation in plan.operations
    )


def forces_entry(parent: Source, rules: Sequence[AddRule]) -> bool:
    """Whether a rule may buy whatever the score is."""
    listed = {name for name, rule in Symbols.of(parent.files).rules.items() if rule.enabled}
    functions = (node for node in syntax_tree(parent.files["rules.py"]).body if isinstance(node, ast.FunctionDef))
    return any(rule.side == "entry" and rule.effect == "force" for rule in rules) or any(
        isinstance(node, ast.Name) and node.id == FORCES
        for function in functions
        if function.name in listed
        for node in ast.walk(function)
    )


# Charts ---------------------------------------------------------------------------------------------------------------


def charts_of(plan: EditPlan, parent: Source, evidence: Evidence, *, after: bool = True) -> Iterator[Chart]:
    """A chart of each pair as the plan leaves the strategy, or as it is."""
    symbols = Symbols.of(parent.files)
    added = dict(symbols.indicators)
    for operation in plan.operations:
        if isinstance(operation, AddIndicator):
            one = Indicator(operation.name, operation.kind, operation.parameters, operation.timeframe)
            added[operation.name] = one
    for market in evidence.markets:
        yield Chart(market, values_of(plan if after else None, symbols, market.symbol), added, evidence.zone)


def values_of(plan: EditPlan | None, symbols: Symbols, pair: str) -> Mapping[str, float]:
    """The known parameters of a pair by their shipped names."""
    common = {name: float(one.value) for name, one in symbols.parameters.items()}
    own = {name: float(one.own[pair]) for name, one in symbols.parameters.items() if pair in one.own}
    for operation in plan.operations if plan is not None else ():
        match operation:
            case SetParameter(name=name, value=value):
                common[name] = float(value)
            case SetOverride(name=name, pair=whose, value=value) if whose == pair:
                own[name] = float(value)
            case RemoveOverride(name=name, pair=whose) if whose == pair:
                own.pop(name, None)
    found = common | own
    return {known: found[here] for known, here in names_in(symbols).items() if here in found}


def lead_of(plan: EditPlan, parent: Source) -> int:
    """Closed bars after which everything is known."""
    own = [wanted(parent.files).own]
    for operation in plan.operations:
        if isinstance(operation, AddIndicator) and operation.timeframe is None and operation.kind in KINDS:
            kind = KINDS[operation.kind]
            own.append(kind.warm_bars(kind.completed(operation.parameters)))
    return max(own)


# What is told ---------------------------------------------------------------------------------------------------------


def asked(rule: AddRule, charts: Sequence[Chart], lead: int) -> Speaks | None:
    """At how many bars the rule speaks; None unless that is hardly ever, or nearly always."""
    found = [truth(rule.when, chart) for chart in charts]
    bars = sum(max(len(chart) - lead, 0) for chart in charts)
    times = counted([one.possible[lead:] for one in found])
    silent = counted([~one.certain[lead:] for one in found])
    if not bars or min(times, silent) > RARE * bars:
        return None
    return Speaks(rule, times if times <= silent else bars - silent, bars)


def counted(flags: Sequence[Flags]) -> int:
    """Bars at whose close it is so; where it is so at no close, those in which it is so at all.

    What is counted in bars lasts until the next one closes, and is not to be counted in both.
    """
    return sum(int(one[:, CLOSE].sum()) for one in flags) or sum(int(one.any(axis=1).sum()) for one in flags)


def window_without(
    plan: EditPlan, parent: Source, evidence: Evidence, settings: Settings, rules: Sequence[AddRule]
) -> Quiet | None:
    """The held-out window, when the score and the plan's own rules together buy nowhere in it, and do so now."""
    judged = [trimmed(market, settings.guardian.most_bars) for market in evidence.markets]
    window, begin_ns = newest(judged, settings.guardian.held_out, lead_of(plan, parent) + 1)
    cut = replace(evidence, markets=window)
    before = after = bars = 0
    for chart, now in zip(charts_of(plan, parent, cut), charts_of(plan, parent, cut, after=False), strict=True):
        inside = chart.market.rows["time_ns"] >= begin_ns
        current = could_buy(now)
        flags = could_buy(chart) if chart.values != now.values else current
        if flags is None or current is None:
            return None
        for rule in rules:
            flags = flags & permitted(rule, chart)
        after += int(flags[inside].any(axis=1).sum())
        before += int(current[inside].any(axis=1).sum())
        bars += int(inside.sum())
    if after or not before:
        return None
    last = max(int(market.rows["time_ns"][-1]) for market in window)
    return Quiet(before, bars, day(begin_ns), day(last))


def permitted(rule: AddRule, chart: Chart) -> Flags:
    """Where the rule may have nothing against buying."""
    if rule.side != "entry":
        return np.ones((len(chart), 4), bool)
    found = truth(rule.when, chart)
    return found.possible if rule.effect == "require" else ~found.certain


def trimmed(market: Market, most: int) -> Market:
    return replace(market, rows=market.rows[-most:])


def day(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // NANOSECONDS, UTC).strftime("%Y-%m-%d")
