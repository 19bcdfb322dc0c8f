"""The phrases of `stopping.toml`, and how a sentence is made of them. It knows nothing of a strategy or of a grammar.

A phrase is a row of steps, a step one of several words or of several phrases; both may be optional. A sentence is
looked through from left to right, keeping at each place everything that it may have said so far.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts import Language

FILE: Final = Path(__file__).with_name("stopping.toml")
PAUSE, HALT, PANIC, KEEP, POLITE, PT, EN, BARE, INSIDE = (1 << bit for bit in range(9))
KINDS: Final = {"pause": PAUSE, "halt": HALT, "panic": PANIC, "keep": KEEP}
TONGUES: Final = {"both": BARE, "pt": PT, "en": EN}
SAYING_NOTHING: Final = ("opener", "until", "join", "reason")
"""Parts that may stand beside what stops."""
MARK: Final = ","
"""Stands for any punctuation between words."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of `words`, or one of the phrases of `part`."""

    words: frozenset[str]
    part: str
    optional: bool
    many: bool


Phrase = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a sentence stops: `pause`, `halt` or `panic`."""

    stop: str
    language: Language
    polite: bool  # asked for with `could you ...`


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Phrases by the words that they may begin with: those of each part, and those that stop with what they say."""

    parts: Mapping[str, Mapping[str, Sequence[Phrase]]]
    clauses: Mapping[str, Sequence[tuple[int, Phrase]]]
    fillers: Mapping[str, Sequence[tuple[str, ...]]]
    words: frozenset[str]  # all that are in any phrase
    carrying: frozenset[str]  # those of them that carry meaning, which a slip may be of
    spelled_right: frozenset[str]  # as near to one of them as a slip is, and another word

    def without_fillers(self, words: Sequence[str]) -> tuple[str, ...]:
        """The words that carry meaning."""
        left: list[str] = []
        position = 0
        while position < len(words):
            ways = self.fillers.get(words[position], ())
            taken = next((len(way) for way in ways if tuple(words[position : position + len(way)]) == way), 0)
            if not taken:
                left.append(words[position])
            position += taken or 1
        return tuple(left)

    def found(self, words: tuple[str, ...]) -> Found | None:
        """What the whole sentence stops; None when it stops nothing or is made of something else too."""
        readings = {said for said in _Reading(self, words).whole() if said & (PAUSE | HALT | PANIC)}
        if not readings:
            return None
        portuguese = all(said & PT for said in readings)
        polite = any(said & POLITE for said in readings)
        return Found(_strength(readings), Language.PT if portuguese else Language.EN, polite)

    def left_over(self, words: tuple[str, ...]) -> tuple[str, ...] | None:
        """The first words that neither stop nor may stand beside what does; None when none of the words stop."""
        reading = _Reading(self, words)
        position, stops, left = 0, False, []
        while position < len(words):
            ends = [(end, flags) for flags, end in reading.clauses(position) if flags & (PAUSE | HALT | PANIC)]
            end = max((end for end, _ in ends), default=max(reading.silent(position), default=position))
            stops = stops or any(
                last - position > 1 or flags & PANIC or (not position and flags & PAUSE) for last, flags in ends
            )
            if end == position:
                left.append(position)
            position = max(end, position + 1)
        first = [place for count, place in enumerate(left) if place == left[0] + count]
        return tuple(words[place] for place in first) if stops and left else None


def _strength(readings: Iterable[int]) -> str:
    """The one thing that all readings say; `halt` when they do not agree whether everything is to be closed."""
    said = {_says(reading) for reading in readings}
    if len(said) == 1:
        return said.pop()
    return "halt" if "panic" in said else "pause"


def _says(reading: int) -> str:
    if reading & PANIC:
        return "halt" if reading & KEEP else "panic"
    return "halt" if reading & HALT else "pause"


@dataclass(slots=True)
class _Reading:
    """One sentence against the book."""

    book: Phrasebook
    words: tuple[str, ...]
    _parts: dict[tuple[str, int], frozenset[int]] = field(default_factory=dict)

    def whole(self) -> frozenset[int]:
        """What the sentence may say, as flags."""
        at: list[set[int]] = [set() for _ in range(len(self.words) + 1)]
        at[0].add(0)
        for position, said in enumerate(at[:-1]):
            if said:
                for end in self.silent(position):
                    at[end].update(before & ~INSIDE for before in said)
                for flags, end in self._speaking(position):
                    inside = 0 if flags == POLITE else INSIDE
                    at[end].update(before | flags | inside for before in said if not (flags & BARE and before & INSIDE))
        return frozenset(at[-1])

    def clauses(self, start: int) -> Iterator[tuple[int, int]]:
        """What stops from a word on, and where it ends."""
        for flags, phrase in self.book.clauses.get(self.words[start], ()):
            for end in self._ends(phrase, start):
                yield flags, end

    def silent(self, start: int) -> Iterator[int]:
        """Where what stops nothing ends."""
        if self.words[start] == MARK:
            yield start + 1
        for part in SAYING_NOTHING:
            yield from self._part(part, start)

    def _speaking(self, start: int) -> Iterator[tuple[int, int]]:
        yield from self.clauses(start)
        yield from ((POLITE, end) for end in self._part("polite", start))

    def _part(self, part: str, start: int) -> frozenset[int]:
        if start >= len(self.words):
            return frozenset()
        if (part, start) not in self._parts:
            phrases = self.book.parts[part].get(self.words[start], ())
            self._parts[part, start] = frozenset(end for phrase in phrases for end in self._ends(phrase, start))
        return self._parts[part, start]

    def _ends(self, phrase: Phrase, start: int) -> frozenset[int]:
        places = frozenset({start})
        for step in phrase:
            reached = self._after(step, places)
            while step.many and not reached <= places:
                places |= reached
                reached = self._after(step, places)
            places = places | reached if step.optional else reached
            if not places:
                break
        return places - {start}

    def _after(self, step: Step, places: frozenset[int]) -> frozenset[int]:
        if step.part:
            return frozenset(end for place in places for end in self._part(step.part, place))
        return frozenset(place + 1 for place in places if place < len(self.words) and self.words[place] in step.words)


# Reading the file ----------------------------------------------------------------------------------------------------


@cache
def phrasebook() -> Phrasebook:
    """The book, read once. ValueError for a phrase that needs a word which is taken off every sentence."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    fillers = {tuple(filler.split()) for filler in content["fill"]}
    single = frozenset(filler[0] for filler in fillers if len(filler) == 1)
    parts = {name: [_phrase(text, single) for text in texts] for name, texts in content["parts"].items()}
    clauses = [
        (KINDS[kind] | TONGUES[tongue], _phrase(text, single))
        for kind in KINDS
        for tongue, texts in content[kind].items()
        for text in texts
    ]
    firsts = _Firsts(parts)
    phrases = [*(phrase for listed in parts.values() for phrase in listed), *(phrase for _, phrase in clauses)]
    words = {word for phrase in phrases for step in phrase for word in step.words}
    return Phrasebook(
        parts={part: _by_first(((phrase, phrase) for phrase in listed), firsts) for part, listed in parts.items()},
        clauses=_by_first(((phrase, (flags, phrase)) for flags, phrase in clauses), firsts),
        fillers=_longest_first(fillers),
        words=frozenset(words | {MARK} | {word for filler in fillers for word in filler}),
        carrying=frozenset(words),
        spelled_right=frozenset(content["spelled_right"]),
    )


def _phrase(text: str, fillers: frozenset[str]) -> Phrase:
    phrase = tuple(_step(step, fillers) for step in text.split())
    if all(step.optional for step in phrase):
        raise ValueError(f"the phrase “{text}” may be empty")
    return phrase


def _step(text: str, fillers: frozenset[str]) -> Step:
    body = text.rstrip("?*")
    optional, many = body != text, text.endswith("*")
    if body.startswith("<"):
        return Step(frozenset(), body[1:-1], optional, many)
    words = frozenset(body.split("|"))
    if words & fillers and not optional:
        raise ValueError(f"“{text}” waits for a word that is taken off every sentence: {words & fillers}")
    return Step(words - fillers, "", optional, many)


class _Firsts:
    """The words that phrases may begin with."""

    def __init__(self, parts: Mapping[str, Sequence[Phrase]]) -> None:
        self._parts = parts
        self._known: dict[str, frozenset[str]] = {}

    def of(self, phrase: Phrase) -> frozenset[str]:
        """Those of a phrase."""
        words: set[str] = set()
        for step in phrase:
            words |= self._of_part(step.part) if step.part else step.words
            if not step.optional:
                break
        return frozenset(words)

    def _of_part(self, part: str) -> frozenset[str]:
        if part not in self._known:
            self._known[part] = frozenset(word for phrase in self._parts[part] for word in self.of(phrase))
        return self._known[part]


def _by_first(phrases: Iterable[tuple[Phrase, Any]], firsts: _Firsts) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for phrase, entry in phrases:
        for word in firsts.of(phrase):
            found.setdefault(word, []).append(entry)
    return found


def _longest_first(fillers: Iterable[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for filler in sorted(fillers, key=len, reverse=True):
        found.setdefault(filler[0], []).append(filler)
    return found
