"""Moments of one pair on a tape: what is remembered before a bar, and that bar with the next events of the pair.

Each can be told again with another memory. That asks what it would have decided just then, had some field of its
state been another.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.kernel import BAR, BUY, DECISION, SELL, Records
from services.guardian.answers import Recalled, Retold, decisions_of
from services.guardian.bounds.package import Package
from services.guardian.bounds.walk import Walk
from services.guardian.fuzz import fuzzed_tables
from services.guardian.relations import claims
from services.guardian.relations.numbers import ages_named, longest_wait
from services.guardian.side import Side
from services.guardian.tape import Tape

LONG: Final = 4
"""Events of a moment."""
HOSTS: Final = 1
"""Words of the host behind a state; see `core.masking`."""


@dataclass(frozen=True)
class Told:
    """What the gate knows of a candidate and hands on; `warm` is how many bars its indicators want."""

    trees: Mapping[str, ast.Module]
    parents: Mapping[str, ast.Module]
    walk: Walk
    warm: int

    def of_parent(self) -> Told:
        """The same of the parent, where it is looked at as if it were new."""
        return Told(self.parents, {}, Walk(Package(self.parents)), self.warm)

    @functools.cached_property
    def words(self) -> dict[str, tuple[int, bool]]:
        """See `claims.words_of`."""
        return claims.words_of(self.trees, self.walk)

    @functools.cached_property
    def counts(self) -> list[str]:
        """Fields that are only ever counted up."""
        return [name for name in claims.counts_of(self.trees) if name in self.words]

    @functools.cached_property
    def turn(self) -> int:
        """See `claims.whole_turn`."""
        return claims.whole_turn(self.trees, self.walk)

    @functools.cached_property
    def named(self) -> list[int]:
        """Numbers of bars that the code may mean."""
        return ages_named(self.trees, self.parents)

    @functools.cached_property
    def low(self) -> int:
        """Bars before which it may not know its indicators."""
        return max(self.warm, longest_wait(self.trees, self.walk))

    @functools.cached_property
    def size(self) -> int:
        """Words of a state, where a pair has no values of its own; the host's are behind them."""
        return sum(int(self.walk.size(name)) for name in self.walk.package.state) + HOSTS


@dataclass(frozen=True, slots=True)
class Moment:
    """`words` is the memory before its first event, int64[n]; `wanted` the decisions that it had, as bytes."""

    pair: int
    words: np.ndarray
    events: bytes
    wanted: bytes
    rank: int
    """0 where it buys, 1 where it sells, 2 where it does neither."""

    @property
    def told(self) -> tuple[bytes, bytes]:
        """As a box is told it."""
        return self.words.tobytes(), self.events


@dataclass(frozen=True, slots=True)
class Heard:
    """Answers to rows: for each its decisions as bytes, what it raised, and what was remembered after it."""

    decisions: list[bytes]
    fault: str
    states: list[bytes]


def begun(side: Side, tape: Tape, tree: str) -> None:
    """Forget everything, with Q-tables that have something to say."""
    prepared = side.ready.result()
    side.begin(tape, tables=fuzzed_tables(tree, len(tape.grids), (prepared.rows, prepared.columns)))


def recalled(side: Side, tape: Tape, events: Records, places: Sequence[int]) -> tuple[Records, list[np.ndarray]]:
    """Decisions on events, from the memory that a side has; and the words of an event's pair before these places."""
    told = side.ask("trading.recall", Recalled, events=events.tobytes(), places=list(places))
    side.blame(told.fault, tape, len(told.decisions))
    return decisions_of(told.decisions, len(events)), [np.frombuffer(state, np.int64) for state in told.states]


def moments_of(events: Records, decisions: Records, before: Mapping[int, np.ndarray]) -> Iterator[Moment]:
    """One for each bar whose memory is in `before`, by its place."""
    for pair in np.unique(events["pair"]):
        own = np.flatnonzero(events["pair"] == pair)
        for at in np.flatnonzero(events["kind"][own] == BAR):
            if int(own[at]) in before and at + LONG <= len(own):
                places = own[at : at + LONG]
                actions = decisions["action"][places]
                rank = 0 if BUY in actions else 1 if SELL in actions else 2
                words = before[int(own[at])]
                yield Moment(int(pair), words, events[places].tobytes(), decisions[places].tobytes(), rank)


def heard(
    side: Side,
    moments: Sequence[Moment],
    asked: Sequence[int],
    words: Sequence[int],
    values: np.ndarray,
    *,
    keep: bool = False,
) -> Heard:
    """What it decides at these moments with words of the memory set to `values` (int64[asked, words]).

    Less than all where it raised.
    """
    used = {number: place for place, number in enumerate(dict.fromkeys(asked))}
    told = side.ask(
        "trading.retell",
        Retold,
        moments=[moments[number].told for number in used],
        asked=np.array([used[number] for number in asked], np.int64).tobytes(),
        words=list(words),
        values=np.ascontiguousarray(values, np.int64).tobytes(),
        keep=keep,
    )
    length = LONG * DECISION.itemsize
    count = len(asked) if told.at < 0 else told.at
    decisions_of(told.decisions[: count * length], count * LONG)  # a box that answers less is told so
    return Heard([told.decisions[at * length : (at + 1) * length] for at in range(count)], told.fault, told.states)
