"""What the backtest of a judgement measured, as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from core.contracts.road import GateReport, Verdict
from core.language import Language
from services.gateway.console.texts import say
from services.gateway.web.texts import named

Figures = Mapping[str, float | int | str | None]
TERMS: Final = ("doubled_costs", "one_bar_late")
"""On which the backtest measures besides the usual ones."""
BACKTEST: Final = "backtest"


class Row(NamedTuple):
    """One figure."""

    name: str
    before: float | int | str | None
    after: float | int | str | None


def measured(figures: Figures, language: Language) -> list[Row]:
    """Those that were measured before and after."""
    both = (name[:-6] for name in figures if name.endswith("_after") and f"{name[:-6]}_before" in figures)
    return [Row(figure_name(name, language), figures[f"{name}_before"], figures[f"{name}_after"]) for name in both]


def alone(figures: Figures, language: Language) -> list[Row]:
    """The others, each with its one value."""
    paired = {f"{name.rpartition('_')[0]}" for name in figures if name.endswith("_before")}
    lone = (name for name in figures if name.rpartition("_")[0] not in paired)
    return [Row(figure_name(name, language), None, figures[name]) for name in lone]


def figure_name(name: str, language: Language) -> str:
    """`doubled_costs_total_return` as a person reads it."""
    terms = next((each for each in TERMS if name.startswith(f"{each}_")), "usual")
    return say(f"terms.{terms}", language, figure=named("figure", name.removeprefix(f"{terms}_"), language))


def backtest_of(verdict: Verdict | None) -> GateReport | None:
    """The gate that played it, where the judgement came so far."""
    return next((gate for gate in verdict.gates if gate.name == BACKTEST), None) if verdict is not None else None
