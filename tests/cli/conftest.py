"""What tests of the owner's language share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from cli import helping
from core.language import Language
from core.wording import owners_language, speak

ENGLISH: Final = re.compile(
    r"(?<![\w`/.-])(all|an|and|are|at|be|by|default|every|from|have|is|it|its|of|one|only|options?|required|some|take"
    r"|than|that|the|them|there|these|this|to|unless|usage|used|was|what|when|where|which|with|without|you|your)"
    r"(?![\w`/.])",
    re.IGNORECASE,
)
"""Words that nearly every English line has, and no Portuguese one."""
HIS_WORDS: Final = "I trade real money"


def english_in(text: str) -> list[str]:
    """The lines of a text that have a word of English."""
    plain = re.sub(r"`[^`]*`", "", text.replace(HIS_WORDS, ""))
    return [line for line in plain.splitlines() if ENGLISH.search(line)]


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Language], None]]:
    """Makes the owner one of that language."""
    before = owners_language()

    def speaks(language: Language) -> None:
        monkeypatch.setenv("SORTE_LANGUAGE", language.value)
        helping.language.cache_clear()
        speak(language)

    yield speaks
    speak(before)
    helping.language.cache_clear()
