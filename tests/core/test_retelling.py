"""What code says in English by itself reaches an owner who speaks Portuguese in Portuguese, every sentence of it."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.contracts import Language
from core.retelling import retold, sentences
from core.wording import Wording, places
from tests.each import each

HOUSE = Path(__file__).parents[2]
ROOMS = ("cli", "core", "sandbox", "services")
TOLD = frozenset(
    {
        *(
            "SorteError",
            "ConfigurationError",
            "DataError",
            "AbsentError",
            "StrategyError",
            "SandboxError",
            "ExchangeError",
        ),
        *("WorkspaceError", "TraderGone", "TraderRefused", "RefusedError", "CandidateFault", "Denied"),
    }
)
"""What carries a sentence to the owner; the first words of a Denied are its code."""
NOT_HIS = (
    "services/simulator/",  # another program's, which speaks as the exchange that it plays
    "core/frames/",  # of a broken release
    "core/metrics.py",  # of whoever measures
)
ENTRIES = [
    texts
    for room in ROOMS
    for file in sorted((HOUSE / room).rglob("texts.toml"))
    for name, texts in Wording(file).texts.items()
    if name.startswith("retold.")
]


def test_each_sentence_is_found_with_whatever_is_filled_in() -> None:
    def is_found(said: dict[Language, str]) -> None:
        filled = {name: f"<{number}>" for number, name in enumerate(places(said[Language.EN]))}
        assert retold(said[Language.EN].format_map(filled), Language.PT) == said[Language.PT].format_map(filled)
        assert retold(said[Language.EN].format_map(filled), Language.EN) == said[Language.EN].format_map(filled)

    assert len(ENTRIES) > 500
    each(ENTRIES, is_found)


def test_each_sentence_is_there_once() -> None:
    patterns = [said.pattern.pattern for said in sentences()]
    assert len(set(patterns)) > len(patterns) - 20  # a few are said in two rooms


def sample(node: ast.expr) -> str:
    """What an expression may come to, with something in each of its holes; empty when it is not a text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "<x>" for part in parts)
        case _:
            return ""


def said_in(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in TOLD:
            for text in map(sample, node.args):
                if " " in text.replace("<x>", "").strip(" .:;"):
                    yield node.lineno, text


def test_every_error_is_said_in_portuguese_too() -> None:
    missing = [
        f"{file.relative_to(HOUSE)}:{line}: {text}"
        for room in ROOMS
        for file in sorted((HOUSE / room).rglob("*.py"))
        if not str(file.relative_to(HOUSE)).startswith(NOT_HIS)
        for line, text in said_in(file)
        if retold(text, Language.PT) == text
    ]
    assert not missing, "\n".join(["write these into the texts.toml of their room, under retold:", *missing])


@pytest.mark.parametrize(
    ("english", "portuguese"),
    [
        (
            "There is no workspace here. Make one with `sorte init`, and work inside it.",
            "Não há espaço de trabalho aqui. Crie um com `sorte init`, e trabalhe dentro dele.",
        ),
        ("Set stop_loss to 0.03 (was 0.02)", "stop_loss passa a 0,03 (era 0,02)"),
        (
            "Set stop_loss to 0.03 (was 0.02); Disable rule cooldown",
            "stop_loss passa a 0,03 (era 0,02); Regra cooldown desligada",
        ),
        ("host_late: event 1234 not answered in time", "host_late: evento 1234 sem resposta a tempo"),
        (
            "It loses 3.0%; its parent's return is 1.0% (doubled costs).",
            "Ela perde 3,0%; o retorno da anterior é 1,0% (custos em dobro).",
        ),
        (
            "made from a seed; passed over: BTCUSDT has only 298 bars; ETHUSDT has only 298 bars",
            "made from a seed; deixado de lado: BTCUSDT só tem 298 barras; ETHUSDT só tem 298 barras",
        ),
        ("fatal: bad object HEAD", "fatal: bad object HEAD"),
        ("", ""),
    ],
)
def test_texts_in_texts_are_said_too_and_strangers_words_stay(english: str, portuguese: str) -> None:
    assert retold(english, Language.PT) == portuguese


@pytest.mark.parametrize("times", [100, 10_000])
def test_a_text_of_a_stranger_that_is_made_to_look_like_many_of_ours_is_left_alone_soon(times: int) -> None:
    text = "a: b; c. " * times
    begun = time.process_time()
    assert retold(text, Language.PT) == text
    assert time.process_time() - begun < 2.0
