"""A sentence in its normal form: the same order without the shape it came in.

`What I want is a stop of about 3%`, `the stop is to be widened to 3%` and `stop 2, no, 3%` say what `stop of 3%` says.
Each row of `normal.toml` takes one such shape away wherever it stands and leaves every other word where it was, so
shapes may be nested, and whatever is not known of the sentence is as unknown as before: the readers decide. What must
be counted or compared for it is here: lists by their order, remarks, and what is left alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts import Language
from services.interpreter.grammar import framing
from services.interpreter.grammar.lexicon import lexicon
from services.interpreter.grammar.normalise import fold
from services.interpreter.resort.rewording import PARTS

FILE: Final = Path(__file__).with_name("normal.toml")
EDGES: Final = " ,.;:!?-\u2013\u2014"
SPLIT: Final = re.compile(r"(?:[,;:.!\u2026\u2014\u2013]+|\s-)\s+")
"""Where a remark may end and an order begin."""
WORD: Final = re.compile(r"[a-z']+")
DIGIT: Final = re.compile(r"\d")
MOST_MEMBERS: Final = 4


@dataclass(frozen=True, slots=True)
class Normal:
    """The normal form. `sure`: it says no more and no less; else it is what was probably meant."""

    said: str
    sure: bool
    asks: bool = False  # it was put as a question, `que tal 3%?`


def form(text: str, language: Language) -> Normal | None:
    """The normal form of a sentence; None when it is in it already."""
    begun = said = _tidy(fold(text))
    sure, asks = True, False
    said = _tidy(_distributed(_tidy(_without_remarks(said, language)), language))
    for row in _rows(language):
        if (changed := row.pattern.sub(row.written, said)) != said:
            said, sure, asks = _tidy(changed), sure and row.sure, asks or row.asks
    said = _tidy(_distributed(said, language))
    return None if said == begun or not said else Normal(said, sure, asks)


def left_alone(text: str, language: Language) -> tuple[str, str] | None:
    """What is to be left as it is, and the order beside it: `keep the take, but move the stop to 3%`."""
    said = _tidy(fold(text))
    for pattern in _alone(language):
        if (found := pattern.fullmatch(said)) is not None:
            return found["alone"], _tidy(found["order"])
    return None


def _tidy(said: str) -> str:
    return " ".join(said.split()).strip(EDGES[:-3] + "\u2013\u2014")


# Remarks --------------------------------------------------------------------------------------------------------------


def _without_remarks(said: str, language: Language) -> str:
    """Without the clauses at either end that say nothing but how the day is: no name, no number, no unknown word."""
    parts = [part for part in SPLIT.split(said) if part.strip(EDGES)]
    if len(parts) < 2:
        return said
    first, last = 0, len(parts)
    while last - first > 1 and _is_remark(parts[first], language):
        first += 1
    while last - first > 1 and _is_remark(parts[last - 1], language):
        last -= 1
    begin, end = said.index(parts[first]), said.rindex(parts[last - 1]) + len(parts[last - 1])
    return said[begin:end]


def _is_remark(part: str, language: Language) -> bool:
    plain = _market(language).sub(" ", part)
    if DIGIT.search(part) is not None or not WORD.search(part):
        return False
    return _remarks(language).issuperset(WORD.findall(plain))


# Lists ----------------------------------------------------------------------------------------------------------------


def _distributed(said: str, language: Language) -> str:
    """`Stop, take and trailing to 3, 6 and 2 percent` as three settings."""
    found = _list(language).fullmatch(said)
    if found is None:
        return said
    names = [name for name in MEMBERS.split(found["names"]) if name]
    amounts = [amount for amount in MEMBERS.split(found["amounts"]) if amount]
    unit = UNIT.search(amounts[-1])
    if len(names) != len(amounts) or not 2 <= len(names) <= MOST_MEMBERS:
        return said
    if any(DIGIT.search(name) or TOLD.search(name) for name in names):
        return said
    whole = [each if unit is None or UNIT.search(each) else f"{each}{unit[0]}" for each in amounts]
    joined = [f"{name} = {amount}" for name, amount in zip(names, whole, strict=True)]
    return ", ".join(joined)


TOLD: Final = re.compile(r"\b(?:was|were|is|are|had|has|have|eram?|foram|estava[m]?|tinha[m]?|not|nao|no)\b")
"""In what is named it tells, or denies."""
MEMBERS: Final = re.compile(r"\s*(?:,\s*(?:and|e)?\b|/|\b(?:and|e)\b)\s*")
UNIT: Final = re.compile(
    r"(?<=\d)\s*(?:%|percent|per cent|pct|por cento|s|sec|secs|seconds|segundos|min|minutes|minutos)$"
)


# The table ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A shape, and what is left of it."""

    pattern: re.Pattern[str]
    written: Callable[[re.Match[str]], str]
    sure: bool
    asks: bool


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def _remarks(language: Language) -> frozenset[str]:
    return frozenset(word for line in _content()[language.value]["remarks"] for word in line.split())


@cache
def _market(language: Language) -> re.Pattern[str]:
    """What the market is called, which of an order would be mockery."""
    return re.compile(_content()[language.value]["market"])


@cache
def _rows(language: Language) -> tuple[_Row, ...]:
    return tuple(_read(language))


def _read(language: Language) -> Iterator[_Row]:
    for kind in ("asking", "sure", "likely"):
        for pattern, written in _content()[language.value][kind]:
            yield _Row(_compiled(pattern), _writer(written, language), kind == "sure", kind == "asking")


def _compiled(pattern: str) -> re.Pattern[str]:
    for part, written in (_content()["parts"] | PARTS).items():
        pattern = pattern.replace(part if part.startswith("{") else f"{{{part}}}", written)
    return re.compile(pattern)


def _writer(written: str, language: Language) -> Callable[[re.Match[str]], str]:
    """What stands in place of a shape; `<verb>` is the order that its participle says."""

    def write(found: re.Match[str]) -> str:
        said = found.expand(written)
        return ORDER.sub(lambda verb: _order(verb[1], language), said)

    return write


ORDER: Final = re.compile(r"<(\w+)>")
PARTICIPLE: Final = re.compile(r"(\w+?)(ad|id)[oa]s?$")
IRREGULAR: Final = {"reduzid": "reduz", "diminuid": "diminui", "subid": "sobe", "post": "poe"}


def _order(done: str, language: Language) -> str:
    """The order that a participle says is done: `widened`, `aumentado`."""
    if language is Language.EN:
        return framing.ordered(done, lexicon(Language.EN).words)
    for stem, verb in IRREGULAR.items():
        if done.startswith(stem):
            return verb
    found = PARTICIPLE.match(done)
    return done if found is None else found[1] + ("a" if found[2] == "ad" else "e")


@cache
def _alone(language: Language) -> tuple[re.Pattern[str], ...]:
    return tuple(_compiled(pattern) for pattern in _content()[language.value]["alone"])


@cache
def _list(language: Language) -> re.Pattern[str]:
    return _compiled(_content()[language.value]["list"])


def prepare() -> None:
    """Compile the patterns, which the first sentence of a process would wait for."""
    for language in Language:
        _rows(language)
        _remarks(language)
        _market(language)
        _alone(language)
        _list(language)
