"""The words that stop are heard however they are said, and nothing else is taken for one; beside this, its corpora."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable

import pytest

from core.contracts import Action, Language, Status
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.phrases import phrasebook
from services.interpreter.stopping import Stop, heard
from tests.each import each
from tests.interpreter.sentences import HERE, lines

STOPS = tomllib.loads((HERE / "stops.toml").read_text(encoding="utf-8"))
SAID = [(Stop(kind), text) for kind, said in STOPS.items() for text in said["say"]]
SLIPPED = [(Stop(kind), text) for kind, said in STOPS.items() for text in said.get("slips", ())]


def without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c not in "'?" else c for c in text)


WAYS: dict[str, Callable[[str], str]] = {
    "as written": lambda text: text,
    "without accents": without_accents,
    "shouted": lambda text: f"{text.upper()}!!!" if "?" not in text else text.upper(),
    "with a full stop": lambda text: f"{text}." if "?" not in text else text,
    "full width": full_width,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "between emoji": lambda text: f"🚨🚨 {text} 🙏🏽",
    "in a hurry": lambda text: f"  {text.replace(' ', '  ')}...\n" if "?" not in text else text,
    "for the second time": lambda text: f"{text}! {text}!" if "?" not in text else text,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_word_that_stops_is_heard_however_it_is_typed(way: str) -> None:
    misheard = [
        (said, found)
        for stop, text in SAID
        if (found := heard(said := WAYS[way](text))) is None or found.stop is not stop or found.unsure
    ]
    assert misheard == []


def test_the_interpreter_hears_what_the_prompt_hears(symbols: Symbols) -> None:
    def is_heard(stop: Stop, text: str) -> None:
        meant = interpret(text, symbols)
        if stop is Stop.HALT:
            assert meant.status is Status.ASK
            assert "panic" in (meant.question or "") or "pânico" in (meant.question or "")
        else:
            assert meant.action == Action(stop.value)

    each(SAID, is_heard)


def test_a_slip_pauses_at_once_and_before_panic_it_asks(symbols: Symbols) -> None:
    def is_heard(stop: Stop, text: str) -> None:
        found = heard(text)
        assert found is not None
        assert (found.stop, found.unsure) == (stop, True)
        meant = interpret(text, symbols)
        assert meant.status is (Status.ACTION if stop is Stop.PAUSE else Status.ASK)

    each(SLIPPED, is_heard)


def test_an_ordinary_sentence_stops_nothing(symbols: Symbols) -> None:
    def stops_nothing(text: str) -> None:
        assert heard(text) is None
        action = interpret(text, symbols).action
        assert action is None or action.name not in ("pause", "panic")

    each(lines("ordinary.txt"), stops_nothing)


def test_shouted_and_without_accents_it_stops_nothing_either() -> None:
    def stops_nothing(text: str) -> None:
        assert heard(without_accents(text).upper()) is None
        assert heard(f"{text} 😡") is None

    each(lines("ordinary.txt"), stops_nothing)


def test_the_answer_is_in_the_language_of_the_word() -> None:
    for text, language in (("para de comprar", Language.PT), ("stop buying", Language.EN), ("vende tudo", Language.PT)):
        found = heard(text)
        assert found is not None
        assert found.language is language


def test_no_single_word_of_the_book_but_a_verb_of_stopping_stops() -> None:
    alone = {word for word in phrasebook().words if heard(word) is not None}
    assert (
        alone & {"have", "need", "take", "leave", "turn", "cash", "money", "out", "exit", "quit", "cancel", "wait"}
        == set()
    )
    assert (
        alone & {"venda", "vende", "compra", "fecha", "sell", "close", "keep", "positions", "tudo", "mercado"} == set()
    )


def test_a_long_sentence_is_no_shout() -> None:
    assert heard("stop " * 60) is None
    assert heard("para de comprar " * 40) is None
