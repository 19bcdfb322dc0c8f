"""Yes or no, as people answer: `SIM!`, `ok`, `pode`, `Não.`, `cancela`, `yes please`. Anything more is no answer.

A yes lets something happen to money, so whatever holds both, or a number, or a word that is not in the list, is none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from services.interpreter.grammar.normalise import DRAWN_OUT, QUOTE_MARKS, Kind, read

FILE: Final = Path(__file__).with_name("answering.toml")
LONGEST: Final = 80
"""Characters of an answer; a longer one is a sentence."""
AGREEING: Final = frozenset({"yes", "agreeing"})
LAUGHING: Final = {"k"}
Phrases = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]


def answer(text: str) -> bool | None:
    """True for a yes, False for a no, None for anything else."""
    if len(text) > LONGEST:
        return None
    phrases = _phrases()
    words: list[str] = []
    for token in read(text.translate(_signs())).tokens:
        if token.kind is Kind.WORD:
            words.append(_plain(token.key, phrases))
        elif token.kind is not Kind.MARK or token.key in "?%$/+-=<>" or token.raw in QUOTE_MARKS:
            return None
    said = {_decided(way) for way in _ways(tuple(words), phrases)}
    return said.pop() if len(said) == 1 else None


def _decided(way: tuple[str, ...]) -> bool | None:
    """What phrases in a row say: nothing but yes, or a no after no more than an `ok`."""
    spoken = [kind for kind in way if kind != "silent"]
    if spoken and AGREEING.issuperset(spoken):
        return True
    while spoken and spoken[0] == "agreeing":
        spoken.pop(0)
    return False if set(spoken) == {"no"} else None


def _ways(words: tuple[str, ...], phrases: Phrases) -> Iterator[tuple[str, ...]]:
    """The kinds of phrases that the words may be a row of; the longest phrase is meant."""
    if not words:
        yield ()
        return
    fitting = [entry for entry in phrases.get(words[0], ()) if words[: len(entry[0])] == entry[0]]
    longest = max((len(phrase) for phrase, _ in fitting), default=0)
    for phrase, kind in fitting:
        if len(phrase) == longest:
            yield from ((kind, *rest) for rest in _ways(words[longest:], phrases))


def _plain(word: str, phrases: Phrases) -> str:
    """A word without its letters drawn out: `siiim`, `yesss`; a laugh is none, and answers nothing: `kkkk`."""
    if word in phrases or set(word) == LAUGHING:
        return word
    return DRAWN_OUT.sub(r"\1", word)


@cache
def _phrases() -> Phrases:
    content = _content()
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind in ("yes", "agreeing", "no", "silent"):
        for phrase in content[kind]:
            words = tuple(phrase.split())
            found.setdefault(words[0], []).append((words, kind))
    return found


@cache
def _signs() -> dict[int, str]:
    """Pictures that say yes or no, as the word."""
    content = _content()
    return {ord(sign): f" {kind} " for kind in ("yes", "no") for sign in content[f"{kind}_signs"]}


@cache
def _content() -> Mapping[str, list[str]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
