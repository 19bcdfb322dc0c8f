"""What a gate found, and how that becomes its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.contracts import GateReport, Outcome
from core.contracts.road import FINDINGS_SHOWN
from services.guardian.case import Case
from services.guardian.trial import Refused

Figures = Mapping[str, float | int | str | None]
NO_FIGURES: Figures = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Grade:
    """A gate refuses for one reason or more; notes are what the owner should know besides."""

    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Figures = field(default_factory=lambda: NO_FIGURES)


def hold(name: str, judge: Callable[[Case], Grade], case: Case) -> GateReport:
    """Hold one gate, and report. What the candidate's box does wrong is a refusal; other errors are the gate's own."""
    begun = time.perf_counter()
    try:
        grade = judge(case)
    except Refused as refused:
        grade = Grade((str(refused),))
    findings = (*grade.refusals, *grade.notes)
    if len(findings) > FINDINGS_SHOWN:
        findings = (*findings[: FINDINGS_SHOWN - 1], f"and {len(findings) - FINDINGS_SHOWN + 1} more")
    return GateReport(
        name=name,
        outcome=Outcome.FAILED if grade.refusals else Outcome.PASSED,
        seconds=round(time.perf_counter() - begun, 3),
        findings=findings,
        figures=dict(grade.figures),
    )


def percent(value: float | None) -> str:
    """3.1 %, or `-` for what is not defined."""
    return "-" if value is None else f"{100 * value:.1f} %"
