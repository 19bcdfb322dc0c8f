"""Changes of a sentence that leave its meaning: how it is spelled, what is put around it, a slip in a long name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

NAMES: Final = frozenset(
    {
        *("cooldown", "trailing", "bollinger", "volume", "sobrevenda", "sobrecompra", "oversold", "overbought"),
        *("profit", "confiança", "confidence", "technical", "técnico", "threshold", "limiar", "spread"),
        *("drawdown", "trailing_stop", "stop_loss", "take_profit", "rsi_oversold", "rsi_overbought"),
        *("weight_flow", "weight_orderbook", "order_fraction", "min_confidence", "min_hold_seconds"),
        *("cooldown_seconds", "buy_threshold", "sell_threshold"),
    }
)
"""Words that only name a thing, five letters or more, and are near to no other word."""

AROUND: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "pt": (
        ("por favor, ", ""),
        ("", ", por favor"),
        ("", ", obrigado"),
        ("oi, ", ""),
        ("bom dia, ", ""),
        ("", " aí"),
        ("então ", ""),
    ),
    "en": (("please ", ""), ("", " please"), ("", ", thanks"), ("hi, ", ""), ("hey, ", ""), ("ok, ", ""), ("", " now")),
}
"""Polite words and fillers, before and after."""


def without_accents(text: str) -> str:
    """As it is typed on a foreign keyboard."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def spoken_on(text: str) -> bool:
    """Whether something may be put behind it: it does not end in a mark, a smiley or a line of its own."""
    return text[-1].isalnum() and "\n" not in text


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "no accents": without_accents,
    "capitals": str.upper,
    "first capital": lambda text: text[:1].upper() + text[1:],
    "full stop": lambda text: f"{text}." if spoken_on(text) else text,
    "exclamation": lambda text: f"{text}!!" if spoken_on(text) else text,
    "double blanks": lambda text: text.replace(" ", "  "),
    "blanks around": lambda text: f"   {text}  ",
}


def perturbed(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Kind and text of every change that changes something; a name that is given keeps its letters."""
    given = re.search(r"\b(renam|renom|call|chama|name|nome)", text, re.IGNORECASE) is not None
    for kind, spell in SPELLINGS.items():
        changed = spell(text)
        if changed != text and not (given and kind == "capitals"):
            yield kind, changed
    for before, after in AROUND[language]:
        if not after or spoken_on(text):
            yield "words around", before + text + after
    if not given:
        yield from (("slip", changed) for changed in slips(text))


def slips(text: str) -> Iterator[str]:
    """One letter lost, one doubled, two changed places: inside a name, its first letter kept."""
    for found in re.finditer(r"\w+", text):
        word = found.group()
        if word.lower() not in NAMES:
            continue
        middle = len(word) // 2
        swapped = word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :]
        for slip in (word[:middle] + word[middle + 1 :], word[:middle] + word[middle] + word[middle:], swapped):
            if slip != word:
                yield text[: found.start()] + slip + text[found.end() :]
