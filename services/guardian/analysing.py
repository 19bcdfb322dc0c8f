"""Some of the judge's questions put to any strategy, with nothing to compare it with: does it know its future, and does
it depend on how much of the past it was shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from core.contracts import GateReport
from core.contracts.road import Outcome
from core.settings import Settings
from core.strategy import Source
from services.guardian import recursion
from services.guardian.case import Evidence
from services.guardian.gates import GATES, Entry
from services.guardian.judge import hold, opened_case

Analysis = Literal["lookahead", "recursive"]
WARM_UP: Final = "warm-up"
ASKED: Final[Mapping[Analysis, Mapping[str, Entry]]] = {
    "lookahead": {name: GATES[name] for name in ("policy", "compile", "causality")},
    "recursive": {
        **{name: GATES[name] for name in ("policy", "compile", "twin")},
        WARM_UP: Entry(recursion.gate, on_trial=True),
    },
}
"""What a foreign strategy has to pass before it is run at all comes first."""


def analyse(
    what: Analysis, source: Source, evidence: Evidence, settings: Settings, on_gate: Callable[[GateReport], None]
) -> list[GateReport]:
    """A report of each question, in order; the first one that it fails is the last.

    Raises SandboxError where no box can be made.
    """
    reports: list[GateReport] = []
    with opened_case(source, source, evidence, settings, plan=None) as (case, _):
        for name, entry in ASKED[what].items():
            reports.append(hold(name, entry, case))
            on_gate(reports[-1])
            if reports[-1].outcome is not Outcome.PASSED:
                break
            case.bench.harmless |= entry.clears
    return reports
