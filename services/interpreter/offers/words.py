"""What is known of words that the grammar does not know: those that an offer may leave out, and those it never may."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from services.interpreter.grammar.lexicon import Entry, Trie, insert, walk
from services.interpreter.grammar.normalise import Token

FILE: Final = Path(__file__).with_name("vocabulary.toml")


@cache
def changing() -> frozenset[str]:
    """Words without which a sentence would say something else."""
    return _of("changing")


@cache
def calling() -> frozenset[str]:
    """Words for who is spoken to, before what is asked of him."""
    return _of("calling")


def said_anyhow(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """The stretches that say nothing which does not hold without them: `from now on`."""
    found: list[tuple[int, int]] = []
    for start in range(len(tokens)):
        longest = max((end for _, end in walk(_phrases(), tokens, start, frozenset())), default=start)
        if longest > start and (not found or start >= found[-1][1]):
            found.append((start, longest))
    return found


@cache
def _phrases() -> Trie:
    trie: Trie = {}
    for phrase in _content()["said_anyhow"]:
        insert(trie, phrase, Entry("said_anyhow"))
    return trie


def _of(kind: str) -> frozenset[str]:
    return frozenset(_content()[kind])


@cache
def _content() -> dict[str, list[str]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
