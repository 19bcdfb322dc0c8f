"""A function as sentences of the market: each way to an answer with all that has to hold on it, or none at all."""

from __future__ import annotations

import pytest

from core.contracts import Language
from services.interpreter.code_in_words import source_in_words

LONG = {Language.PT: "são casos demais para dizer em palavras; leia o código",
        Language.EN: "there are too many cases to put in words; read the code"}  # fmt: skip


def words(*lines: str, language: Language = Language.EN) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return source_in_words(f'@kernel\ndef some(f: Features) -> int:\n    """Sell everything."""\n{body}\n', language)


@pytest.mark.parametrize(
    ("lines", "pt", "en"),
    [
        (
            ["return FORBID_ENTRY if f.rsi > 70 and not f.flow > 0.1 else ALLOW"],
            "proíbe comprar quando rsi > 70 e (não flow > 0.1)",
            "forbids buying when rsi > 70 and (not flow > 0.1)",
        ),
        (
            ["return ALLOW if f.rsi > 70 or f.atr > P.stop_loss else FORCE_EXIT"],
            "vende quando não (rsi > 70 ou atr > stop_loss)",
            "sells when not (rsi > 70 or atr > stop_loss)",
        ),
        (
            ["limit = P.stop_loss", "if f.hour < 9:", "    limit = 2 * limit",
             "return FORCE_EXIT if f.profit <= -limit else ALLOW"],
            "vende quando hour < 9 e profit <= -(2 * stop_loss); vende quando não hour < 9 e profit <= -stop_loss",
            "sells when hour < 9 and profit <= -(2 * stop_loss); sells when not hour < 9 and profit <= -stop_loss",
        ),
        (
            ["if f.rsi < 30 or f.rsi > 90:", "    return 1.0", "return 0.5 * f.score"],
            "diz 1.0 quando rsi < 30 ou rsi > 90; diz 0.5 * score quando não (rsi < 30 ou rsi > 90)",
            "says 1.0 when rsi < 30 or rsi > 90; says 0.5 * score when not (rsi < 30 or rsi > 90)",
        ),
        (["return FORCE_ENTRY"], "compra", "buys"),
        (["return FORBID_EXIT if f.score < 0 else ALLOW"], "proíbe vender por sinal quando score < 0",
         "forbids selling on a signal when score < 0"),
    ],
)  # fmt: skip
def test_what_a_function_does_is_read_off_its_code(lines: list[str], pt: str, en: str) -> None:
    assert words(*lines, language=Language.PT) == pt
    assert words(*lines) == en


@pytest.mark.parametrize(
    "lines",
    [
        ["x = f.rsi", *["x = x + x"] * 60, "return ALLOW if x > 1 else FORCE_EXIT"],
        ["x = 1", *["if f.rsi > 1:", "    x = 2"] * 40, "return ALLOW"],
        ["x = 0", "for i in range(9):", "    x += f.rsi", "return ALLOW if x > 1 else FORCE_EXIT"],
        ["x = 0", "x += f.rsi", "return ALLOW if x > 1 else FORCE_EXIT"],
        ["f.rsi = 1", "return ALLOW if f.rsi > 1 else FORCE_EXIT"],
        *[[f"return FORCE_EXIT if f.rsi > 1{'0' * 700} else ALLOW"]],
    ],
)
def test_what_is_too_long_or_no_choice_is_not_put_in_words(lines: list[str]) -> None:
    for language, said in LONG.items():
        assert words(*lines, language=language) == said


def test_what_is_no_function_is_not_put_in_words() -> None:
    for source in ("", "x = 1", "def", "import os", "\0"):
        assert source_in_words(source, Language.EN) == LONG[Language.EN]
