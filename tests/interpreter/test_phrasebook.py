"""The pages that list what can be said: made of the code as it is, and every sentence on them is understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.contracts import Language, Situation, Status
from core.contracts.plan import AddRule, DisableRule, SetParameter
from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import phrasebook
from services.interpreter.grammar.actions import PATTERNS
from services.interpreter.interpret import interpret

ROOT = Path(__file__).parents[2]
SHIPPED = Symbols.of(Source.shipped().files)
STOPS = {"pause", "panic", "close"}
"""Actions that are heard before the grammar's patterns."""


@pytest.mark.parametrize("language", Language)
def test_the_page_is_the_one_that_the_code_makes(language: Language) -> None:
    written = (ROOT / phrasebook.PAGES[language]).read_text(encoding="utf-8")
    assert written == phrasebook.page(SHIPPED, language), "run `python -m services.interpreter.phrasebook`"


def test_each_sentence_does_what_its_row_says() -> None:
    wrong: list[str] = []
    tables = (
        (phrasebook.parameter_phrases(SHIPPED), SetParameter),
        (phrasebook.feature_phrases(SHIPPED), AddRule),
        (phrasebook.rule_phrases(SHIPPED), DisableRule),
    )
    for phrases, kind in tables:
        for phrase in phrases:
            for language in Language:
                meant = interpret(phrase.said(language), SHIPPED)
                operations = meant.plan.operations if meant.plan is not None else ()
                right = meant.status is Status.PLAN and len(operations) == 1 and isinstance(operations[0], kind)
                if not right or phrase.about not in str(operations[0]):
                    wrong.append(f"{phrase.said(language)}: {meant}")
    assert wrong == []


def test_each_value_is_another_one_within_its_range() -> None:
    for parameter in SHIPPED.parameters.values():
        value = float(phrasebook.another(parameter))
        assert parameter.range.low <= value <= parameter.range.high, parameter.name
        assert value != parameter.value, parameter.name


def test_each_action_is_understood_and_none_is_missing() -> None:
    wrong: list[str] = []
    for phrase in phrasebook.action_phrases():
        for language in Language:
            meant = interpret(phrase.said(language), SHIPPED)
            if meant.action is None or meant.action.name != phrase.about:
                wrong.append(f"{phrase.said(language)}: {meant}")
    assert wrong == []
    assert set(phrasebook.ACTIONS) == {name for _, name, _ in PATTERNS} | STOPS


def test_what_the_page_for_newcomers_quotes_is_understood() -> None:
    now, wrong = Situation(pairs=("BTCUSDT",)), []
    for page in ("docs/coming-from.md", "docs/pt-BR/coming-from.md"):
        quoted = re.findall(r'"([^"]+)"', (ROOT / page).read_text(encoding="utf-8"))
        asked = [text for text in quoted if not text.endswith("...")]
        wrong += [text for text in asked if interpret(text, SHIPPED, situation=now).status is not Status.PLAN]
    assert wrong == []


def test_each_feature_is_described() -> None:
    described = {name.removeprefix("feature.") for name in phrasebook.WORDING.texts if name.startswith("feature.")}
    assert described == set(SHIPPED.spoken)
