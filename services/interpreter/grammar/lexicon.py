"""The words of `lexicon.toml`, ready to be looked up: roles of phrases, units, number words, a strategy's names.

A name is found by its aliases and by the words of its identifier, so what a later change adds is addressable at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.contracts import Language
from core.symbols import Symbols
from services.interpreter.grammar.normalise import Token, read

FILES: Final = tuple(
    Path(__file__).with_name(name) for name in ("lexicon.toml", "lexicon_rules.toml", "lexicon_frequent.toml")
)
"""All words, the further ones that only rules are said with, and the frequent ones of each language."""
END: Final = "\0"
"""The key of a trie's node under which the entries that end there lie; no token has it."""

Trie = dict[str, Any]


class Entry(NamedTuple):
    """What a phrase stands for: its category, and for a name whose."""

    category: str
    value: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's words."""

    language: Language
    words: Trie
    units: Trie
    cardinals: Mapping[str, int]
    number_words: Mapping[str, frozenset[str]]
    glue: frozenset[str]

    def number(self, part: str) -> frozenset[str]:
        """The words for one part of a number: `and`, `point`, `half`, `hundred`."""
        return self.number_words[part]

    def words_at(self, tokens: Sequence[Token], start: int) -> Iterator[tuple[Entry, int]]:
        """The phrases that begin at a token."""
        return walk(self.words, tokens, start, self.glue)

    def units_at(self, tokens: Sequence[Token], start: int) -> Iterator[tuple[str, int]]:
        """The unit that begins at a token; the longest only."""
        found = max(walk(self.units, tokens, start, frozenset()), key=lambda entry: entry[1], default=None)
        if found is not None:
            yield found[0].category, found[1]


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The names of one strategy, the same object each time.

    `phrases` are all their spellings, by number of words, for what is spelled wrong.

    `words` are all words of those spellings: none of them is another one spelled wrong.
    """

    trie: Trie
    phrases: Mapping[int, Mapping[str, tuple[Entry, ...]]]
    words: frozenset[str]


@cache
def data() -> Mapping[str, Any]:
    """The files as one, read once: lists under the same key are joined."""
    whole: dict[str, Any] = {}
    for file in FILES:
        _join(whole, tomllib.loads(file.read_text(encoding="utf-8")))
    return whole


def _join(whole: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _join(whole.setdefault(key, {}), value)
        else:
            whole[key] = [*whole.get(key, ()), *value] if isinstance(value, list) else value


@cache
def lexicon(language: Language) -> Lexicon:
    """The words of a language."""
    content = data()
    words: Trie = {}
    for part in ("both", language.value):
        for category, phrases in content[part].items():
            if category != "glue":
                for phrase in phrases:
                    insert(words, phrase, Entry(category))
    units: Trie = {}
    for unit, phrases in content["units"].items():
        for phrase in phrases:
            insert(units, phrase, Entry(unit))
    return Lexicon(
        language=language,
        words=words,
        units=units,
        cardinals=content["numbers"][language.value],
        number_words={part: frozenset(words) for part, words in content["number_words"][language.value].items()},
        glue=frozenset(content[language.value]["glue"]),
    )


def names(symbols: Symbols) -> Names:
    """The names of a strategy, in both languages."""
    return _names(tuple(symbols.parameters), symbols.spoken, tuple(symbols.rules))


@lru_cache(maxsize=32)
def _names(parameters: tuple[str, ...], features: tuple[str, ...], rules: tuple[str, ...]) -> Names:
    content = data()
    trie: Trie = {}
    phrases: dict[int, dict[str, tuple[Entry, ...]]] = {}

    def add(phrase: str, entry: Entry) -> None:
        words = insert(trie, phrase, entry)
        known = phrases.setdefault(len(words), {})
        known[" ".join(words)] = (*known.get(" ".join(words), ()), entry)

    for category, existing, section in (
        ("PARAM", parameters, "parameters"),
        ("FEATURE", features, "features"),
        ("RULE", rules, "rules"),
    ):
        for name in existing:
            for phrase in dict.fromkeys((name, *content["names"][section].get(name, ()))):
                add(phrase, Entry(category, (name,)))
    for group, listed in content["groups"].items():
        for phrase in listed["heads"]:
            insert(trie, phrase, Entry("GROUP", (group,)))
    for phrase, meant in _members(parameters).items():
        insert(trie, phrase, Entry("MEMBER", meant))
    for kind, aliases in content["names"]["kinds"].items():
        for phrase in (kind, *aliases):
            insert(trie, phrase, Entry("KIND", (kind,)))
    for phrase, meant in content["ambiguous"]["parameters"].items():
        there = tuple(name for name in meant if name in parameters)
        if there:
            insert(trie, phrase, Entry("PARAM", there))
    for feature, aliases in content["negated"]["features"].items():
        if feature in features:
            for phrase in aliases:
                insert(trie, phrase, Entry("NEGATED", (feature,)))
    words = frozenset(word for spelled in phrases.values() for phrase in spelled for word in phrase.split())
    return Names(trie, phrases, words)


def _members(parameters: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The short names under a heading, and what each may mean under one or another."""
    found: dict[str, tuple[str, ...]] = {}
    for listed in data()["groups"].values():
        for name, phrases in listed["members"].items():
            for phrase in phrases if name in parameters else ():
                found[phrase] = tuple(dict.fromkeys((*found.get(phrase, ()), name)))
    return found


def insert(trie: Trie, phrase: str, entry: Entry) -> list[str]:
    """Put a phrase into a trie; returns its words."""
    words = [token.key for token in read(phrase).tokens]
    node = trie
    for word in words:
        node = node.setdefault(word, {})
    entries = node.setdefault(END, [])
    if entry not in entries:
        entries.append(entry)
    return words


def walk(trie: Trie, tokens: Sequence[Token], start: int, glue: frozenset[str]) -> Iterator[tuple[Entry, int]]:
    """The entries whose phrase begins at a token, and where each ends. Glue words may stand inside a phrase."""
    pending = [(trie, start)]
    while pending:
        node, position = pending.pop()
        for entry in node.get(END, ()):
            yield entry, position
        if position >= len(tokens):
            continue
        key = tokens[position].key
        if key in node:
            pending.append((node[key], position + 1))
        if position > start and key in glue and node is not trie:
            after = position + 1
            while after < len(tokens) and tokens[after].key in glue:
                after += 1
            if after < len(tokens) and tokens[after].key in node:
                pending.append((node[tokens[after].key], after + 1))
