"""What the owner reads of each gate that may refuse him; `tests/core/test_wording.py` reads every text."""

from __future__ import annotations

import pytest

from core.contracts import Language
from services.commander.texts import say
from services.guardian.gates import GATES


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("gate", GATES)
def test_each_gate_says_what_it_stands_for(gate: str, language: Language) -> None:
    why = say(f"gate_{gate}", language)
    told = say("gate", language, gate=gate, why=why, finding="rules.py, line 3")
    assert why in told
    assert told.endswith("rules.py, line 3")
