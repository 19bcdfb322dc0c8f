"""Candidates made from the shipped strategy, and the gates held over them in real boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.contracts import EditPlan, GateReport, SetParameter
from core.strategy import Source
from services.guardian.boxes import Boxes
from services.guardian.boxes.bubblewrap import Bubblewrap
from services.guardian.case import Case, Evidence, Gate
from services.guardian.gates import GATES, Entry
from services.guardian.judge import hold as hold_gate

SHIPPED = Source.shipped()
OURS = ("scope", "policy", "bounds", "lint", "security", "tests")
"""The gates that look at code and tests; the others look at what it does to a market."""

Hold = Callable[..., GateReport]


@pytest.fixture
def boxes() -> Boxes:
    """Boxes by bubblewrap."""
    return Bubblewrap(2048)


def changed(changes: dict[str, str | None] | None = None, **replaced: tuple[str, str]) -> Source:
    """The shipped strategy with files of these texts (None: without it), or `rules=(old, new)` replaced in rules.py."""
    files = dict(SHIPPED.files)
    for name, (old, new) in replaced.items():
        text = files[f"{name}.py"].decode()
        assert text.count(old) == 1, f"{old!r} is not once in {name}.py"
        files[f"{name}.py"] = text.replace(old, new).encode()
    for name, content in (changes or {}).items():
        if content is None:
            del files[name]
        else:
            files[name] = content.encode()
    return Source.of(files)


def appended(file: str, text: str, base: Source = SHIPPED) -> Source:
    """A strategy with lines at the end of a file."""
    return Source.of({**base.files, file: base.files[file] + text.encode()})


WIDENED_PLAN = EditPlan((SetParameter("stop_loss", 0.03, 0.02),))


def widened() -> Source:
    """The shipped strategy with a wider stop, as `WIDENED_PLAN` says it."""
    stop = 'Range(0.001, 0.5, "of entry price")] = 0.0'
    return changed(parameters=(f"{stop}2", f"{stop}3"))


def case_of(
    candidate: Source,
    plan: EditPlan | None = None,
    *,
    parent: Source = SHIPPED,
    boxes: Boxes | None = None,
    **more: Any,
) -> Case:
    """A case; without `boxes` none can be opened."""

    def none(*_: object, **__: object) -> Any:
        raise AssertionError("this gate needs no box")

    return Case(
        candidate=candidate,
        parent=parent,
        plan=plan,
        evidence=Evidence((), "none"),
        open_box=boxes.open if boxes else none,
        gate_seconds=240.0,
        held_out=0.3,
        **more,
    )


def report_on(gate: Gate, case: Case) -> GateReport:
    """What the judge reports of one gate, whether there is a history or not."""
    return hold_gate("gate", Entry(gate, needs_history=False), case)


@pytest.fixture
def hold(boxes: Boxes) -> Hold:
    """Hold one gate over a candidate."""

    def hold(gate: str, candidate: Source, plan: EditPlan | None = None, **more: Any) -> GateReport:
        return report_on(GATES[gate].gate, case_of(candidate, plan, boxes=boxes, **more))

    return hold
