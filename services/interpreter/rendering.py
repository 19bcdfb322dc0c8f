"""An interpretation as a few lines for a person, in the language of his sentence."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.contracts import (
    Action,
    AddFunction,
    AddIndicator,
    AddRule,
    Condition,
    DisableRule,
    EnableRule,
    Interpretation,
    Language,
    Operation,
    RemoveIndicator,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetParameter,
    Upgrade,
)
from core.symbols import Symbols
from services.interpreter import wording
from services.interpreter.grammar import clock
from services.interpreter.grammar.features import Measure, measure

EFFECTS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("entry", "require"): ("só comprar se", "buy only if"),
    ("entry", "forbid"): ("não comprar se", "do not buy if"),
    ("entry", "force"): ("comprar se", "buy if"),
    ("exit", "require"): ("só vender se", "sell only if"),
    ("exit", "forbid"): ("não vender se", "do not sell if"),
    ("exit", "force"): ("vender se", "sell if"),
}
JOINS: Final = {"all": ("e", "and"), "any": ("ou", "or")}
CROSSES: Final = {"above": ("cruza para cima de", "crosses above"), "below": ("cruza para baixo de", "crosses below")}


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
    return meant.question or meant.reason or ""


def action_line(action: Action) -> str:
    """The action as its slash command."""
    values = (" ".join(value) if isinstance(value, list) else str(value) for value in action.args.values())
    return " ".join((f"/{action.name}", *values))


def operation_line(operation: Operation, symbols: Symbols, language: Language, zone: str = "") -> str:
    """What an operation does."""
    portuguese = language is Language.PT
    match operation:
        case SetParameter(name=name, value=value, was=was):
            parameter = symbols.parameters[name]
            before, after = (wording.amount(number, parameter, language) for number in (was, value))
            return f"{name}: {before} -> {after}"
        case AddRule(side=side, effect=effect, when=when, name=name):
            head = EFFECTS[side, effect][0 if portuguese else 1]
            label = "regra nova" if portuguese else "new rule"
            clock_of = f", {zone}" if zone and clock.reads_clock(when) else ""
            return f"{label} {name}: {head} {condition(when, language)}{clock_of}"
        case RemoveRule(name=name):
            return f"{'remover a regra' if portuguese else 'remove the rule'} {name}"
        case DisableRule(name=name):
            return f"{'desligar a regra' if portuguese else 'disable the rule'} {name}"
        case EnableRule(name=name):
            return f"{'ligar a regra' if portuguese else 'enable the rule'} {name}"
        case AddIndicator(name=name):
            return f"{'indicador novo' if portuguese else 'new indicator'} {name}"
        case RemoveIndicator(name=name):
            return f"{'remover o indicador' if portuguese else 'remove the indicator'} {name}"
        case Upgrade():
            new_frame = "assumir a estratégia que vem com o Sorte agora", "take over the strategy that ships now"
            kept = "; o que você mudou fica", "; what you changed stays"
            return (new_frame[0] + kept[0]) if portuguese else (new_frame[1] + kept[1])
        case Rename(old=old, new=new):
            return f"{'renomear' if portuguese else 'rename'} {old} -> {new}"
        case AddFunction(name=name) | ReplaceFunction(name=name):
            return f"{'código' if portuguese else 'code'} {name}"


def condition(when: Condition, language: Language) -> str:
    """A condition as it is written on paper: `rsi > 70 and volume > 2 × volume_average`."""
    return "".join(_condition(when, language, inner=False))


def _condition(when: Condition, language: Language, *, inner: bool) -> Iterator[str]:
    side = 0 if language is Language.PT else 1
    if (span := clock.span(when, language)) is not None:
        yield span
        return
    if when.branches:
        word = JOINS["all" if when.all else "any"][side]
        text = f" {word} ".join("".join(_condition(branch, language, inner=True)) for branch in when.branches)
        yield f"({text})" if inner else text
        return
    feature = when.feature or ""
    against = when.other or _number(feature, when.value or 0, language)
    if when.factor is not None:
        against = f"{wording.number(when.factor, language)} * {against}"
    yield f"{feature} {CROSSES[when.cross][side] if when.cross else when.op} {against}"


def _number(feature: str, value: float, language: Language) -> str:
    if measure(feature) is Measure.FRACTION:
        return wording.percent(Decimal(repr(value)), language)
    return wording.number(value, language)
