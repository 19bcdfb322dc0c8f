"""What people read, in their language: one TOML file a room, a table a text, a line a language.

    [declined]
    pt = "Você não confirmou; nada mudou."
    en = "You did not confirm; nothing changed."

Tables may stand in tables; the name of such a text has dots: `stale.hint`. Names in braces are filled in. A file that
lacks a language somewhere, or whose languages fill in different names, is refused when it is read, which is when the
first text of it is wanted.

An owner who has said no sentence yet is spoken to in the language that he has set, or in his machine's; see `speak`.
"""

from __future__ import annotations

import os
import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from core.formats import Filling
from core.language import Language, language_of

FILLING: Final = MappingProxyType({language: Filling(language) for language in Language})


class Wording:
    """The texts of one room."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @cached_property
    def texts(self) -> Mapping[str, Mapping[Language, str]]:
        """Every text by name and language. ValueError for a file that is not whole in each."""
        return MappingProxyType(dict(_texts(tomllib.loads(self._file.read_text(encoding="utf-8")), "")))

    def say(self, text: str, language: Language | None = None, /, **values: object) -> str:
        """The text of that name; without a language, in the owner's. KeyError when it, or a value of it, is missing."""
        spoken = language or owners_language()
        return FILLING[spoken].vformat(self.texts[text][spoken], (), values)


def _texts(table: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[Language, str]]]:
    texts = {key: value for key, value in table.items() if isinstance(value, str)}
    if texts:
        yield name, _whole(name, texts)
    for key, value in table.items():
        if not isinstance(value, str):
            yield from _texts(value, f"{name}.{key}" if name else key)


def _whole(name: str, texts: Mapping[str, str]) -> Mapping[Language, str]:
    if set(texts) != set(Language):
        raise ValueError(f"the text {name} is there in {', '.join(sorted(texts))}, and not in each language")
    if len({frozenset(places(text)) for text in texts.values()}) > 1:
        raise ValueError(f"the text {name} fills in other names in one language than in another")
    return MappingProxyType({language: texts[language] for language in Language})


def places(text: str) -> Iterator[str]:
    """The names that a text fills in."""
    return (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


# The owner's language -------------------------------------------------------------------------------------------------

_spoken: list[Language] = []


def speak(language: Language) -> None:
    """From here on this process says in that language what no sentence of the owner settles; for its entry point."""
    _spoken[:] = [language]


def owners_language() -> Language:
    """The language of an owner of whom no sentence tells it: as `speak` was told, else as the environment says."""
    return _spoken[0] if _spoken else language_of(os.environ)
