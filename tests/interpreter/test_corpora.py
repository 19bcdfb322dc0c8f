"""What is understood, asked and refused, sentence by sentence; the files beside this one are the specification."""

from __future__ import annotations

from typing import Any

from core.contracts import ACTIONS, Status
from core.symbols import Symbols
from services.interpreter import interpret
from tests.each import each
from tests.interpreter.sentences import acted, lines, operations, pairs, plain, planned, records

NEUTRAL = ("rsi_oversold = 35", "take profit 5%", "stop 3%, alvo 6%")
"""Names and numbers only, which are in either language."""


BOTH = {text for entry in pairs() for text in entry["pt"] if text in entry["en"]}


def test_a_sentence_gives_its_plan_and_its_twin_in_the_other_language_the_same(symbols: Symbols) -> None:
    def gives(language: str, text: str, plan: list[dict[str, Any]]) -> None:
        meant = interpret(text, symbols)
        assert operations(meant) == plan
        assert meant.language == language or text in NEUTRAL or text in BOTH
        assert meant.backend == "grammar"
        assert meant.ms < 10_000  # far more than any takes on a busy machine

    each(planned(), gives)


def test_a_sentence_gives_its_action(symbols: Symbols) -> None:
    def gives(text: str, action: dict[str, Any]) -> None:
        assert plain(interpret(text, symbols))["action"] == action

    each(acted(), gives)


def test_every_action_of_the_contract_can_be_said() -> None:
    assert {action["name"] for _, action in acted()} == set(ACTIONS)


def test_what_is_unclear_is_asked_with_what_it_is_about(symbols: Symbols) -> None:
    def is_asked(expected: dict[str, Any]) -> None:
        meant = interpret(expected["text"], symbols)
        assert meant.status == expected.get("status", "ask")
        said = meant.question or meant.reason or ""
        assert said
        assert [part for part in expected["says"] if part not in said] == []

    each(records("asks.jsonl"), is_asked)


def test_negated_hypothetical_reported_or_asked_it_edits_nothing(symbols: Symbols) -> None:
    def edits_nothing(text: str) -> None:
        assert interpret(text, symbols).status in (Status.ASK, Status.NONE)

    each(lines("traps.txt"), edits_nothing)


def test_what_is_no_command_is_none_with_a_reason(symbols: Symbols) -> None:
    def is_none(text: str) -> None:
        meant = interpret(text, symbols)
        assert meant.status is Status.NONE
        assert meant.reason

    each(lines("out_of_scope.txt"), is_none)


def test_the_corpora_are_as_large_as_they_claim() -> None:
    assert len(planned()) >= 250
    assert len(lines("traps.txt")) >= 80
