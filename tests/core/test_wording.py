"""What people read is whole in each language, in every room, and no text is asked for that is not there."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

import pytest

from core.contracts import Language
from core.formats import Filling
from core.language import language_of
from core.wording import Wording, owners_language, places, speak
from tests.each import each

HOUSE = Path(__file__).parents[2]
FILES = sorted(path for room in ("cli", "core", "services") for path in (HOUSE / room).rglob("texts.toml"))
SAME = {"unit.score"}
"""Texts that are written alike in both languages."""


class Figure(float):
    """What may stand in any place of a text."""


ROOMS = {str(file.parent.relative_to(HOUSE)): Wording(file) for file in FILES}
BESIDE = [Wording(HOUSE / "services/interpreter/phrasebook.toml")]
"""A page of sentences, too long to stand among its room's texts."""


def test_each_room_has_one_file_of_texts() -> None:
    assert {"services/commander", "services/editor", "services/interpreter"} <= set(ROOMS)
    named = {file.relative_to(HOUSE) for room in ("cli", "core", "services") for file in (HOUSE / room).rglob("*.toml")}
    assert not [file for file in named if file.name in ("wording.toml", "words.toml")]


@pytest.mark.parametrize("room", ROOMS)
def test_each_text_can_be_said_in_each_language(room: str) -> None:
    wording = ROOMS[room]

    def can_be_said(name: str) -> None:
        filled = {place: Figure(1234.5) for text in wording.texts[name].values() for place in places(text)}
        for language in Language:
            assert wording.say(name, language, **filled)

    each(wording.texts, can_be_said)


@pytest.mark.parametrize("room", ROOMS)
def test_a_text_that_is_asked_for_is_there(room: str) -> None:
    """Literal names; those that are put together are asked for by the tests of what puts them together."""
    asked = set()
    for file in (HOUSE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function == "say" and isinstance(node.args[0].value, str):
                asked.add(node.args[0].value)
    known = {name for each in (*ROOMS.values(), *BESIDE) for name in each.texts}
    assert asked <= known


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('[gone]\nen = "Gone."\n', "the text gone is there in en, and not in each language"),
        ('[gone]\npt = "{a}"\nen = "{b}"\n', "the text gone fills in other names"),
        ('[gone.hint]\nen = "Wait."\n', "the text gone.hint is there in en"),
        ('[gone]\npt = "Foi."\nen = "Gone."\nfr = "Parti."\n', "the text gone is there in en, fr, pt"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_when_it_is_read(content: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "texts.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        Wording(file).say("gone", Language.EN)


def test_what_is_missing_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "texts.toml"
    file.write_text('[gone]\npt = "{who} foi."\nen = "{who} is gone."\n', encoding="utf-8")
    with pytest.raises(KeyError):
        Wording(file).say("back", Language.EN)
    with pytest.raises(KeyError):
        Wording(file).say("gone", Language.EN)


def test_who_said_nothing_yet_is_spoken_to_in_the_language_of_the_process(tmp_path: Path) -> None:
    file = tmp_path / "texts.toml"
    file.write_text('[gone]\npt = "Foi."\nen = "Gone."\n', encoding="utf-8")
    before = owners_language()
    try:
        speak(Language.PT)
        assert Wording(file).say("gone") == "Foi."
        assert Wording(file).say("gone", Language.EN) == "Gone."
    finally:
        speak(before)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "pt_BR.UTF-8"}, Language.PT),
        ({"LANG": "en_US.UTF-8"}, Language.EN),
        ({"LC_ALL": "pt_PT", "LANG": "en_US.UTF-8"}, Language.PT),
        ({"LC_ALL": "", "LC_MESSAGES": "C", "LANG": "pt_BR"}, Language.EN),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({"SORTE_LANGUAGE": "pt", "LANG": "en_US.UTF-8"}, Language.PT),
        ({"SORTE_LANGUAGE": "en", "LC_ALL": "pt_BR.UTF-8"}, Language.EN),
        ({}, Language.EN),
    ],
)
def test_a_machine_speaks_the_language_of_its_locale(environment: dict[str, str], language: Language) -> None:
    assert language_of(environment) is language


@pytest.mark.parametrize(
    ("text", "value", "english", "portuguese"),
    [
        ("{n:,.2f}", 1234.5, "1,234.50", "1.234,50"),
        ("{n:.1%}", 0.0325, "3.2%", "3,2%"),
        ("{n:,}", 20_000, "20,000", "20.000"),
        ("{n:.8g}", Decimal("0.00123"), "0.00123", "0,00123"),
        ("{n}", 1.5, "1.5", "1.5"),  # repeated as it was said
        ("{n}", "1,234.5", "1,234.5", "1,234.5"),
        ("{n!r:>4}", "a", " 'a'", " 'a'"),
    ],
)
def test_a_number_with_a_form_is_written_as_its_language_writes_it(
    text: str, value: object, english: str, portuguese: str
) -> None:
    assert Filling(Language.EN).vformat(text, (), {"n": value}) == english
    assert Filling(Language.PT).vformat(text, (), {"n": value}) == portuguese
