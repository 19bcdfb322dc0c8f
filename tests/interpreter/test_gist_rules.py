"""Rules, names and indicators by their gist: whatever the order of the words, and no edit where none is asked for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from bench.language.likeness import same_plan
from bench.language.worlds import asked
from services.interpreter.grammar.language import of
from services.interpreter.grammar.normalise import read

FILE: Final = Path(__file__).with_name("gist_rules.toml")


def content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def language(text: str) -> str:
    found = of(read(text))
    return "en" if found is None else found.value


def test_a_rule_a_name_or_an_indicator_is_read_in_any_order_of_its_words() -> None:
    wrong = []
    for group in content()["plans"]:
        for text in group["say"]:
            got = asked(text, language(text), group.get("world", "shipped"))
            operations = (got["plan"] or {"operations": []})["operations"]
            if not same_plan(operations, group["plan"]):
                wrong.append((text, operations))
    assert wrong == []


def test_what_is_told_supposed_or_turned_round_is_offered_as_no_edit() -> None:
    edits = []
    for text in content()["nothing"]["say"]:
        got = asked(text, language(text))
        offered = [offer for offer in got["offers"] if offer.get("plan")]
        if got["plan"] or offered:
            edits.append((text, got["plan"] or offered))
    assert edits == []
