"""Questions and deeds in people's own words: each gives its action, and what is neither gives none."""

from __future__ import annotations

import tomllib
from typing import Any, Final

from core.contracts import Language, Situation
from core.symbols import Symbols
from services.interpreter import interpret
from tests.interpreter.sentences import HERE, plain

SAID: Final[dict[str, Any]] = tomllib.loads((HERE / "questions.toml").read_text(encoding="utf-8"))


def test_every_question_gets_the_action_that_answers_it(symbols: Symbols) -> None:
    wrong = []
    for entry in SAID["done"]:
        for text in entry["say"]:
            got = plain(interpret(text, symbols))["action"]
            if got != {"name": entry["name"], "args": entry["args"]}:
                wrong.append(f"{text}: {got}")
    assert wrong == []


def test_what_is_no_question_and_no_deed_gives_no_action(symbols: Symbols) -> None:
    given = {text: plain(interpret(text, symbols))["action"] for text in SAID["nothing"]["say"]}
    assert {text: got for text, got in given.items() if got is not None} == {}


def test_what_only_tells_edits_nothing_and_offers_no_edit(symbols: Symbols) -> None:
    leaked = []
    for language, said in tomllib.loads((HERE / "told.toml").read_text(encoding="utf-8")).items():
        for text in said:
            meant = interpret(text, symbols, situation=Situation(language=Language(language)))
            if meant.plan is not None or any(offer.plan is not None for offer in meant.offers):
                leaked.append(text)
    assert leaked == []
