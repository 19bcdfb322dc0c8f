"""How a gate says what it came to."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from core.contracts import GateReport, Outcome
from core.contracts.road import FINDINGS_SHOWN


def graded(
    name: str, started: float, findings: Iterable[str], figures: Mapping[str, float | int | str | None] | None = None
) -> GateReport:
    """Failed when there are findings, else passed; `started` as `time.perf_counter` told it."""
    found = tuple(dict.fromkeys(findings))
    shown = found[:FINDINGS_SHOWN]
    if len(found) > len(shown):
        shown = (*shown[:-1], f"and {len(found) - len(shown) + 1} more")
    return GateReport(
        name=name,
        outcome=Outcome.FAILED if found else Outcome.PASSED,
        seconds=round(time.perf_counter() - started, 3),
        findings=shown,
        figures=dict(figures or {}),
    )


def not_held(
    name: str, started: float, why: str, figures: Mapping[str, float | int | str | None] | None = None
) -> GateReport:
    """The gate itself could not be held, which is never a pass."""
    return GateReport(name, Outcome.ERROR, round(time.perf_counter() - started, 3), (why,), dict(figures or {}))
