"""Some of the judge's questions put to any strategy, with nothing to compare it with: does it know its future, and does
it depend on how much of the past it was shown."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final, Literal

from core.contracts import GateReport
from core.contracts.road import Outcome
from core.settings import Settings
from core.strategy import Source
from core.workspace import find
from services.guardian import recursion
from services.guardian.boxes import BoxSession, open_boxes
from services.guardian.case import Case, Evidence
from services.guardian.gates import GATES, Entry
from services.guardian.judge import close_boxes, hold, open_and_remember

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
    with open_boxes(settings.guardian, find(settings)) as boxes:
        opened: list[BoxSession] = []
        case = Case(
            candidate=source,
            parent=source,
            plan=None,
            evidence=evidence,
            open_box=functools.partial(open_and_remember, boxes, opened),
            gate_seconds=settings.guardian.gate_seconds,
            held_out=settings.guardian.held_out,
        )
        try:
            for name, entry in ASKED[what].items():
                reports.append(hold(name, entry, case))
                on_gate(reports[-1])
                if reports[-1].outcome is not Outcome.PASSED:
                    break
                case.bench.harmless |= entry.clears
        finally:
            close_boxes(case, opened, None)
    return reports
