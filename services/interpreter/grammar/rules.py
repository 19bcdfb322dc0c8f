"""Rules: new ones from a condition and what it does to buying or selling, and those that there are by their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from core.contracts import AddRule, Condition, DisableRule, EnableRule, RemoveRule
from core.symbols import Rule, Symbols
from services.interpreter import wording
from services.interpreter.grammar import timeframes
from services.interpreter.grammar.clock import READS
from services.interpreter.grammar.described_rules import add_described
from services.interpreter.grammar.features import FLAT, INVESTED
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Resolved, ask
from services.interpreter.grammar.pattern import matches
from services.interpreter.grammar.rule_names import Effect, Side, name_for

Said = Literal["do", "trade", "not", "only"]
"""What a clause says of buying or selling."""
Hung = Literal["if", "with", "time", "provided", "only", "unless", "bare", "headed"]
"""How its condition hangs on it."""
ACTS: Final[tuple[tuple[str, Said], ...]] = (
    ("always? DOING:SIDE any_position?", "do"),
    ("always? TRADING:SIDE", "trade"),
    ("not|none_of|blocking SIDE anything?", "not"),
    ("SIDE blocked", "not"),
    ("stay_out", "not"),
    ("only SIDE", "only"),
    ("SIDE only", "only"),
)
HANGING: Final[tuple[tuple[str, Hung], ...]] = (
    ("if COND", "if"),
    ("with COND", "with"),
    ("TIME|PLACED:COND", "time"),
    ("provided COND", "provided"),
    ("only_if COND", "only"),
    ("only TIME:COND", "only"),
    ("unless COND", "unless"),
    ("unless TIME:COND", "unless"),
)
EFFECTS: Final[dict[tuple[Said, Hung], tuple[Effect, ...]]] = {
    ("do", "if"): ("force",),
    ("do", "with"): ("force", "require"),
    ("do", "provided"): ("require", "force"),  # `buy as long as ...` may say when, or only when
    ("do", "only"): ("require",),
    ("do", "unless"): ("forbid",),
    ("do", "bare"): ("force",),
    ("do", "headed"): ("require", "force"),  # `entry: rsi < 30` may say when, or only when
    ("trade", "if"): ("force", "require"),
    ("trade", "with"): ("force", "require"),
    ("trade", "provided"): ("force", "require"),
    ("trade", "only"): ("require",),
    ("trade", "unless"): ("forbid",),
    ("not", "if"): ("forbid",),
    ("not", "with"): ("forbid",),
    ("not", "time"): ("forbid",),
    ("not", "provided"): ("forbid",),
    ("not", "unless"): ("require",),
    ("not", "bare"): ("forbid",),
    ("only", "if"): ("require",),
    ("only", "with"): ("require",),
    ("only", "time"): ("require",),
    ("only", "provided"): ("require",),
}
"""What the two come to; the rest says nothing."""
WHOLE: Final[tuple[tuple[str, Effect], ...]] = (
    ("require COND FOR:SIDE", "require"),
    ("FOR:SIDE comma? require? COND", "require"),
    ("FOR|SIDE:SIDE need COND", "require"),
    ("COND required? FOR:SIDE", "require"),
    ("COND blocking SIDE", "forbid"),
    ("not|none_of TIME:COND SIDE", "forbid"),
)
"""Clauses that have a shape of their own."""
SIDES: Final[tuple[tuple[str, Side], ...]] = (("buy", "entry"), ("trade", "entry"), ("sell", "exit"))
"""Whoever says `trade` means opening positions: closing one is never held back by such a rule."""


def add_edges(lattice: Lattice) -> None:
    """Which side a verb speaks of, and the rules that are described rather than named."""
    for start in range(lattice.end):
        for category, side in SIDES:
            for _, end in tuple(lattice.edges[start].get(category, ())):
                lattice.add(start, "SIDE", side, end)
                if category != "trade":
                    lattice.add(start, "DOING", side, end)
        for _, end in tuple(lattice.edges[start].get("trade", ())):
            lattice.add(start, "TRADING", "entry", end)
        for category, side in (("for_entries", "entry"), ("for_exits", "exit")):
            for _, end in tuple(lattice.edges[start].get(category, ())):
                if not lattice.said(start, end).startswith("para de"):  # which stops
                    lattice.add(start, "FOR", side, end)
    for start in range(lattice.end):
        for pattern, said in ACTS:
            for bound, end in matches(pattern, lattice, start):
                lattice.add(start, "ACT", (bound.get("SIDE", "entry"), said), end)
        for pattern, hung in HANGING:
            for bound, end in matches(pattern, lattice, start):
                lattice.add(start, "HANG", (hung, bound["COND"]), end)
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
    """The new rules that a clause from here on may ask for: what is done and when, in either order."""
    for (side, said), end in lattice.at(start, "ACT"):
        for (hung, when), last in lattice.at(end, "HANG"):
            yield from _ruled(side, said, hung, when, last)
        if said != "only":
            headed: Hung = "headed" if side == "entry" and said == "do" else "bare"
            for when, last in _beside(lattice, end):
                yield from _ruled(side, said, headed, when, last)
    for (hung, when), end in lattice.at(start, "HANG"):
        for after in _over_comma(lattice, end):
            for (side, said), last in lattice.at(after, "ACT"):
                yield from _ruled(side, said, hung, when, last)
    for when, end in lattice.at(start, "COND"):
        for after in _over_link(lattice, end):
            for (side, said), last in lattice.at(after, "ACT"):
                if said != "only":
                    yield from _ruled(side, said, "bare", when, last)
    for pattern, effect in WHOLE:
        for bound, end in matches(pattern, lattice, start):
            yield NewRule(bound["SIDE"], effect, bound["COND"]), end


def _ruled(side: Side, said: Said, hung: Hung, when: Condition | Ask, end: int) -> Iterator[tuple[NewRule, int]]:
    effects = EFFECTS.get((said, hung), ())
    if hung in ("with", "bare", "headed") and isinstance(when, Condition) and READS.issuperset(features_of(when)):
        return  # an hour is said as one
    crosses = isinstance(when, Condition) and when.cross is not None
    if hung == "headed" and crosses:
        effects = ("force",)
    if hung == "with" and (side == "exit" or crosses):
        effects = effects[:1]  # nobody says `sell with a high RSI` of a sale that he waits for
    for effect in effects:
        yield NewRule(side, effect, when), end


def _over_comma(lattice: Lattice, position: int) -> Iterator[int]:
    yield position
    for _, end in lattice.at(position, "comma"):
        yield end
    for _, end in lattice.at(position, "arrow"):
        yield end


def _over_link(lattice: Lattice, position: int) -> Iterator[int]:
    """What joins a condition without an `if` to what it does: a comma, a colon, an arrow, `means`."""
    if any(place < lattice.end and lattice.tokens[place].key == ":" for place in lattice.starts[position]):
        yield position
    for _, end in lattice.at(position, "comma"):
        yield end
    for _, end in lattice.at(position, "arrow"):
        yield end
    for _, end in lattice.at(position, "means"):
        yield end


def _beside(lattice: Lattice, position: int) -> Iterator[tuple[Condition | Ask, int]]:
    """`exit: rsi > 80`, `exit = rsi > 80`."""
    for place in lattice.starts[position]:
        if place < lattice.end and lattice.tokens[place].key == ":":
            yield from lattice.at(place + 1, "COND")
    for _, end in lattice.at(position, "arrow"):
        yield from lattice.at(end, "COND")


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
            "RULE rule? off_tail",
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
            "RULE rule? on_tail",
        ),
    ),
)


def resolve_new(rule: NewRule, lattice: Lattice, taken: set[str]) -> Resolved:
    """The operations that add a rule and what it reads that is not there yet, or the question that it leaves open."""
    if isinstance(rule.when, Ask):
        return rule.when
    used = set(features_of(rule.when))
    if rule.side == "entry" and used & FLAT:
        return ask(lattice, "feature_alone", feature=min(used & FLAT))
    if rule.side == "exit" and used & INVESTED:
        return ask(lattice, "feature_rest", feature=min(used & INVESTED))
    needed = [lattice.wanted[name] for name in dict.fromkeys(features_of(rule.when)) if name in lattice.wanted]
    if asked := next(filter(None, (timeframes.unfit(lattice, each) for each in needed)), None):
        return asked
    added = AddRule(rule.side, rule.effect, rule.when, name_for(rule.side, rule.effect, rule.when, taken))
    once = {indicator.name: indicator for indicator in needed if indicator.name not in taken}
    return (*once.values(), added)


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
