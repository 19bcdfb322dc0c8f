"""What every gate is given, and what a box is to it: the seam between the judge and what it judges in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from core.backtest.inputs import Market
from core.contracts import EditPlan, GateReport
from core.strategy import Source

Result = TypeVar("Result")


class Session(Protocol):
    """One box in which one strategy was laid out, open for questions. Whatever it answers is a stranger's word.

    `ask(task, type, **arguments)` runs `task` of `sandbox.tasks` inside and decodes its answer as `type`; arguments and
    answers are numbers, strings, bytes, lists and dicts. Raises SandboxError when the box died, was late (`seconds`),
    answered without the nonce, with what is no `type`, or said that the task failed.
    """

    def ask(self, task: str, answer: type[Result], *, seconds: float, **arguments: Any) -> Result: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """The history that the gates look at, and where it is from: imported, recorded, or made from a seed."""

    markets: Sequence[Market]
    origin: str  # in words, for the Verdict
    zone: str = "UTC"  # whose hours and days the strategy is shown


@dataclass(frozen=True, slots=True)
class Case:
    """One candidate before the judge. `open_box(source, jit=)` starts a box with that strategy in it."""

    candidate: Source
    parent: Source
    plan: EditPlan | None  # None: judged by hand; the gates that need a plan then look at the diff only
    evidence: Evidence
    open_box: Callable[..., Session]
    gate_seconds: float
    held_out: float
    added_tests: tuple[str, ...] = ()
    diff: str = ""  # of the whole commit, unified; "": no commit is known, only the two trees
    shared: dict[str, Any] = field(default_factory=dict)  # what one gate measured and a later one needs: open sessions


Gate = Callable[[Case], GateReport]
"""Holds one gate. It returns a report for whatever the candidate does; what it raises is an error of the gate."""

Gates = Mapping[str, Gate]
