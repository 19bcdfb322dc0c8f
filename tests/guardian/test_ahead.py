"""What is compiled while its owner reads: only what the judge would open a box for, and nobody hears of a fault."""

from __future__ import annotations

import pytest

from core.contracts import Candidate, EditPlan, SetParameter
from core.settings import GuardianSettings, Settings
from core.strategy import Source
from sandbox.compiled import JUDGED, BoxCode
from services.guardian import ahead
from tests.guardian.conftest import SHIPPED, WIDENED_PLAN, changed, widened

SETTINGS = Settings(guardian=GuardianSettings(sandbox="bubblewrap"))


def candidate(source: Source, plan: EditPlan = WIDENED_PLAN) -> Candidate:
    return Candidate("1", "b" * 40, "c" * 40, source.tree_hash, SHIPPED.tree_hash, plan, "")


def test_what_is_harmless_is_compiled_and_kept_for_the_judge() -> None:
    assert ahead.compile_ahead(candidate(widened()), widened(), SHIPPED, SETTINGS)
    assert BoxCode(JUDGED).find(widened().tree_hash)


def test_no_box_is_opened_for_what_the_first_gates_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> object:
        raise AssertionError("a box")

    monkeypatch.setattr(ahead, "open_boxes", opened)
    hostile = changed(rules=("from __future__ import annotations", "from __future__ import annotations\nimport os"))
    other_plan = EditPlan((SetParameter("take_profit", 0.05, 0.04),))
    assert not ahead.compile_ahead(candidate(hostile), hostile, SHIPPED, SETTINGS)
    assert not ahead.compile_ahead(candidate(widened(), other_plan), widened(), SHIPPED, SETTINGS)
