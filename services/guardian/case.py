"""What every gate is given, and the trial that the trading gates share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from core.backtest.inputs import Market
from core.contracts import EditPlan
from core.errors import DataError
from core.settings import GuardianSettings
from core.strategy import Source
from services.guardian.differing import Example
from services.guardian.grade import Grade
from services.guardian.judged import Judged
from services.guardian.longer import longer_of, with_past
from services.guardian.made import rehearsal
from services.guardian.parents import Parents
from services.guardian.session import OpenBox
from services.guardian.tape import in_zone, tape_of
from services.guardian.trial import Trial
from services.guardian.work.margins import Margins


@dataclass(frozen=True, slots=True)
class Evidence:
    """The history that the gates look at, and where it is from: imported, recorded, or made from a seed."""

    markets: Sequence[Market]
    origin: str  # in words, for the Verdict
    zone: str = "UTC"  # whose hours and days the strategy is shown


@dataclass(slots=True)
class Bench:
    """What the gates of one case share: the one part of it that changes. Close it when the case is over."""

    parents: Parents | None = (
        None  # keeps compiled boxes from one case to the next; None: all of them end with this one
    )
    trial: Trial | None = None  # begun by the first gate that needs it
    harmless: bool = False  # the candidate's syntax was looked at: nothing of it can run while it is imported
    judged: Judged | None = None  # what the backtest gate counted, as curves
    starved: bool = False  # a gate had too little machine to be held
    examples: tuple[Example, ...] = ()  # events to which candidate and parent answer differently
    asked: dict[str, Future[Any]] = field(default_factory=dict)  # by gate, what it asked first (`Entry.first`)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)  # held while it is begun

    def stop(self) -> None:
        """End the candidate's boxes: it was refused, and whatever they are still asked is of no use."""
        if self.trial is not None:
            for side in (self.trial.candidate, self.trial.plain):
                side.broken = True
                side.session.close()

    def close(self) -> None:
        """End the boxes of the trial, but for those that the next case may want."""
        if self.trial is not None:
            self.trial.close()


@dataclass(frozen=True, slots=True)
class Case:
    """One candidate before the judge."""

    candidate: Source
    parent: Source
    plan: EditPlan | None  # None: judged by hand; the gates that need a plan then look at the diff only
    evidence: Evidence
    open_box: OpenBox
    gate_seconds: float
    held_out: float
    margins: Margins = field(default_factory=Margins)
    added_tests: tuple[str, ...] = ()
    most_steps: int = GuardianSettings.model_fields["most_steps"].default
    most_state_kb: int = GuardianSettings.model_fields["most_state_kb"].default
    diff: str = ""  # of the whole commit, unified; "": no commit is known, only the two trees
    bench: Bench = field(default_factory=Bench)

    @classmethod
    def under(cls, settings: GuardianSettings, **fields: Any) -> Case:
        """A case of these fields, with all that the owner's settings say of one; a field that is given counts first."""
        said: dict[str, Any] = {
            "gate_seconds": settings.gate_seconds,
            "held_out": settings.held_out,
            "most_steps": settings.most_steps,
            "most_state_kb": settings.most_state_kb,
            "margins": Margins(settings.work_margin, settings.work_growth),
        }
        return cls(**said | fields)


Gate = Callable[[Case], Grade]
"""Judges one thing. It returns a grade, or raises CandidateFault; whatever else it raises is an error of the gate."""


def trial_of(case: Case) -> Trial:
    """The trial of this case, for one gate: the first gate that asks begins it.

    Raises DataError when there is no history, SandboxError when no box can be built.
    """
    with case.bench.lock:
        if case.bench.trial is None:
            case.bench.trial = begin_trial(case)
        trial = case.bench.trial
    trial.begin_gate()
    return trial


def begin_trial(case: Case) -> Trial:
    """Start the boxes of candidate and parent. Raises as `trial_of` does."""
    markets, zone = case.evidence.markets, case.evidence.zone
    if not markets:
        raise DataError("There is no history to judge on.", "Import some with `sorte data import`.")
    made, longer = rehearsal(), longer_of(case.candidate, case.parent)
    nothing = [markets[0].rows[:0]] * max(len(markets), len(made.symbols))
    return Trial(
        case.candidate,
        case.parent,
        history=with_past(tape_of(markets, "history", zone), longer, nothing, zone),
        rehearsal=with_past(replace(made, events=in_zone(made.events, zone)), longer, nothing, zone),
        open_box=case.open_box,
        gate_seconds=case.gate_seconds,
        parents=case.bench.parents,
        keeps=case.bench.harmless,
    )
