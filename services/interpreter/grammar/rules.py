"""Rules: new ones from a condition and what it does to buying or selling, and those that there are by their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from core.contracts import AddRule, Condition, DisableRule, EnableRule, RemoveRule
from core.symbols import Rule, Symbols
from services.interpreter import wording
from services.interpreter.grammar.described_rules import add_described
from services.interpreter.grammar.features import FLAT, INVESTED
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Resolved, ask
from services.interpreter.grammar.pattern import matches
from services.interpreter.grammar.rule_names import Effect, Side, name_for

PATTERNS: Final[tuple[tuple[str, Effect], ...]] = (
    ("only SIDE if|with COND", "require"),
    ("only SIDE TIME:COND", "require"),
    ("SIDE only_if COND", "require"),
    ("SIDE only if|with COND", "require"),
    ("SIDE only TIME:COND", "require"),
    ("only_if COND comma? SIDE", "require"),
    ("only TIME:COND comma? SIDE", "require"),
    ("not|none_of SIDE anything? unless COND", "require"),
    ("require COND FOR:SIDE", "require"),
    ("FOR:SIDE comma? require COND", "require"),
    ("only SIDE provided COND", "require"),
    ("SIDE provided COND", "require"),  # or force: `buy as long as ...` may say when, or only when
    ("TRADING:SIDE if COND", "require"),
    ("if|provided COND comma? TRADING:SIDE", "require"),
    ("not|none_of SIDE anything? if|with|provided COND", "forbid"),
    ("not|none_of SIDE anything? TIME:COND", "forbid"),
    ("if|with|provided COND comma? not|none_of SIDE anything?", "forbid"),
    ("TIME:COND comma? not|none_of SIDE anything?", "forbid"),
    ("always? SIDE if|provided COND", "force"),
    ("if|provided COND comma? always? SIDE", "force"),
)
SIDES: Final[tuple[tuple[str, Side], ...]] = (("buy", "entry"), ("trade", "entry"), ("sell", "exit"))
"""Whoever says `trade` means opening positions: closing one is never held back by such a rule."""


def add_edges(lattice: Lattice) -> None:
    """Which side a verb speaks of, and the rules that are described rather than named."""
    for start in range(lattice.end):
        for category, side in SIDES:
            for _, end in tuple(lattice.edges[start].get(category, ())):
                lattice.add(start, "SIDE", side, end)
        for _, end in tuple(lattice.edges[start].get("trade", ())):
            lattice.add(start, "TRADING", "entry", end)
        for category, side in (("for_entries", "entry"), ("for_exits", "exit")):
            for _, end in tuple(lattice.edges[start].get(category, ())):
                lattice.add(start, "FOR", side, end)
    if lattice.has("rule"):
        for start in range(lattice.end):
            for _, end in lattice.edges[start].get("rule", ()):
                add_described(lattice, start, end)


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule that a clause asks for."""

    side: Side
    effect: Effect
    when: Condition | Ask


@dataclass(frozen=True, slots=True)
class OldRule:
    """What a clause wants of a rule that there is. `explicit`: the word `rule` was said."""

    verb: Literal["remove", "disable", "enable", "same"]  # same: elided, the clause before it has it
    names: tuple[str, ...] | Ask
    explicit: bool


def new_rules(lattice: Lattice, start: int) -> Iterator[tuple[NewRule, int]]:
    """The new rules that a clause from here on may ask for."""
    for pattern, effect in PATTERNS:
        for bound, end in matches(pattern, lattice, start):
            yield NewRule(bound["SIDE"], effect, bound["COND"]), end


def old_rules(lattice: Lattice, start: int) -> Iterator[tuple[OldRule, int]]:
    """What a clause from here on may want of the rules that there are."""
    for verb, heads in VERBS:
        for head in heads:
            if "rule" not in head and lattice.has(
                "parameter_word"
            ):  # a parameter cannot go, and its rule was not meant
                continue
            for bound, end in matches(head, lattice, start):
                yield OldRule(verb, bound["RULE"], explicit="rule" in head), end
    for head in ("RULE", "rule RULE", "RULE rule"):
        for bound, end in matches(head, lattice, start):
            yield OldRule("same", bound["RULE"], explicit="rule" in head), end


VERBS: Final[tuple[tuple[Literal["remove", "disable", "enable"], tuple[str, ...]], ...]] = (
    (
        "remove",
        (
            "remove RULE",
            "remove|drop rule RULE",
            "remove|drop RULE rule",
            "remove|drop REF:RULE rule?",
            "take_word RULE rule? out_tail",
        ),
    ),
    (
        "disable",
        (
            "disable RULE",
            "disable rule RULE",
            "disable RULE rule",
            "disable REF:RULE rule?",
            "switch_word RULE off_tail",
            "switch_word RULE rule off_tail",
            "switch_word REF:RULE rule? off_tail",
        ),
    ),
    (
        "enable",
        (
            "enable RULE",
            "enable rule RULE",
            "enable RULE rule",
            "enable REF:RULE rule?",
            "switch_word RULE on_tail",
            "switch_word RULE rule on_tail",
            "switch_word REF:RULE rule? on_tail",
        ),
    ),
)


def resolve_new(rule: NewRule, lattice: Lattice, taken: set[str]) -> Resolved:
    """The operation that adds a rule, or the question that its condition leaves open."""
    if isinstance(rule.when, Ask):
        return rule.when
    used = set(features_of(rule.when))
    if rule.side == "entry" and used & FLAT:
        return ask(lattice, "feature_alone", feature=min(used & FLAT))
    if rule.side == "exit" and used & INVESTED:
        return ask(lattice, "feature_rest", feature=min(used & INVESTED))
    return (AddRule(rule.side, rule.effect, rule.when, name_for(rule.side, rule.effect, rule.when, taken)),)


def resolve_old(rule: OldRule, lattice: Lattice) -> Resolved:
    """The operation on a rule that there is, or why there is nothing to do."""
    if isinstance(rule.names, Ask):
        return rule.names
    if len(rule.names) > 1:
        return ask(lattice, "which", names=wording.listed(rule.names, lattice.language))
    known = lattice.symbols.rules[rule.names[0]]
    off = None if rule.explicit else off_parameter(known, lattice.symbols)
    if rule.verb == "remove":
        return (RemoveRule(known.name),)
    if rule.verb == "disable":
        if not known.enabled:
            return ask(lattice, "rule_disabled", name=known.name)
        if off is not None:
            return ask(lattice, "rule_off", name=known.name, parameter=off)
        return (DisableRule(known.name),)
    if not known.enabled:
        return (EnableRule(known.name),)
    if off is not None:
        parameter = lattice.symbols.parameters[off]
        high = wording.amount(parameter.range.high, parameter, lattice.language)
        example = wording.amount(parameter.range.high / 10, parameter, lattice.language)
        return ask(lattice, "rule_needs_value", parameter=off, high=high, example=example)
    return ask(lattice, "rule_enabled", name=known.name)


def off_parameter(rule: Rule, symbols: Symbols) -> str | None:
    """The parameter whose value of zero keeps a listed rule from ever speaking."""
    for name in rule.parameters:
        parameter = symbols.parameters.get(name)
        if parameter is not None and parameter.value == 0 == parameter.range.low:
            return name
    return None


def features_of(condition: Condition) -> Iterator[str]:
    """Every feature that a condition reads."""
    for name in (condition.feature, condition.other):
        if name is not None:
            yield name
    for branch in condition.branches:
        yield from features_of(branch)
