"""An answer that obeys the schema, as an edit plan of the contracts; or nothing, when it says what cannot be.

The arithmetic is done here, exactly: a model only says which of the owner's amounts is meant, and how.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.contracts import Condition, EditPlan, SetParameter
from core.symbols import Parameter, Symbols
from services.interpreter.grammar.features import Measure, comparable, measure
from services.interpreter.grammar.rule_names import name_for
from services.interpreter.model import fitting
from services.interpreter.model.said import FACTOR, PERCENT, UNITS, Amount, Said

CROSSES: Final = {"crosses_above": "above", "crosses_below": "below"}
FRACTIONS: Final = ("of ", "weight", "ratio", "score")
"""How units begin in which 10 % is 0.1 and no tenth of what is there."""
NEVER_NEGATIVE: Final = (Measure.PRICE, Measure.VOLUME, Measure.POINTS, Measure.SECONDS, Measure.HOUR, Measure.WEEKDAY)
"""Of these a sign says nothing."""
NO_FRACTION: Final = (*NEVER_NEGATIVE, Measure.RANGE, Measure.MOMENTUM)
"""2 % of the price is nothing that a rule can say of the price alone."""


class Impossible(ValueError):  # noqa: N818 - of an answer, and no error of ours
    """The answer is none for this strategy."""


def plan_of(answer: Any, said: Said, symbols: Symbols) -> EditPlan | None:
    """The plan that an answer says; None for one that declines, says what cannot be, one thing twice or too little."""
    if answer["is"] == "decline":
        return None
    try:
        found = [_operation(step, said, symbols) for step in answer["steps"]]
        if len({each["name"] for each in found}) < len(found) or _leaves_out(answer, said, symbols):
            return None
        if not fitting.in_order(answer["steps"], said):
            return None
        return msgspec.convert({"operations": found}, EditPlan)
    except (Impossible, msgspec.ValidationError):
        return None


def _leaves_out(answer: Any, said: Said, symbols: Symbols) -> bool:
    """Whether a number of the sentence is nowhere in the answer, nor what a parameter of it is now."""
    conditions = [each for step in answer["steps"] for each in step.get("when", ())]
    used = [each["amount"] for each in (*answer["steps"], *conditions) if "amount" in each]
    if len(set(used)) < len(used):
        raise Impossible("one number for two things")
    values = {Decimal(repr(symbols.parameters[step["name"]].value)) for step in answer["steps"] if step["is"] == "set"}
    return any(words not in used and amount.plain not in values for words, amount in said.amounts.items())


def _operation(step: dict[str, Any], said: Said, symbols: Symbols) -> dict[str, Any]:
    if step["is"] == "set":
        change = _set(step["how"], said.amounts[step["amount"]], symbols.parameters[step["name"]])
        return dict(msgspec.to_builtins(change))
    if step["is"] == "switch":
        return {"operation": f"{step['do']}_rule", "name": step["rule"]}
    when = _condition(step, said)
    name = name_for(step["side"], step["effect"], msgspec.convert(when, Condition), set(symbols.rules))
    return {"operation": "add_rule", "side": step["side"], "effect": step["effect"], "when": when, "name": name}


def _set(how: str, amount: Amount, parameter: Parameter) -> SetParameter:
    if not fitting.counts(parameter, how, amount):
        raise Impossible("it counts in something else")
    was = Decimal(repr(parameter.value))
    value = _value(how, amount, was, fraction=parameter.range.unit.startswith(FRACTIONS))
    if not parameter.range.low <= value <= parameter.range.high or value == was:
        raise Impossible("out of range, or nothing new")
    if parameter.kind is int and value != value.to_integral_value():
        raise Impossible("not whole")
    return SetParameter(parameter.name, parameter.kind(value), parameter.value)


def _value(how: str, amount: Amount, was: Decimal, *, fraction: bool) -> Decimal:
    if (how == "times") != (amount.unit == FACTOR):
        raise Impossible("a factor multiplies, and nothing else does")
    relative = amount.unit == PERCENT and not fraction
    step = was * amount.plain if relative and how != "to" else amount.plain
    return {"to": step, "add": was + step, "subtract": was - step, "times": was * step}[how]


def _condition(step: dict[str, Any], said: Said) -> dict[str, Any]:
    leaves = list(_leaves(step["when"], said))
    return leaves[0] if len(leaves) == 1 else {step["join"]: leaves}


def _leaves(when: list[dict[str, Any]], said: Said) -> Iterator[dict[str, Any]]:
    for each in when:
        crossing = CROSSES.get(each["op"])
        leaf: dict[str, Any] = {"feature": each["feature"]}
        leaf |= {"cross": crossing} if crossing else {"op": each["op"]}
        if each["is"] == "number":
            amount = said.amounts[each["amount"]]
            if amount.unit in UNITS and measure(each["feature"]) in NO_FRACTION:
                raise Impossible("a fraction of what?")
            if not fitting.tells(each["feature"], amount):
                raise Impossible("no such value")
            number = float(amount.plain)
            signed = measure(each["feature"]) not in NEVER_NEGATIVE
            yield leaf | {"value": -number if signed and each["sign"] == "minus" else number}
        elif comparable(each["feature"], each["other"]) and fitting.leads(each["feature"], each["other"], said):
            yield leaf | {"other": each["other"]}
        else:
            raise Impossible("these two cannot be compared")
