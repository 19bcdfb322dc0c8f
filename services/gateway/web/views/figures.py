"""What the backtest of a judgement measured, as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from core.contracts.road import GateReport, Verdict
from core.formats import figure
from core.language import Language
from services.gateway.console.texts import say
from services.gateway.web.texts import named

Value = float | int | str | None
Figures = Mapping[str, Value]
SIDES: Final = ("before", "after")
TERMS: Final = ("doubled_costs", "one_bar_late")
"""On which the backtest measures besides the usual ones."""
BACKTEST: Final = "backtest"
SHARES: Final = {"total_return": "+.2%", "max_drawdown": ".2%", "win_rate": ".2%"}
"""Figures that are fractions, as a person reads them."""


class Row(NamedTuple):
    """One figure."""

    name: str
    before: Value
    after: Value


def measured(figures: Figures, language: Language) -> list[Row]:
    """Those that were measured before and after."""
    both = (name[:-6] for name in figures if name.endswith("_after") and f"{name[:-6]}_before" in figures)
    return [
        Row(figure_name(name, language), *(_shown(name, figures[f"{name}_{side}"], language) for side in SIDES))
        for name in both
    ]


def alone(figures: Figures, language: Language) -> list[Row]:
    """The others, each with its one value."""
    paired = {f"{name.rpartition('_')[0]}" for name in figures if name.endswith("_before")}
    lone = (name for name in figures if name.rpartition("_")[0] not in paired)
    return [Row(figure_name(name, language), None, _shown(name, figures[name], language)) for name in lone]


def _shown(name: str, value: Value, language: Language) -> Value:
    """A fraction as percents; anything else as it is."""
    spec = SHARES.get(_own_name(name)[1])
    return figure(value, spec, language) if spec is not None and isinstance(value, float | int) else value


def _own_name(name: str) -> tuple[str, str]:
    """On which terms it was measured, and what."""
    terms = next((each for each in TERMS if name.startswith(f"{each}_")), "usual")
    return terms, name.removeprefix(f"{terms}_")


def figure_name(name: str, language: Language) -> str:
    """`doubled_costs_total_return` as a person reads it."""
    terms, own = _own_name(name)
    return say(f"terms.{terms}", language, figure=named("figure", own, language))


def backtest_of(verdict: Verdict | None) -> GateReport | None:
    """The gate that played it, where the judgement came so far."""
    return next((gate for gate in verdict.gates if gate.name == BACKTEST), None) if verdict is not None else None
