"""What is understood, asked and refused, sentence by sentence; the files beside this one are the specification."""

from __future__ import annotations

from typing import Any

import pytest

from core.contracts import ACTIONS, Status
from core.symbols import Symbols
from services.interpreter import interpret
from tests.interpreter.sentences import acted, lines, operations, pairs, plain, planned, records

NEUTRAL = ("rsi_oversold = 35", "take profit 5%", "stop 3%, alvo 6%")
"""Names and numbers only, which are in either language."""


BOTH = {text for entry in pairs() for text in entry["pt"] if text in entry["en"]}


@pytest.mark.parametrize(
    ("language", "text", "plan"), planned(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_sentence_gives_its_plan_and_its_twin_in_the_other_language_the_same(
    language: str, text: str, plan: list[dict[str, Any]], symbols: Symbols
) -> None:
    meant = interpret(text, symbols)
    assert operations(meant) == plan
    assert meant.language == language or text in NEUTRAL or text in BOTH
    assert meant.backend == "grammar"
    assert meant.ms < 1000


@pytest.mark.parametrize(("text", "action"), acted())
def test_a_sentence_gives_its_action(text: str, action: dict[str, Any], symbols: Symbols) -> None:
    assert plain(interpret(text, symbols))["action"] == action


def test_every_action_of_the_contract_can_be_said() -> None:
    assert {action["name"] for _, action in acted()} == set(ACTIONS)


@pytest.mark.parametrize("expected", records("asks.jsonl"), ids=lambda expected: expected["text"])
def test_what_is_unclear_is_asked_with_what_it_is_about(expected: dict[str, Any], symbols: Symbols) -> None:
    meant = interpret(expected["text"], symbols)
    assert meant.status == expected.get("status", "ask")
    said = meant.question or meant.reason or ""
    assert said
    assert [part for part in expected["says"] if part not in said] == []


@pytest.mark.parametrize("text", lines("traps.txt"))
def test_negated_hypothetical_reported_or_asked_it_edits_nothing(text: str, symbols: Symbols) -> None:
    assert interpret(text, symbols).status in (Status.ASK, Status.NONE)


@pytest.mark.parametrize("text", lines("out_of_scope.txt"))
def test_what_is_no_command_is_none_with_a_reason(text: str, symbols: Symbols) -> None:
    meant = interpret(text, symbols)
    assert meant.status is Status.NONE
    assert meant.reason


def test_the_corpora_are_as_large_as_they_claim() -> None:
    assert len(planned()) >= 250
    assert len(lines("traps.txt")) >= 80
