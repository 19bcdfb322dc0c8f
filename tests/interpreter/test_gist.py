"""What the words of a sentence come to together, and what they must not come to."""

from __future__ import annotations

import tomllib
from typing import Any

from core.strategy import Source
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.rendering import operation_line
from tests.interpreter.sentences import HERE

SAID: dict[str, list[dict[str, Any]]] = tomllib.loads((HERE / "gist.toml").read_text(encoding="utf-8"))
SYMBOLS = Symbols.of(Source.shipped().files)


def test_the_words_of_a_sentence_are_a_plan_in_any_order() -> None:
    """Each sentence that is not is named with what came of it."""
    other = {}
    for entry in SAID["plans"]:
        for text in entry["say"]:
            meant = interpret(text, SYMBOLS)
            operations = meant.plan.operations if meant.plan else ()
            does = "; ".join(operation_line(each, SYMBOLS, meant.language) for each in operations)
            if does.replace(",", ".") != entry["does"]:
                other[text] = does or meant.question or meant.reason
    assert other == {}


def test_of_what_is_no_order_nothing_is_made_and_nothing_offered() -> None:
    for entry in SAID["nothing"]:
        for text in entry["say"]:
            meant = interpret(text, SYMBOLS)
            assert meant.plan is None, text
            assert [offer for offer in meant.offers if offer.plan is not None] == [], text
