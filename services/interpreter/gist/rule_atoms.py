"""A sentence about a rule as atoms: which side, whether it denies or requires, and when; every word is one of them.

The words are in `rule_words.toml`, the conditions are those of the grammar. A word that is none of these ends it,
unless unknown words may be left out, which an offer then names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.contracts import Language
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.lexicon import Entry, Trie, insert, walk
from services.interpreter.grammar.normalise import Kind
from services.interpreter.offers import words

FILE: Final = "rule_words.toml"
THINGS: Final = {"COND": "when", "HELD": "when"}
"""The edges of the grammar that are atoms."""
MOST_WAYS: Final = 48
"""Ways to read the rest of a sentence; whoever says more says too much."""
MOST_SKIPPED: Final = 5
MARKS: Final = frozenset(",;:.-\u2013\u2014()") | {"->", "=>", "="}
QUIET_MARKS: Final = frozenset("!")
PLACING: Final = frozenset(
    [
        *("after", "before", "until", "till", "from", "since", "during", "on", "in", "by", "at"),
        *("depois", "antes", "ate", "desde", "durante", "em", "no", "na", "nos", "nas", "apos", "partir", "do", "da"),
    ]
)
"""After these an unknown word may be a time or a place that narrows what is said."""
SILENT: Final = ("skip", "always")


class Atom(NamedTuple):
    """One part: its role, and what it stands for: a condition, or the words themselves."""

    role: str
    value: Any = None


Atoms = tuple[Atom, ...]
Way = tuple[Atoms, tuple[int, ...], int]
"""Its atoms, the positions of the words that it leaves out, and how many phrases it is read as, silent ones too."""


def ways(
    lattice: Lattice,
    start: int,
    kept: frozenset[str] | None = None,
    file: str = FILE,
    things: Mapping[str, str] = THINGS,
) -> list[Way]:
    """How the sentence from a position on can be taken apart, each with the positions of the words it leaves out.

    Unknown words are left out where it is said which of them never are, `kept`. `file` holds the words, `things` are
    the edges that are atoms.
    """
    return _Parts(lattice, kept, _words(file, lattice.language), things).rest(start)


class _Parts:
    def __init__(self, lattice: Lattice, kept: frozenset[str] | None, words: Trie, things: Mapping[str, str]) -> None:
        self.lattice = lattice
        self.kept = kept
        self.words = words
        self.things = things
        self.known: dict[int, list[Way]] = {lattice.end: [((), (), 0)]}

    def rest(self, start: int) -> list[Way]:
        if start not in self.known:
            found: dict[Way, None] = {}
            for atom, end in self._steps(start):
                for atoms, left, steps in self.rest(end):
                    skipped = (start, *left) if atom is not None and atom.role == "unknown" else left
                    if len(skipped) <= MOST_SKIPPED and len(found) < MOST_WAYS:
                        found[_grown(atom, atoms), skipped, steps + 1] = None
            self.known[start] = list(found)
        return self.known[start]

    def _steps(self, start: int) -> Iterator[tuple[Atom | None, int]]:
        """What may stand here, the longest first; None for what says nothing."""
        lattice = self.lattice
        edges = lattice.edges[start]
        things = [(Atom(role, found), end) for name, role in self.things.items() for found, end in edges.get(name, ())]
        yield from sorted(things, key=lambda thing: -thing[1])
        own = sorted(walk(self.words, lattice.tokens, start, frozenset()), key=lambda found: -found[1])
        for entry, end in own:
            said = lattice.said(start, end)
            yield (None if entry.category == "quiet" else Atom(entry.category, said)), end
        for category in SILENT:
            yield from ((None, end) for _, end in edges.get(category, ()) if lattice.tokens[start].key != "?")
        key = lattice.tokens[start].key
        if key in MARKS:
            yield Atom("mark", key), start + 1
        elif key == "?":
            yield Atom("asks", key), start + 1
        elif key in QUIET_MARKS:
            yield None, start + 1
        if self.kept is not None and not own and not edges.keys() - {"skip"} and self._may_go(start):
            yield Atom("unknown"), start + 1

    def _may_go(self, start: int) -> bool:
        token = self.lattice.tokens[start]
        if start and self.lattice.tokens[start - 1].key in PLACING:
            return False  # `after christmas`
        return token.kind is Kind.WORD and start not in self.lattice.known and token.key not in (self.kept or ())


def _grown(atom: Atom | None, atoms: Atoms) -> Atoms:
    """With an atom before them; ties and marks in a row are one."""
    if atom is None:
        return atoms
    if atoms and atoms[0].role == atom.role and atom.role in ("hang", "mark"):
        return atoms
    return (Atom(atom.role, atom.value), *atoms)


def prepare() -> None:
    """Read the words, which the first sentence of a process would wait for."""
    for file in Path(__file__).parent.glob("*_words.toml"):
        for language in Language:
            _words(file.name, language)


def roles_of(lattice: Lattice, file: str = FILE) -> set[str]:
    """The roles that words of the sentence may have."""
    found = _words(file, lattice.language)
    starts: Sequence[int] = range(lattice.end)
    return {entry.category for start in starts for entry, _ in walk(found, lattice.tokens, start, frozenset())}


def spoken(lattice: Lattice, start: int, file: str = FILE) -> list[tuple[int, str]]:
    """The words of roles that begin at a position: where they end, and their role."""
    return [
        (end, entry.category) for entry, end in walk(_words(file, lattice.language), lattice.tokens, start, frozenset())
    ]


def first_of(lattice: Lattice, roles: frozenset[str], file: str) -> int:
    """Where the first word of these roles stands; the end where there is none."""
    found = _words(file, lattice.language)
    starts: Sequence[int] = range(lattice.end)
    return min(
        (at for at in starts for each, _ in walk(found, lattice.tokens, at, frozenset()) if each.category in roles),
        default=lattice.end,
    )


def known_atoms(atoms: Atoms) -> Atoms:
    """Without the words that nobody knows."""
    return tuple(atom for atom in atoms if atom.role != "unknown")


def speaks(lattice: Lattice, skipped: Sequence[int], before: int) -> bool:
    """Whether the unknown words before what is done may be said by the owner himself: manners, and whom he calls."""
    early = [lattice.tokens[place] for place in skipped if place < before]
    return all(token.key.endswith(("ly", "mente")) or token.key in words.calling() for token in early)


@cache
def _words(file: str, language: Language) -> Trie:
    trie: Trie = {}
    content = tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    for role, phrases in content[language.value].items():
        for phrase in phrases:
            insert(trie, phrase, Entry(role))
    return trie
