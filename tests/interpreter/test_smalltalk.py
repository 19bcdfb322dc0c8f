"""What is said around an order for the tone only changes nothing of it, and makes none of what is no order."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from core.contracts import Language, Situation, Status
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.grammar import shorthand, smalltalk
from services.interpreter.grammar.normalise import read

CONTENT: Final[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("smalltalk.toml").read_text(encoding="utf-8"))


def test_an_order_is_the_same_with_small_talk_around_it(symbols: Symbols) -> None:
    for each in CONTENT["same"]:
        plain = interpret(each["plain"], symbols).plan
        assert plain is not None, each["plain"]
        for said in each["said"]:
            found = interpret(said, symbols, situation=Situation(language=interpret(each["plain"], symbols).language))
            assert found.plan == plain, said


def test_small_talk_makes_no_order_of_what_is_none(symbols: Symbols) -> None:
    for said in CONTENT["traps"]["said"]:
        found = interpret(said, symbols)
        assert found.plan is None, said
        assert not any(offer.plan for offer in found.offers), said


def test_a_question_to_somebody_stays_a_question(symbols: Symbols) -> None:
    for said in CONTENT["asked"]["said"]:
        found = interpret(said, symbols)
        assert found.status is Status.ACTION, said
        assert found.action is not None
        assert found.action.name == "show", said


def test_only_what_stands_apart_is_left_out() -> None:
    kept = {
        "só compra se o rsi < 30": "só compra se o rsi < 30",
        "ok": "ok",
        "meu amigo usa stop de 3%": "meu amigo usa stop de 3%",
        "oi, stop em 3%, beleza?": "stop em 3%",
    }
    for said, left in kept.items():
        assert smalltalk.without(read(said)) == left


def test_words_shortened_in_chats_are_written_out() -> None:
    assert shorthand.written_out(read("só compra c rsi abaixo d 33"), Language.PT) == "só compra com rsi abaixo de 33"
    assert shorthand.written_out(read("rsi w/ 10 bars"), Language.EN) == "rsi with 10 bars"
