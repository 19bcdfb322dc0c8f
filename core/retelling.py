"""What code says in English by itself, said in the owner's language where he reads it.

Errors, findings of the gates and reasons of the trader travel as English text: journals, verdicts and `--json` keep
them as they are. The `texts.toml` of the room that says them has them under `retold` once more, in both languages. The
English one must be the sentence of the code, with a name in braces for each thing that is filled in; what is filled in
may be such a text itself. Whatever is not found stays as it is: words of git, of a driver, of the exchange.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from core.formats import SWAPPED
from core.language import Language
from core.wording import Wording, owners_language

HOUSE: Final = Path(__file__).parents[1]
ROOMS: Final = ("cli", "core", "core/settings", "sandbox", "services/*")
PREFIX: Final = "retold."
NUMBER: Final = re.compile(r"[+-]?(\d{1,3}(,\d{3})*|\d+)(\.\d+)?( ?%)?")
BREAKS: Final = (". ", "; ", ": ")
"""Between two texts that were put one behind the other."""
DEEPEST: Final = 4
"""Texts within texts; there are three where a fault of a host ends a change."""
LONGEST: Final = 1000
SINGLE: Final = ("bars", "count", "pair")
"""Holes for one word alone: a number (a count with its noun goes by another name), a pair."""
MOST_BREAKS: Final = 8
"""More is a stranger's; looking for ours in it would take long."""


class Said(NamedTuple):
    """One sentence of the code: how it is recognised, and how it is said in each language."""

    pattern: re.Pattern[str]
    letters: int  # that are its own: of two that fit, the one that says more is meant
    texts: Mapping[Language, str]


class Retelling(Wording):
    """The texts of a room, of which some places are filled with what code says in English by itself."""

    def __init__(self, file: Path, places: Collection[str]) -> None:
        super().__init__(file)
        self._places = places

    def say(self, text: str, language: Language | None = None, /, **values: object) -> str:
        """As a Wording says it; what goes into those places is retold before."""
        told = {name: retold(value, language) for name, value in self._english(values)}
        return super().say(text, language, **values | told)

    def _english(self, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, value in values.items() if name in self._places and isinstance(value, str))


def retold(text: str, language: Language | None = None) -> str:
    """The same in that language, or in the owner's; `text` itself in English, and where nobody knows it."""
    spoken = language or owners_language()
    return text if spoken is Language.EN else _retold(text, spoken, DEEPEST)


def _retold(text: str, language: Language, depth: int) -> str:
    if NUMBER.fullmatch(text):
        return text.translate(SWAPPED) if language is Language.PT else text
    single_word = " " not in text and depth < DEEPEST  # a name, where it is filled in
    if not depth or single_word or len(text) > LONGEST:
        return text
    for first, mark, rest in _breaks(text, ". "):  # a message and its hint, before a hole of the first takes both
        if _found(first) is not None and _found(rest) is not None:
            return _retold(first, language, depth) + mark + _retold(rest, language, depth)
    if (found := _found(text)) is not None:
        said, values = found
        filled = {name: _retold(value, language, depth - 1) for name, value in values.items()}
        return said.texts[language].format_map(filled)
    for first, mark, rest in itertools.chain.from_iterable(_breaks(text, mark) for mark in BREAKS):
        if _found(first) is not None or _found(rest) is not None:
            return _retold(first, language, depth - 1) + mark + _retold(rest, language, depth - 1)
    return text


def _breaks(text: str, mark: str) -> Iterator[tuple[str, str, str]]:
    """The two texts that it may be made of, and what is between them. A full stop is a part of its sentence."""
    kept = mark == ". "
    for found in itertools.islice(re.finditer(re.escape(mark), text), MOST_BREAKS):
        yield text[: found.start() + kept], mark[kept:], text[found.end() :]


def _found(text: str) -> tuple[Said, dict[str, str]] | None:
    for said in sentences():
        if (match := said.pattern.fullmatch(text)) is not None:
            return said, match.groupdict()
    return None


@cache
def sentences() -> tuple[Said, ...]:
    """Every sentence of the house, the one with the most letters of its own first."""
    files = (file for room in ROOMS for file in HOUSE.glob(f"{room}/texts.toml"))
    found = (_said(texts) for file in files for name, texts in Wording(file).texts.items() if name.startswith(PREFIX))
    return tuple(sorted(found, key=lambda said: -said.letters))


def _said(texts: Mapping[Language, str]) -> Said:
    parts = list(_parts(texts[Language.EN]))
    pattern = "".join(f"(?P<{name}>{_hole(name)})" if name else re.escape(literal) for literal, name in parts)
    return Said(re.compile(pattern, re.DOTALL), sum(len(literal) for literal, _ in parts), texts)


def _hole(name: str) -> str:
    """What may be filled in: a count of bars and a pair are one word, and the names before may hold commas."""
    return r"\S+" if name in SINGLE else ".+?"


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for literal, name, _, _ in string.Formatter().parse(text):
        yield literal, ""
        if name is not None:
            yield "", name
