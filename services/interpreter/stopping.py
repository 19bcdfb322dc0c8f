"""The words that stop: pause (open nothing more), panic (close everything), and `stop` itself, which may be either.

They are heard before anything else is tried, with no strategy, no records and no commander. The whole sentence has to
be made of them: `stop buying on fridays` is a rule and `if it falls 5% close everything` hangs on a condition, so both
go on to the grammar. Somebody in a hurry may slip once or twice; what closes everything is then asked about first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.contracts import Language
from services.interpreter.grammar.normalise import DRAWN_OUT, QUOTE_MARKS, Kind, Token, read
from services.interpreter.phrases import MARK, Phrasebook, phrasebook
from services.interpreter.slips import spelled

LONGEST: Final = 240
"""Characters; nobody who wants out says more."""
MOST_WORDS: Final = 28
TAGS: Final = frozenset({"ok", "okay", "ta", "certo", "viu", "please", "right", "favor", "blz", "beleza", "alright"})
"""What may stand before a question mark and ask for no more than a nod: `sell everything, ok?`."""
SILENT: Final = ("P", "M", "Sk", "So")
"""Categories of characters that say nothing beside words: punctuation, variation selectors, smileys."""
SPEAKING: Final = frozenset("%#&@")


class Stop(StrEnum):
    """What was said."""

    PAUSE = "pause"
    HALT = "halt"  # `stop`, `para tudo`: a pause at least, and maybe more
    PANIC = "panic"


@dataclass(frozen=True, slots=True)
class Heard:
    """A word that stops. `unsure`: it was spelled wrong, and closing everything has to be asked about first."""

    stop: Stop
    language: Language
    unsure: bool = False
    asked: bool = False  # as a question that orders nothing, `close everything?`


def heard(text: str, spoken: Language | None = None) -> Heard | None:
    """The word that stops which the whole of `text` is; None when it is none. `spoken` settles the language."""
    if len(text) > LONGEST:
        return None
    found = of_tokens(read(text).tokens, spoken)
    return None if found is None or found.asked else found


def of_tokens(tokens: Sequence[Token], spoken: Language | None = None) -> Heard | None:
    """As `heard`, of a sentence that has been read; a question too."""
    book = phrasebook()
    words, asks = _words(tokens, book)
    if not words or len(words) > MOST_WORDS:
        return None
    right = book.words.issuperset(words)
    for meant in (words,) if right else spelled(words, book):
        found = book.found(book.without_fillers(meant))
        if found is not None:
            asked = asks and not found.polite
            return Heard(Stop(found.stop), spoken or found.language, unsure=not right, asked=asked)
    return None


def prepare() -> None:
    """Read the phrases and the words that are no slips, which the first sentence of a process would wait for."""
    heard("pnaico")


def beyond(tokens: Sequence[Token]) -> str | None:
    """The first words beside a stop word in a sentence that is more than that; None when none is said in it."""
    book = phrasebook()
    words = book.without_fillers([token.key for token in tokens if token.kind is not Kind.MARK])
    left = book.left_over(words)
    return None if left is None else " ".join(left)


def _words(tokens: Sequence[Token], book: Phrasebook) -> tuple[tuple[str, ...], bool]:
    """The words as they are compared, and whether they ask; no words when the sentence cannot be a stop word."""
    words: list[str] = []
    asked = False
    for token in tokens:
        if token.kind is Kind.WORD:
            word = _plain(token.key, book)
            if not words or word != words[-1]:  # `stop stop stop`
                words.append(word)
        elif token.key == "?":
            asked = asked or not (words and words[-1] in TAGS)
        elif token.kind is not Kind.MARK or token.raw in QUOTE_MARKS or not _is_silent(token.raw):
            return (), False
        elif words and words[-1] != MARK:
            words.append(MARK)
    return tuple(words), asked


def _plain(word: str, book: Phrasebook) -> str:
    """A word without its letters drawn out, `paraaaa` and `stoppp`."""
    if word in book.words or DRAWN_OUT.search(word) is None:
        return word
    ways = (DRAWN_OUT.sub(r"\1", word), DRAWN_OUT.sub(r"\1\1", word))
    return next((way for way in ways if way in book.words), word)


def _is_silent(mark: str) -> bool:
    return mark not in SPEAKING and unicodedata.category(mark[0]).startswith(SILENT)
