"""A yes is a yes however it is typed; what is not clearly one lets nothing happen."""

from __future__ import annotations

import tomllib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.interpreter.answering import answer
from tests.interpreter.sentences import HERE

ANSWERS = tomllib.loads((HERE / "answers.toml").read_text(encoding="utf-8"))
DECIDED = {"yes": True, "no": False, "neither": None}


@pytest.mark.parametrize(("meant", "text"), [(DECIDED[kind], text) for kind in DECIDED for text in ANSWERS[kind]])
def test_an_answer_is_what_it_says(meant: bool | None, text: str) -> None:
    assert answer(text) is meant
    assert answer(text.upper()) is meant
    assert answer(unicodedata.normalize("NFD", text)) is meant
    assert answer(f" {text}\n") is meant


@given(text=st.text(max_size=30))
def test_no_chance_text_is_a_yes_unless_it_is_made_of_words_of_agreement(text: str) -> None:
    if answer(text) is True:
        assert any(character.isalpha() or character in "👍✅👌✔☑🆗" for character in text)


@given(
    yes=st.sampled_from(ANSWERS["yes"]),
    no=st.sampled_from([text for text in ANSWERS["no"] if "ok" not in text.lower()]),
)
def test_a_yes_with_a_no_beside_it_is_never_a_yes(yes: str, no: str) -> None:
    assert answer(f"{yes}, {no}") is not True
    assert answer(f"{no}, {yes}") is not True
    assert answer(f"{no} {yes}") is not True


@given(yes=st.sampled_from(ANSWERS["yes"]), rest=st.sampled_from(ANSWERS["neither"]))
def test_a_yes_with_anything_else_beside_it_is_no_answer(yes: str, rest: str) -> None:
    if rest.strip(" .") and answer(f"{rest} ok") is None:
        assert answer(f"{yes}, {rest}") is not True
