"""Compile a candidate while its owner still reads what it would change: most of a judgement is waiting for that.

Nothing is judged here and nothing is believed: the gates that look at syntax are held first, as before any box is
opened ahead, and what the box makes of the strategy is kept as a judgement keeps it (`sandbox.compiled`), for boxes of
just this tree. When the owner says no, it was in vain.
"""

from __future__ import annotations

from contextlib import closing, suppress
from functools import partial
from typing import Any, NoReturn

from core.contracts import Candidate, Outcome
from core.errors import SorteError
from core.settings import Settings
from core.strategy import Source
from core.workspace import find
from sandbox.compiled import JUDGED, BoxCode
from services.guardian.answers import Prepared
from services.guardian.boxes import open_boxes
from services.guardian.case import Case, Evidence
from services.guardian.gates import GATES
from services.guardian.judge import hold
from services.guardian.preparing import make_ready
from services.guardian.shape import shape_of


def compile_ahead(candidate: Candidate, source: Source, parent: Source, settings: Settings) -> bool:
    """Whether its compiled code is kept now. Never raises for what is wrong with it: the judgement will say that.

    Call it in the thread in which it will be judged, so that a judgement waits for it and does not compile beside it.
    """
    if not is_harmless(candidate, source, parent, settings):
        return False
    if BoxCode(JUDGED).find(source.tree_hash):
        return True
    with (
        suppress(SorteError, OSError),
        open_boxes(settings.guardian, find(settings)) as boxes,
        closing(boxes.open(source, jit=True)) as box,
    ):
        ask = partial(box.ask, "trading.prepare", Prepared, seconds=settings.guardian.gate_seconds)
        return not make_ready(source.tree_hash, ask, keeps=True, shape=shape_of(source)).fault
    return False


def is_harmless(candidate: Candidate, source: Source, parent: Source, settings: Settings) -> bool:
    """Whether every gate passes that is held before boxes may be opened ahead; none of them needs one."""
    case = Case.under(
        settings.guardian,
        candidate=source,
        parent=parent,
        plan=candidate.plan,
        evidence=Evidence((), "none"),
        open_box=_no_box,
        added_tests=candidate.tests,
        diff=candidate.diff,
    )
    for name, entry in GATES.items():
        if hold(name, entry, case).outcome is not Outcome.PASSED:
            return False
        if entry.clears:
            return True
    return False


def _no_box(*_: Any, **__: Any) -> NoReturn:
    raise SorteError("No box is opened before the syntax was looked at.")
