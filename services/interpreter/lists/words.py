"""What the words of a question or a deed stand for, in whatever order they come, by the lists of a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from core.contracts import Language
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.lexicon import Entry, Trie, insert, walk
from services.interpreter.grammar.normalise import Kind, Token

QUESTIONS: Final = "questions.toml"
NAMED: Final = ("PARAM", "RULE", "FEATURE")
FILL: Final = "fills"
WEIGHING: Final = ("pesa", "peso", "weigh")
"""How words begin that make a weight of `the book`."""
SHORTEST_SLIP: Final = 6
"""Letters of a word that may be spelled wrong; of a longer one than LONG two may be."""
LONG: Final = 9


class Label(NamedTuple):
    """What a stretch of words stands for: `asks` why, `topic` profit, `name` stop_loss, `number` 10 ..."""

    kind: str
    value: str
    start: int
    end: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words: phrases, beginnings of words, and all whole words that a slip may be of."""

    phrases: Trie
    beginnings: Mapping[str, tuple[Entry, ...]]
    spelled: bool  # whether a slip is read as what it is a slip of
    hints: frozenset[str]
    whole: Mapping[str, tuple[Entry, ...]]


def labels(lattice: Lattice, file: str = QUESTIONS) -> tuple[list[Label], list[int]]:
    """What the sentence's words stand for, from left to right, and where the words stand that nobody knows."""
    known = words(lattice.language, file)
    found: list[Label] = []
    unknown: list[int] = []
    position = 0
    while position < lattice.end:
        here, end = _here(lattice, known, position)
        if end == position:
            if lattice.tokens[position].kind is not Kind.MARK:
                unknown.append(position)
            end = position + 1
        found += here
        position = end
    return found, unknown


def _here(lattice: Lattice, known: Words, start: int) -> tuple[list[Label], int]:
    """The longest of what begins at a word; a name of the strategy before a phrase that is no longer."""
    names = list(_names(lattice, start))
    phrases = list(walk(known.phrases, lattice.tokens, start, frozenset()))
    if not any(end == start + 1 for _, end in phrases):
        phrases += [(entry, start + 1) for entry in _beginning(lattice.tokens[start].key, known)]
    end = max((end for _, end in phrases), default=start)
    last = max((label.end for label in names), default=start)
    if names and last >= end and (last > end or names[0].weight >= 1 or not _tells(phrases, end)):
        return names, last
    if end == start and lattice.tokens[start].kind is Kind.HASH:
        return [Label("commit", lattice.tokens[start].key, start, start + 1)], start + 1
    if end == start and (amounts := lattice.edges[start].get("NUMBER")):
        end = max(end for _, end in amounts)
        return [Label("number", str(amounts[0][0][0]), start, end)], end
    if end == start and known.spelled and start not in lattice.known:
        phrases = [(entry, start + 1) for entry in _slip(lattice.tokens[start], known)]
        end = start + bool(phrases)
    return [each for entry, ends in phrases if ends == end for each in _labels(entry, known, lattice, start, end)], end


def _tells(phrases: list[tuple[Entry, int]], end: int) -> bool:
    return any(ends == end and entry.category != FILL for entry, ends in phrases)


def _labels(entry: Entry, known: Words, lattice: Lattice, start: int, end: int) -> Iterator[Label]:
    said = " ".join(token.key for token in lattice.tokens[start:end])
    yield Label(entry.category, entry.value[0], start, end, 0.5 if said in known.hints else float(end - start))


def _names(lattice: Lattice, start: int) -> Iterator[Label]:
    """Names of the strategy and pairs; one of a feature alone weighs less, for `lucro` is asked of the account."""
    edges = lattice.edges[start]
    for name, end in edges.get("OF_PAIR", ()):
        yield Label("pair", name, start, end)
    if any(token.key.startswith(WEIGHING) for token in lattice.tokens):
        weights = [(value[0], end) for value, end in edges.get("MEMBER", ()) if value[0].startswith("weight_")]
        if weights:
            name, end = max(weights, key=lambda each: each[1])
            yield Label("name", name, start, end)
            return
    longest = max((end for each in NAMED for _, end in edges.get(each, ())), default=start)
    for category in NAMED:
        clear = [value for value, end in edges.get(category, ()) if end == longest and value]
        if clear:
            value = _exactly(clear, category, lattice, start, longest)
            yield Label("name", value, start, longest, 0.5 if category == "FEATURE" else 1.0)
            if value:
                return
    if longest == start and (groups := [end for _, end in edges.get("GROUP", ())]):
        yield Label("name", "", start, max(groups), 0.5)


def _exactly(named: list[tuple[str, ...]], category: str, lattice: Lattice, start: int, end: int) -> str:
    """The one name that is meant; an identifier is a rule where it is one, `min_hold`."""
    said = lattice.said(start, end)
    if category == "PARAM" and "_" in said and said in lattice.symbols.rules and said not in lattice.symbols.parameters:
        return said
    if category == "PARAM" and lattice.has("rule"):
        rules = [value for value, last in lattice.edges[start].get("RULE", ()) if last == end and len(value) == 1]
        if rules:
            return str(rules[0][0])
    return named[0][0] if len(named[0]) == 1 else ""


def _beginning(word: str, known: Words) -> tuple[Entry, ...]:
    lengths = range(len(word), 3, -1)
    return next((known.beginnings[word[:length]] for length in lengths if word[:length] in known.beginnings), ())


def _slip(token: Token, known: Words) -> tuple[Entry, ...]:
    """What a word with a slip or two stands for, when it can be one word only."""
    word = token.key
    if token.kind is not Kind.WORD or len(word) < SHORTEST_SLIP:
        return ()
    allowed = 1 if len(word) < LONG else 2
    near = {
        meant
        for meant in known.whole
        if meant[0] == word[0] and abs(len(meant) - len(word)) <= allowed
        if len(meant) >= SHORTEST_SLIP - 1 and OSA.distance(word, meant, score_cutoff=allowed) <= allowed
    }
    return known.whole[near.pop()] if len(near) == 1 else ()


@cache
def words(language: Language, file: str) -> Words:
    """Those of a language in one of the files beside this one, read once."""
    content = tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))[language.value]
    phrases: Trie = {}
    beginnings: dict[str, tuple[Entry, ...]] = {}
    whole: dict[str, tuple[Entry, ...]] = {}
    for kind, listed in content.items():
        for value, texts in listed.items() if kind != "hints" else ():
            for text in texts:
                entry = Entry(kind, (value,))
                if text.endswith("*"):
                    beginnings[text[:-1]] = (*beginnings.get(text[:-1], ()), entry)
                elif len(insert(phrases, text, entry)) == 1:
                    whole[text] = (*whole.get(text, ()), entry)
    return Words(phrases, beginnings, file == QUESTIONS, frozenset(content["hints"]["words"]), whole)
