"""Rules: new ones from a condition and what it does to buying or selling, and those that there are by their names.

A new rule is named for what it says, `no_buy_if_rsi_above_70`, because a decision that it made is told with that name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz import fuzz, process

from core.contracts import AddRule, Condition, DisableRule, EnableRule, RemoveRule
from core.contracts.plan import NAME
from core.symbols import Rule, Symbols
from services.interpreter import wording
from services.interpreter.grammar.features import FLAT, INVESTED, Measure, measure
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Outcome
from services.interpreter.grammar.pattern import matches

Side = Literal["entry", "exit"]
Effect = Literal["require", "forbid", "force"]
MOST_LETTERS: Final = 60
HEADS: Final[dict[tuple[Side, Effect], str]] = {
    ("entry", "require"): "buy_only_if",
    ("entry", "forbid"): "no_buy_if",
    ("entry", "force"): "buy_if",
    ("exit", "require"): "sell_only_if",
    ("exit", "forbid"): "no_sell_if",
    ("exit", "force"): "sell_if",
}
OPS: Final = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

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
                _add_described(lattice, start, end)


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


def resolve_new(rule: NewRule, lattice: Lattice, taken: set[str]) -> Outcome:
    """The operation that adds a rule, or the question that its condition leaves open."""
    if isinstance(rule.when, Ask):
        return rule.when
    used = set(features_of(rule.when))
    if rule.side == "entry" and used & FLAT:
        return _ask(lattice, "feature_alone", feature=min(used & FLAT))
    if rule.side == "exit" and used & INVESTED:
        return _ask(lattice, "feature_rest", feature=min(used & INVESTED))
    return (AddRule(rule.side, rule.effect, rule.when, name_for(rule.side, rule.effect, rule.when, taken)),)


def resolve_old(rule: OldRule, lattice: Lattice) -> Outcome:
    """The operation on a rule that there is, or why there is nothing to do."""
    if isinstance(rule.names, Ask):
        return rule.names
    if len(rule.names) > 1:
        return _ask(lattice, "which", names=wording.listed(rule.names, lattice.language))
    known = lattice.symbols.rules[rule.names[0]]
    off = None if rule.explicit else off_parameter(known, lattice.symbols)
    if rule.verb == "remove":
        return (RemoveRule(known.name),)
    if rule.verb == "disable":
        if not known.enabled:
            return _ask(lattice, "rule_disabled", name=known.name)
        if off is not None:
            return _ask(lattice, "rule_off", name=known.name, parameter=off)
        return (DisableRule(known.name),)
    if not known.enabled:
        return (EnableRule(known.name),)
    if off is not None:
        parameter = lattice.symbols.parameters[off]
        high = wording.amount(parameter.range.high, parameter, lattice.language)
        example = wording.amount(parameter.range.high / 10, parameter, lattice.language)
        return _ask(lattice, "rule_needs_value", parameter=off, high=high, example=example)
    return _ask(lattice, "rule_enabled", name=known.name)


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


# Names ---------------------------------------------------------------------------------------------------------------


def name_for(side: Side, effect: Effect, when: Condition, taken: set[str]) -> str:
    """A name that says what the rule does, and that no other has; at most 60 characters, cut at a word."""
    name = _cut(f"{HEADS[side, effect]}_{describe(when)}", when, MOST_LETTERS)
    unique, number = name, 1
    while unique in taken or not NAME.fullmatch(unique):
        number += 1
        unique = f"{_cut(name, when, MOST_LETTERS - 4)}_{number}"
    return unique


def _cut(name: str, when: Condition, most: int) -> str:
    """A long name without its last conditions: `..._and_more`."""
    if len(name) <= most:
        return name
    joined = "_and_" if when.all else "_or_"
    room = name[: most - len("_and_more")]
    whole = room.rpartition(joined)[0] if joined in room else room.rpartition("_")[0]
    return f"{whole}{joined}more"


def describe(when: Condition) -> str:
    """A condition as words of a name."""
    if span := _days(when) or _hours(when):
        return span
    if when.branches:
        return ("_and_" if when.all else "_or_").join(describe(branch) for branch in when.branches)
    feature = when.feature or ""
    against = when.other or _number(feature, when.value)
    if when.other == f"{feature}_average":
        against = "average"
    if when.factor is not None:
        against = f"{_plain(when.factor)}_times_{against}"
    return f"{feature}_{'crosses_' + when.cross if when.cross else OPS[when.op or '<']}_{against}"


def _days(when: Condition) -> str:
    """The day that a condition is about, when it is about one."""
    match when.all:
        case (Condition(feature="weekday", op=">=", value=first), Condition(feature="weekday", op="<=", value=last)):
            return DAYS[int(first or 0)] if first == last else f"{DAYS[int(first or 0)]}_to_{DAYS[int(last or 0)]}"
        case _:
            pass
    if when.feature == "weekday" and when.value == 5 and when.op == ">=":
        return "weekend"
    if when.feature == "weekday" and when.value == 4 and when.op == "<=":
        return "monday_to_friday"
    return ""


def _hours(when: Condition) -> str:
    """The hours that a condition is about, the last one excluded."""
    match when.branches:
        case (Condition(feature="hour", op=">=", value=first), Condition(feature="hour", op="<", value=until)):
            return f"hour_{first}_to_{until}"
        case _:
            return ""


def _number(feature: str, value: float | None) -> str:
    if value is None:
        return ""
    if measure(feature) is Measure.FRACTION:
        return f"{_plain(round(value * 100, 9))}_percent"
    return _plain(value)


def _plain(value: float) -> str:
    text = f"{value:.10f}".rstrip("0").rstrip(".").replace(".", "p")
    return f"minus_{text[1:]}" if text.startswith("-") else text


# Rules that are described --------------------------------------------------------------------------------------------

DESCRIBING: Final = frozenset({"op_gt", "op_lt", "op_ge", "op_le", "reach", "average", "is", "skip"})
"""What may stand in a description beside the names: `the rule that volume is above average`."""
NEVER_DESCRIBING: Final = frozenset({"not", "none_of", "if", "provided", "unless", "join", "rule"})
"""What ends a description, or turns it round. In a rule's exact name they are only letters."""


def _add_described(lattice: Lattice, start: int, end: int) -> None:
    """`the volume rule`, `a regra de volume acima da média`: the words beside the word `rule`."""
    for first in range(max(0, start - 4), start):
        if not any(category in lattice.edges[first] for category in ("remove", "drop", "disable", "enable", "skip")):
            found = described(lattice, first, start)
            if found or _is_one_word(lattice, first, start):
                lattice.add(first, "REF", found or _missing(lattice, first, start), end)
    begin = max((position for position in lattice.starts[end] if position < lattice.end), default=lattice.end)
    ends = [last for last in range(begin + 1, lattice.end + 1) if _may_end(lattice, last)]
    fitting = [(found, last) for last in ends if (found := described(lattice, begin, last))]
    for found, last in fitting:
        lattice.add(start, "REF", found, last)
    if ends and not fitting:
        lattice.add(start, "REF", _missing(lattice, begin, ends[0]), ends[0])


def _may_end(lattice: Lattice, position: int) -> bool:
    return position == lattice.end or "join" in lattice.edges[position] or lattice.finished(position)


def _is_one_word(lattice: Lattice, first: int, last: int) -> bool:
    """Whether nothing stands between the verb and the word `rule` but one word that is no other rule's."""
    return first == last - 1 and lattice.tokens[first].key.isalpha()


def _missing(lattice: Lattice, first: int, last: int) -> Ask:
    said = lattice.said(first, last)
    near = _nearest(said, lattice.symbols) or tuple(lattice.symbols.rules)
    return _ask(lattice, "rule_missing", said=said, names=wording.listed(near, lattice.language))


def described(lattice: Lattice, first: int, last: int) -> tuple[str, ...]:
    """The rules that a stretch of words fits: each word is in a rule's name, or names what the rule reads."""
    words = [token.key for token in lattice.tokens[first:last] if token.key not in lattice.lexicon.glue]
    if not any(word.isalpha() for word in words):
        return ()
    said = "_".join(words)
    if said in lattice.symbols.rules:
        return (said,)
    return tuple(rule.name for rule in lattice.symbols.rules.values() if _fits(lattice, first, last, rule))


def _fits(lattice: Lattice, first: int, last: int, rule: Rule) -> bool:
    if any(NEVER_DESCRIBING & lattice.edges[position].keys() for position in range(first, last)):
        return False
    own = set(rule.name.split("_"))
    reads = {*rule.features, *rule.parameters, rule.name}
    covered: set[int] = set()
    meant = False
    for position in range(first, last):
        if lattice.tokens[position].key in own:
            covered.add(position)
            meant = True
        for category in ("FEATURE", "PARAM", "RULE", "NEGATED"):
            for value, end in lattice.edges[position].get(category, ()):
                if len(value) == 1 and value[0] in reads and end <= last:
                    covered.update(range(position, end))
                    meant = True
    small = [lattice.tokens[position].key in lattice.lexicon.glue for position in range(first, last)]
    outer = [position for position in range(first, last) if not small[position - first]]
    if not {outer[0], outer[-1]} <= covered | _at(lattice, "average", first, last):
        return False  # `all rules less the one of cooldown` does not describe it
    for position in range(first, last):
        if DESCRIBING & lattice.edges[position].keys() or small[position - first]:
            covered.add(position)
    return meant and covered == set(range(first, last))


def _at(lattice: Lattice, category: str, first: int, last: int) -> set[int]:
    return {position for position in range(first, last) if category in lattice.edges[position]}


def _nearest(said: str, symbols: Symbols) -> tuple[str, ...]:
    ranked = process.extract(said.replace(" ", "_"), list(symbols.rules), scorer=fuzz.WRatio, limit=3, score_cutoff=50)
    return tuple(name for name, _, _ in ranked)


def _ask(lattice: Lattice, case: str, **values: object) -> Ask:
    return Ask(wording.say(case, lattice.language, **values))
