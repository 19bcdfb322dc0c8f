"""A sentence that begins with a negation: a rule, a question about one, or a request to leave something alone."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from core.contracts import Action, Language, Situation, Status
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.wording import WORDING
from tests.interpreter.sentences import HERE, operations

NEGATED = tomllib.loads((HERE / "negated.toml").read_text(encoding="utf-8"))
LEFT_ALONE = tuple(WORDING.texts["negated"].values())


@pytest.mark.parametrize(("text", "plan"), [(text, same["plan"]) for same in NEGATED["plans"] for text in same["say"]])
def test_a_rule_that_can_be_said_exactly_becomes_it(text: str, plan: list[dict[str, Any]], symbols: Symbols) -> None:
    assert operations(interpret(text, symbols)) == plan


@pytest.mark.parametrize("text", NEGATED["asked"]["say"])
def test_one_that_cannot_is_asked_about_with_what_exists(text: str, symbols: Symbols) -> None:
    meant = interpret(text, symbols)
    assert meant.status is Status.ASK
    assert meant.question not in LEFT_ALONE
    assert "“" in (meant.question or "")


@pytest.mark.parametrize("text", NEGATED["left_alone"]["say"])
def test_what_is_to_be_left_alone_is_told_so(text: str, symbols: Symbols) -> None:
    assert interpret(text, symbols).reason in LEFT_ALONE


@pytest.mark.parametrize("text", NEGATED["left_alone"]["small_talk"])
def test_small_talk_is_not_taken_for_a_request(text: str, symbols: Symbols) -> None:
    meant = interpret(text, symbols)
    assert meant.status is Status.NONE
    assert meant.reason not in LEFT_ALONE


# Going back, or going on ---------------------------------------------------------------------------------------------

PAUSED = Situation(paused=True)
BOTH = Situation(paused=True, can_go_back=True)
BACK = Action("rollback", {"steps": 1})


@pytest.mark.parametrize("text", ["volta", "Volta!", "pode voltar", "volte", "pode voltar agora", "go back"])
def test_back_after_a_pause_means_to_go_on_and_is_asked_when_it_may_mean_either(text: str, symbols: Symbols) -> None:
    assert interpret(text, symbols).action == BACK
    assert interpret(text, symbols, situation=PAUSED).action == Action("resume")
    both = interpret(text, symbols, situation=BOTH)
    assert both.status is Status.ASK
    assert ("“desfaz”" if both.language is Language.PT else "“rollback”") in (both.question or "")


@pytest.mark.parametrize("text", ["desfaz", "rollback", "undo", "reverte", "desfaça a mudança", "volte duas versões"])
def test_what_can_only_mean_going_back_does_so_in_a_pause_too(text: str, symbols: Symbols) -> None:
    meant = interpret(text, symbols, situation=BOTH).action
    assert meant is not None
    assert meant.name == "rollback"


@pytest.mark.parametrize("text", ["volta a operar", "continua", "resume", "pode operar", "start trading again"])
def test_what_can_only_mean_going_on_does_so(text: str, symbols: Symbols) -> None:
    for situation in (Situation(), PAUSED, BOTH):
        assert interpret(text, symbols, situation=situation).action == Action("resume")


def test_who_did_not_like_it_goes_back(symbols: Symbols) -> None:
    assert interpret("não gostei, volta", symbols, situation=BOTH).action == BACK
    assert interpret("I don't like it, undo", symbols).action == BACK


@pytest.mark.parametrize("text", ["sim", "logs", "hm", "..."])
@pytest.mark.parametrize("language", Language)
def test_words_of_neither_language_are_answered_in_the_one_that_was_spoken_last(
    text: str, language: Language, symbols: Symbols
) -> None:
    assert interpret(text, symbols, situation=Situation(language=language)).language is language


def test_a_sentence_of_one_language_is_answered_in_it_whatever_was_spoken_last(symbols: Symbols) -> None:
    assert interpret("aumenta o stop", symbols, situation=Situation(language=Language.EN)).language is Language.PT
    assert interpret("raise the stop", symbols, situation=Situation(language=Language.PT)).language is Language.EN
