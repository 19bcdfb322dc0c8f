"""The rooms before us on the road, as the road calls them; tests give others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.contracts import Candidate, EditPlan, GateReport, Interpretation, Language, Verdict
from core.kernel import Records, Table
from core.settings import Settings
from core.strategy import Source
from core.symbols import Symbols
from core.workspace import Workspace, find


class Predictor(Protocol):
    """A release compiled in the judge's box."""

    def decisions(self, events: Records, tables: Sequence[Table | None]) -> Records:
        """DECISION for each of these EVENT records, from a memory of zeros. SandboxError when the box fails.

        `tables` are the pairs' Q-tables, zeros where None.
        """

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
    return Rooms(_interpret, _propose, _judge, _BoxedPredictor, _sweep)


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


class _BoxedPredictor:
    """A replay in a box of the guardian's, which begins to compile at once."""

    def __init__(self, source: Source, settings: Settings) -> None:
        from services.guardian.boxes import open_boxes
        from services.guardian.replay import prepare

        self._opened = contextlib.ExitStack()
        try:
            boxes = self._opened.enter_context(open_boxes(settings.guardian, find(settings)))
            self._replay = prepare(source, open_box=boxes.open, seconds=settings.guardian.gate_seconds)
        except BaseException:
            self._opened.close()
            raise

    def decisions(self, events: Records, tables: Sequence[Table | None]) -> Records:
        return self._replay.decisions(events, tables)

    def close(self) -> None:
        self._replay.close()
        self._opened.close()


def _sweep(workspace: Workspace, settings: Settings) -> None:
    from services.editor import sweep
    from services.guardian import sweep as sweep_boxes

    sweep(workspace, keep=set())
    sweep_boxes(settings)
