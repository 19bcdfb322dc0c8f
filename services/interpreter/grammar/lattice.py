"""A sentence as a lattice: from each token, every word, name and amount that begins there and where it ends.

A pattern is a path through it. Fillers may be stepped over anywhere; nothing else may, so a path that reaches the end
has consumed every word that carries meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from core.contracts import AddIndicator, Language
from core.symbols import Symbols
from services.interpreter.grammar.lexicon import Entry, Lexicon, Names, lexicon, names, walk
from services.interpreter.grammar.normalise import Kind, Text, Token
from services.interpreter.grammar.numbers import numbers_at, quantities_at

HASH: Final = re.compile(r"[0-9a-f]{7,40}")
"""A commit or a change; one without a letter, or without a digit, may be a number or a word as well."""
MOST_WORDS: Final = 6
"""Of a name that may be spelled wrong, small words counted."""
SHORTEST_MISSPELLED: Final = 6
"""Letters of a name that may be spelled wrong: `step` is one letter from `stop` and means something else."""


SHORTEST_ONCE: Final = 4
SHORTEST_TWICE: Final = 10
"""Letters of a word that may hold a slip, or two: `mix` and `max`, `tracking` and `trailing` are words of their own."""


NOBODY: Final = Symbols({}, {}, (), frozenset(), {}, {}, {}, {}, {})
"""Of a lattice that is only copied; names are all it needs of a strategy."""


@dataclass(slots=True)
class Lattice:
    """`edges[i][category]` are the (value, end) of what begins at token i; `starts[i]` where i leads over fillers."""

    text: Text
    language: Language
    symbols: Symbols
    lexicon: Lexicon
    names: Names
    edges: list[dict[str, list[tuple[Any, int]]]] = field(default_factory=list)
    starts: list[tuple[int, ...]] = field(default_factory=list)
    known: set[int] = field(default_factory=set)  # tokens that some word, name or number covers
    wanted: dict[str, AddIndicator] = field(
        default_factory=dict
    )  # features that a rule speaks of and would bring along
    timeframe: str = ""  # of the strategy's own bars, where it is known
    framed: set[Any] = field(default_factory=set)  # longer bars that are said of an indicator
    loose: set[str] = field(default_factory=set)  # those of them whose kind was not said, `the average of 200`
    done: set[str] = field(default_factory=set)  # which rooms' edges it has: they are added once
    held: set[str] = field(default_factory=set)  # the categories of its edges, with some that are gone

    @property
    def tokens(self) -> Sequence[Token]:
        """The sentence's tokens."""
        return self.text.tokens

    @property
    def end(self) -> int:
        """The position after the last token."""
        return len(self.text.tokens)

    def add(self, start: int, category: str, value: Any, end: int) -> None:
        """A further edge; one that is there already is not doubled."""
        edges = self.edges[start].setdefault(category, [])
        if (value, end) not in edges:
            edges.append((value, end))
            self.held.add(category)

    def at(self, position: int, category: str) -> Iterator[tuple[Any, int]]:
        """What of a category begins here, or after the fillers that stand here."""
        for start in self.starts[position]:
            yield from self.edges[start].get(category, ())

    def finished(self, position: int) -> bool:
        """Whether only fillers are left."""
        return self.end in self.starts[position]

    def step_over(self, positions: Iterable[int]) -> None:
        """Let these tokens be stepped over as fillers are."""
        for position in positions:
            self.add(position, "skip", None, position + 1)
        self.starts = [_over_fillers(self, position) for position in range(self.end + 1)]

    def said(self, start: int, end: int) -> str:
        """The sentence's words between two positions."""
        return self.text.lower[self.tokens[start].start : self.tokens[end - 1].end] if end > start else ""

    def has(self, category: str) -> bool:
        """Whether a category begins anywhere."""
        return category in self.held and any(category in edges for edges in self.edges)


def build(text: Text, language: Language, symbols: Symbols, timeframe: str = "") -> Lattice:
    """The lattice of a sentence, read in one language against one strategy, on bars of that timeframe."""
    first = _built(text, language, names(symbols))
    lattice = Lattice(text, language, symbols, first.lexicon, first.names, timeframe=timeframe)
    lattice.edges = [{category: list(ways) for category, ways in each.items()} for each in first.edges]
    lattice.starts, lattice.known, lattice.held = list(first.starts), set(first.known), set(first.held)
    return lattice


@lru_cache(maxsize=32)
def _built(text: Text, language: Language, named: Names) -> Lattice:
    """A lattice to copy: a sentence and its parts are looked at by one reader after the other."""
    lattice = Lattice(text, language, NOBODY, lexicon(language), named)
    lattice.edges = [{} for _ in range(lattice.end + 1)]
    for start in range(lattice.end):
        _add_words(lattice, start)
        _add_numbers(lattice, start)
        _add_names(lattice, start)
    _free_commas(lattice)
    lattice.starts = [_over_fillers(lattice, position) for position in range(lattice.end + 1)]
    for start in range(lattice.end):
        if start not in lattice.known:
            _add_misspelled(lattice, start)
    return lattice


def _add_words(lattice: Lattice, start: int) -> None:
    for entry, end in lattice.lexicon.words_at(lattice.tokens, start):
        lattice.add(start, entry.category, None, end)
        lattice.known.update(range(start, end))


def _add_numbers(lattice: Lattice, start: int) -> None:
    for readings, end in numbers_at(lattice.tokens, start, lattice.lexicon):
        lattice.add(start, "NUMBER", readings, end)
        lattice.known.update(range(start, end))
    for quantity, end in quantities_at(lattice.tokens, start, lattice.lexicon, lattice.text.lower):
        lattice.add(start, "VALUE", quantity, end)
        lattice.known.update(range(start, end))
    token = lattice.tokens[start]
    if token.kind is Kind.HASH or HASH.fullmatch(token.key):
        lattice.add(start, "HASH", token.key, start + 1)


def _add_names(lattice: Lattice, start: int) -> None:
    longest: dict[str, int] = {}
    found = list(walk(lattice.names.trie, lattice.tokens, start, lattice.lexicon.glue))
    for entry, end in found:
        longest[entry.category] = max(longest.get(entry.category, 0), end)
    for entry, end in found:
        if end == longest[entry.category]:
            lattice.add(start, entry.category, entry.value, end)
            lattice.known.update(range(start, end))


def _free_commas(lattice: Lattice) -> None:
    """A comma beside nothing but fillers joins nothing: `please, ...`, `..., please`."""
    commas = [position for position in range(lattice.end) if lattice.tokens[position].key == ","]
    for position in commas:
        if position in _over_fillers(lattice, 0):
            lattice.add(position, "skip", None, position + 1)
    for position in reversed(commas):
        if lattice.end in _over_fillers(lattice, position + 1):
            lattice.add(position, "skip", None, position + 1)


def _over_fillers(lattice: Lattice, position: int) -> tuple[int, ...]:
    reached = [position]
    for start in reached:
        for _, end in lattice.edges[start].get("skip", ()):
            if end not in reached:
                reached.append(end)
    return tuple(reached)


def _add_misspelled(lattice: Lattice, unknown: int) -> None:
    """Names for a word that nobody knows, alone or with its neighbours: very near to one, and to no other."""
    token = lattice.tokens[unknown]
    if (
        token.kind is not Kind.WORD
        or len(token.key) < 3
        or any(token.key in lexicon(known).words for known in Language)
    ):
        return  # a word of the other language, as `not` in a Portuguese sentence, is spelled right
    glue = lattice.lexicon.glue
    for size in range(MOST_WORDS, 0, -1):
        for start in range(max(0, unknown - size + 1), min(unknown, lattice.end - size) + 1):
            window = [token.key for token in lattice.tokens[start : start + size]]
            if window[0] in glue or window[-1] in glue:
                continue
            words = [word for word in window if word not in glue]
            entries = nearest_entries(" ".join(words), lattice.names.phrases.get(len(words), {}), lattice.names.words)
            for entry in entries:
                lattice.add(start, entry.category, entry.value, start + size)
            if entries:
                lattice.known.update(range(start, start + size))
                return


def nearest_entries(
    said: str, phrases: Mapping[str, tuple[Entry, ...]], words: frozenset[str] = frozenset()
) -> tuple[Entry, ...]:
    """The names that a misspelled phrase can only mean: one slip in six letters, two in nine, no other name as near.

    `words` are spelled right, so that `slow weight` is not `flow weight` with a slip. Each word has to look like its
    own: in `set the stop again to 3%` there is no `stop gain`.
    """
    if len(said) < SHORTEST_MISSPELLED:
        return ()
    allowed = 1 if len(said) < 9 else 2
    found = process.extract(said, phrases.keys(), scorer=OSA.distance, score_cutoff=allowed + 1, limit=None)
    near = [(int(distance), phrase) for phrase, distance, _ in found]
    if not near:
        return ()
    best = min(near)[0]
    if best > allowed:
        return ()
    nearest = next(phrase for distance, phrase in near if distance == best)
    if not words.intersection(said.split()) <= set(nearest.split()):
        return ()
    if not all(map(_slipped, said.split(), nearest.split())):
        return ()
    meant = phrases[nearest]
    whose = {entry.value for entry in meant}
    rivals = (phrases[phrase] for distance, phrase in near if distance <= best + 1)
    same = all(any(entry.value in whose or _same_name(entry, meant) for entry in rival) for rival in rivals)
    return meant if same else ()


def _slipped(said: str, meant: str) -> bool:
    """Whether a word is another, or may be with a slip; nobody misses the first letter."""
    if said == meant:
        return True
    longest = max(len(said), len(meant))
    allowed = 0 if longest < SHORTEST_ONCE else 1 if longest < SHORTEST_TWICE else 2
    return said[0] == meant[0] and OSA.distance(said, meant) <= allowed


def _same_name(entry: Entry, meant: tuple[Entry, ...]) -> bool:
    """A rule and its parameter share their name, or the beginning of it (`cooldown`, `cooldown_seconds`)."""
    return any(entry.value[0].startswith(m.value[0]) or m.value[0].startswith(entry.value[0]) for m in meant)
