"""What the interpreter says back is there in both languages, and fills in the same."""

from __future__ import annotations

import string

import pytest

from core.contracts import Language
from services.interpreter.wording import say, sentences


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("case", sentences())
def test_a_sentence_says_the_same_in_both_languages(case: str) -> None:
    told = sentences()[case]
    assert set(told) == {"pt", "en"}
    assert told["pt"] != told["en"]
    assert places(told["pt"]) == places(told["en"])
    for language in Language:
        assert say(case, language, **dict.fromkeys(places(told["en"]), "x"))
