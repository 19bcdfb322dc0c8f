"""An interpretation as a few lines for a person, in the language of his sentence."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core import formats
from core.contracts import (
    Action,
    AddFunction,
    AddIndicator,
    AddRule,
    Condition,
    DisableRule,
    EnableRule,
    Extract,
    Inline,
    Interpretation,
    Language,
    Offer,
    Operation,
    RemoveFunction,
    RemoveIndicator,
    RemoveOverride,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetOverride,
    SetParameter,
    Upgrade,
)
from core.formats import number
from core.indicator_kinds import KINDS
from core.strategy import Range
from core.symbols import Parameter, Symbols
from services.interpreter import wording
from services.interpreter.code_in_words import source_in_words
from services.interpreter.grammar import clock
from services.interpreter.grammar.features import Measure, measure
from services.interpreter.wording import say


def rendered(meant: Interpretation, symbols: Symbols, zone: str = "") -> str:
    """A line for each operation, for the action, or the sentence that says why there is none.

    `zone` is the owner's, of which hours and days are.
    """
    if meant.plan is not None:
        return "\n".join(
            operation_line(operation, symbols, meant.language, zone) for operation in meant.plan.operations
        )
    if meant.action is not None:
        return action_line(meant.action)
    lines = [f"  {place}. {line}" for place, line in enumerate(offer_lines(meant, symbols, zone), 1)]
    return "\n".join((meant.question or meant.reason or "", *lines))


def offer_lines(meant: Interpretation, symbols: Symbols, zone: str = "") -> list[str]:
    """A line for each offer of a question."""
    return [_offer_line(offer, symbols, meant.language, zone) for offer in meant.offers]


def _offer_line(offer: Offer, symbols: Symbols, language: Language, zone: str) -> str:
    if offer.action is not None:
        return action_line(offer.action)
    operations = offer.plan.operations if offer.plan is not None else ()
    return "; ".join(operation_line(operation, symbols, language, zone) for operation in operations)


def action_line(action: Action) -> str:
    """The action as its slash command."""
    values = (" ".join(value) if isinstance(value, list) else str(value) for value in action.args.values())
    return " ".join((f"/{action.name}", *values))


def _indicator_line(added: AddIndicator, language: Language) -> str:
    """A new indicator, with those of its numbers that its name does not say: a band's width."""
    beside = [name for name, bounds in KINDS[added.kind].parameters.items() if bounds.usual is not None]
    said = [
        say(f"number.{name}", language, number=number(added.parameters[name], language))
        for name in beside
        if name in added.parameters
    ]
    return ", ".join([say("line.add_indicator", language, name=added.name), *said])


def operation_line(operation: Operation, symbols: Symbols, language: Language, zone: str = "") -> str:
    """What an operation does."""
    match operation:
        case SetParameter(name=name, value=value, was=was):
            parameter = symbols.parameters[name]
            before, after = (wording.amount(number, parameter, language) for number in (was, value))
            return f"{name}: {before} -> {after}"
        case SetOverride(name=name, pair=pair, value=value, was=was):
            parameter = symbols.parameters[name]
            before, after = (wording.amount(number, parameter, language) for number in (was, value))
            return say("line.set_override", language, name=name, pair=pair, before=before, after=after)
        case RemoveOverride(name=name, pair=pair, was=was):
            parameter = symbols.parameters[name]
            before, after = (wording.amount(number, parameter, language) for number in (was, parameter.value))
            return say("line.remove_override", language, name=name, pair=pair, before=before, after=after)
        case AddRule(side=side, effect=effect, when=when, name=name):
            clock_of = f", {zone}" if zone and clock.reads_clock(when) else ""
            effect_of = say(f"{side}.{effect}", language)
            return (
                say("line.add_rule", language, name=name, effect=effect_of, condition=condition(when, language))
                + clock_of
            )
        case RemoveRule(name=name):
            return say("line.remove_rule", language, name=name)
        case DisableRule(name=name):
            return say("line.disable_rule", language, name=name)
        case EnableRule(name=name):
            return say("line.enable_rule", language, name=name)
        case AddIndicator():
            return _indicator_line(operation, language)
        case RemoveIndicator(name=name):
            return say("line.remove_indicator", language, name=name)
        case Upgrade():
            return say("line.upgrade", language)
        case Rename(old=old, new=new):
            return say("line.rename", language, old=old, new=new)
        case Extract():
            return _extract_line(operation, language)
        case Inline(name=name):
            return say("line.inline", language, name=name)
        case AddFunction(name=name, source=source):
            return say("line.new_code", language, name=name, words=source_in_words(source, language))
        case ReplaceFunction(name=name, source=source):
            return say("line.code_anew", language, name=name, words=source_in_words(source, language))
        case RemoveFunction(name=name):
            return say("line.code", language, name=name)


def _extract_line(operation: Extract, language: Language) -> str:
    counted = Parameter(operation.name, float, operation.value, Range(*_range(operation)), "", 0)
    value, low, high = (
        wording.amount(number, counted, language) for number in (operation.value, operation.low, operation.high)
    )
    value = f"{value} #{operation.place}" if operation.place > 1 else value
    return say(
        "line.extract", language, value=value, function=operation.function, name=operation.name, low=low, high=high
    )


def _range(operation: Extract) -> tuple[float, float, str]:
    return operation.low, operation.high, operation.unit


def condition(when: Condition, language: Language) -> str:
    """A condition as it is written on paper: `rsi > 70 and volume > 2 × volume_average`."""
    return "".join(_condition(when, language, inner=False))


def _condition(when: Condition, language: Language, *, inner: bool) -> Iterator[str]:
    if (span := clock.span(when, language)) is not None:
        yield span
        return
    if when.branches:
        word = say("join.all" if when.all else "join.any", language)
        text = f" {word} ".join("".join(_condition(branch, language, inner=True)) for branch in when.branches)
        yield f"({text})" if inner else text
        return
    feature = when.feature or ""
    against = when.other or _number(feature, when.value or 0, language)
    if when.factor is not None:
        against = f"{formats.number(when.factor, language)} * {against}"
    yield f"{feature} {say(f'cross.{when.cross}', language) if when.cross else when.op} {against}"


def _number(feature: str, value: float, language: Language) -> str:
    if measure(feature) is Measure.FRACTION:
        return formats.percent(Decimal(repr(value)), language)
    return formats.number(value, language)
