"""The rooms before us on the road, as the road calls them; tests give others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from core.contracts import Candidate, EditPlan, GateReport, Interpretation, Language, Verdict
from core.kernel import Records
from core.settings import Settings
from core.strategy import Source
from core.symbols import Symbols
from core.workspace import Workspace


class Predictor(Protocol):
    """A release compiled in the judge's box."""

    def decisions(self, events: Records) -> Records:
        """DECISION for each of these EVENT records, from a memory of zeros. SandboxError when the box fails."""

    def close(self) -> None:
        """End the box."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the commander needs of others. Everything here is slow, and is called in a thread."""

    interpret: Callable[[str, Symbols], Interpretation]
    propose: Callable[[Workspace, EditPlan, str, str, Language], Candidate]
    """(workspace, plan, change, base, language); raises SorteError with what the owner should read."""
    judge: Callable[[Candidate, Source, Source, Settings, Callable[[GateReport], None]], Verdict]
    """(candidate, its source, its parent's, settings, on_gate)"""
    predict: Callable[[Source, Settings], Predictor]
    sweep: Callable[[Workspace, Settings], None]
    """Remove what a killed editor or guardian left behind."""


def real_rooms() -> Rooms:
    """The rooms of the product. Heavy libraries are imported at the first call of each."""
    return Rooms(_interpret, _propose, _judge, _predict, _sweep)


def _interpret(text: str, symbols: Symbols) -> Interpretation:
    from services.interpreter import interpret

    return interpret(text, symbols)


def _propose(workspace: Workspace, plan: EditPlan, change: str, base: str, language: Language) -> Candidate:
    from services.editor import propose

    return propose(workspace, plan, change=change, base=base, language=language)


def _judge(
    candidate: Candidate, source: Source, parent: Source, settings: Settings, on_gate: Callable[[GateReport], None]
) -> Verdict:
    from services.guardian.evidence import gather
    from services.guardian.judge import judge

    return judge(
        candidate,
        source,
        parent,
        plan=candidate.plan,
        evidence=gather(settings),
        settings=settings,
        on_gate=on_gate,
        added_tests=candidate.tests,
    )


def _predict(source: Source, settings: Settings) -> Any:
    from services.guardian.replay import prepare

    return prepare(source, settings)


def _sweep(workspace: Workspace, settings: Settings) -> None:
    from services.editor import sweep
    from services.guardian import sweep as sweep_boxes

    sweep(workspace, keep=set())
    sweep_boxes(settings)
