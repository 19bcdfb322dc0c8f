"""The name of a new rule says what it does, `no_buy_if_rsi_above_70`: a decision that it made is told with it."""

from __future__ import annotations

from typing import Final, Literal

from core.contracts import Condition
from core.contracts.plan import NAME
from services.interpreter.grammar.features import DAYS, Measure, measure

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
