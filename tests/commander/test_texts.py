"""What the owner reads: each sentence in both languages, and one for each gate that may refuse him."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

from core.contracts import Language
from services.commander import texts
from services.commander.texts import say
from services.guardian.gates import GATES

TEXTS = tomllib.loads((Path(texts.__file__).parent / "texts.toml").read_text(encoding="utf-8"))


def places(text: str) -> set[str]:
    """What is filled into a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", TEXTS)
def test_a_sentence_says_the_same_in_both_languages(name: str) -> None:
    portuguese, english = TEXTS[name]["pt"], TEXTS[name]["en"]
    assert portuguese != english
    assert places(portuguese) == places(english)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("gate", GATES)
def test_each_gate_says_what_it_stands_for(gate: str, language: Language) -> None:
    why = say(f"gate_{gate}", language)
    told = say("gate", language, gate=gate, why=why, finding="rules.py, line 3")
    assert why in told
    assert told.endswith("rules.py, line 3")
