"""How long a pair has been traded means nothing: what is held of code by hand and by a model, beside `aged`.

Moments of a tape on which much is bought and sold are decided once more as if more bars, or fewer, had been seen: as
many as any number of the code says, one by one up to some thousands, and here and there up to a million. What differs
must drift with the bars, as a mean of all closes does, and not switch (`services.guardian.relations.switches`).
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.kernel import BAR, DECISION, NANOSECONDS, Records
from services.guardian.fuzz import generator
from services.guardian.relations import claims
from services.guardian.relations.clocks import check_clocks
from services.guardian.relations.moments import LONG, Heard, Moment, Told, begun, heard, moments_of, recalled
from services.guardian.relations.phases import find_repeat, twice_begun
from services.guardian.relations.switches import ENOUGH, Switch, find_switch
from services.guardian.side import Side
from services.guardian.tape import Tape

MOOD: Final = 40
"""Events of one mood."""
AT_MOST_NS: Final = 2 * NANOSECONDS
"""Between two events of a busy one."""
LEAN: Final = 0.1
"""What the weaker side of a book or of trades has of the stronger."""
EACH: Final = 6
"""Moments that are asked at the age that a number of the code says."""
ONE_BY_ONE: Final = 3_000
"""Bars up to which every age is asked."""
FAR: Final = 200
"""Ages asked beyond, farther and farther apart, up to OLDEST."""
OLDEST: Final = 1_000_000
BESIDE: Final = (-2, -1, 0, 1)
"""Bars seen before a moment at which a number of bars may be passed: its first event is a bar itself."""
LOOKED_INTO: Final = 24
"""Moments that differ and are looked into."""
FEWEST: Final = 60
"""Moments that are old enough as they are; else all are made older."""


def in_moods(events: Records, tree: str) -> Records:
    """The same events in a market that leans one way for a while, advice and books with it: much is bought and sold.

    A fifth of them stays as it was. Every other mood is a busy one, so that books and trades are fresh.
    """
    chance, count = generator(tree, "moods"), len(events)
    moved: Records = events.copy()
    up = np.repeat(chance.random(count // MOOD + 1) < 0.6, MOOD)[:count]
    taken = chance.random(count) < 0.8
    flat = taken & (up == (chance.random(count) < 0.9))
    steps = np.diff(events["time_ns"], prepend=events["time_ns"][:1])
    quick = np.repeat(np.arange(count // MOOD + 1) % 2, MOOD)[:count].astype(bool)
    earlier = events["time_ns"] - (
        events["time_ns"][0] + np.cumsum(np.where(quick, np.minimum(steps, AT_MOST_NS), steps))
    )
    for name in ("time_ns", "entry_ns", "exit_ns"):
        moved[name][events[name] > 0] -= earlier[events[name] > 0]
    for name in ("position", "entry_price", "best_price", "entry_ns"):
        moved[name][flat] = 0
    for name in ("exit_ns", "drawdown"):
        moved[name][taken] = 0
    moved["advice"][taken] = np.where(up, 0.8, -0.8)[taken]
    for one, other in (("bid_size", "ask_size"), ("buy_volume", "sell_volume")):
        more = np.maximum(moved[one], moved[other])
        less = more * LEAN
        moved[one][taken], moved[other][taken] = np.where(up, more, less)[taken], np.where(up, less, more)[taken]
    return moved


def check_ages(side: Side, tape: Tape, events: Records, told: Told) -> Iterator[str]:
    """What is decided otherwise at some age; at the most one sentence."""
    events, half = in_moods(events, side.tree), len(events) // 2
    places = (half + np.flatnonzero(events["kind"][half:] == BAR)).tolist()
    begun(side, tape, side.tree)
    decisions, states = recalled(side, tape, events, places)
    repeat = find_repeat(events, decisions, begun_twice(side, tape, events), half)
    if repeat is not None:
        yield sentence(Switch(repeat.changed, repeat.total, repeat.first + 1, repeat.first))
        return
    before = {place: state for place, state in zip(places, states, strict=True) if len(state) == told.size}
    moments = list(moments_of(events, decisions, before))
    aging = Aging.on(side, tape, moments, told)
    switch = None if aging is None else aging.switch()
    if switch is not None:
        yield sentence(switch)
        return
    yield from check_clocks(side, tape, moments, told)


def begun_twice(side: Side, tape: Tape, events: Records) -> Records:
    """Decisions on these events by one that saw the first of each kind twice."""
    doubled, places = twice_begun(events)
    begun(side, tape, side.tree)
    answered: Records = side.feed(tape, doubled)[0][places]
    return answered


def sentence(switch: Switch) -> str:
    """It, told as `aged` does."""
    return (
        f"{switch.changed:,} of {switch.total:,} decisions change when a pair has been traded for {switch.bars:,} bars"
        f" and not for {switch.other:,}: how long it runs means something to it."
    )


@dataclass(frozen=True, slots=True)
class Aging:
    """Moments, each of which can be asked about with every number of bars."""

    side: Side
    tape: Tape
    moments: Sequence[Moment]
    named: Sequence[int]
    words: Mapping[int, bool]
    """Words of the state that count, and whether as a float."""
    turn: int
    low: int

    @classmethod
    def on(cls, side: Side, tape: Tape, moments: Sequence[Moment], told: Told) -> Aging | None:
        """None where nothing counts, or no number of bars leaves the rings as they are."""
        counts = dict(told.words[name] for name in told.counts)
        if not counts or told.turn * 2 > OLDEST:
            return None
        aging, low = cls(side, tape, moments, told.named, counts, told.turn, told.low), told.low
        return aging if sum(aging.bars(each) >= low for each in moments) >= FEWEST else aging.grown()

    def grown(self) -> Aging:
        """With moments that are old enough, all by as many turns."""
        youngest = min((self.bars(each) for each in self.moments), default=0)
        by = -(-(self.low - youngest) // self.turn) * self.turn
        answers = self.ask([(number, self.bars(each) + by) for number, each in enumerate(self.moments)])
        moved = []
        for each, answer in zip(self.moments, answers, strict=True):
            words = each.words.copy()
            words[list(self.words)] = self.after([each], [self.bars(each) + by])[0]
            moved.append(Moment(each.pair, words, each.events, answer, each.rank))
        return Aging(self.side, self.tape, moved, self.named, self.words, self.turn, self.low)

    def bars(self, moment: Moment) -> int:
        """That were seen before it, by the first word that counts."""
        word, is_float = next(iter(self.words.items()))
        return int(moment.words.view(np.float64)[word]) if is_float else int(moment.words[word])

    def stands(self, moment: Moment, age: int) -> tuple[int, ...]:
        """What each word that counts stands at after so many bars; the bars first."""
        by = age - self.bars(moment)
        numbers = moment.words.view(np.float64)
        return tuple(
            int(numbers[word] if is_float else moment.words[word]) + by for word, is_float in self.words.items()
        )

    def after(self, moments: Sequence[Moment], ages: Sequence[int]) -> np.ndarray:
        """What the words that count are set to when so many bars were seen before moments, int64[moments, words]."""
        by = np.array(ages, np.int64) - np.array([self.bars(each) for each in moments], np.int64)
        whole = np.array([[each.words[word] for word in self.words] for each in moments], np.int64) + by[:, None]
        parts = np.array([[each.words.view(np.float64)[word] for word in self.words] for each in moments]) + by[:, None]
        return np.where(list(self.words.values()), parts.view(np.int64), whole)

    def ask(self, asked: Sequence[tuple[int, int]]) -> list[bytes]:
        """What is decided in moments, by their numbers, after so many bars."""
        return self._heard(asked).decisions

    def _heard(self, asked: Sequence[tuple[int, int]], *, keep: bool = False) -> Heard:
        if not asked:
            return Heard([], "", [])
        numbers = [number for number, _ in asked]
        values = self.after([self.moments[number] for number in numbers], [age for _, age in asked])
        told = heard(self.side, self.moments, numbers, list(self.words), values, keep=keep)
        self.side.blame(told.fault, self.tape, len(told.decisions) * LONG * DECISION.itemsize)
        return told

    def switch(self) -> Switch | None:
        """The first that is found."""
        old = [number for number, each in enumerate(self.moments) if self.bars(each) >= self.low]
        asked = list(dict.fromkeys(self.wanted(old)))
        answers = self.ask(asked)
        found = [
            (number, age)
            for (number, age), answer in zip(asked, answers, strict=True)
            if answer != self.moments[number].wanted
        ]
        return self.behind(found) if found else None

    def behind(self, found: Sequence[tuple[int, int]]) -> Switch | None:
        """What is behind answers that differ: first among ages at which nothing is young, then among all."""
        ages = list(dict.fromkeys(age for _, age in found))
        ages = ages[:: max(len(ages) // LOOKED_INTO, 1)]
        asked = [
            (number, age)
            for age in ages
            for number, each in enumerate(self.moments)
            if not (age - self.bars(each)) % self.turn
        ]
        answers = self.ask(asked)
        pairs = zip(asked, answers, strict=True)
        differ = {each: answer for each, answer in pairs if answer != self.moments[each[0]].wanted}
        base = -(-max(claims.YOUNG, self.low) // self.turn) * self.turn
        own = {number: self.bars(self.moments[number]) + base for number, age in differ if age > base}
        settled = dict(zip(own, self.ask(list(own.items())), strict=True))
        later = {each: answer for each, answer in differ.items() if each[0] in own and each[1] > own[each[0]]}
        later = {each: answer for each, answer in later.items() if answer != settled[each[0]]}
        young = {number: self.bars(self.moments[number]) for number, _ in differ}
        return self.looked_into(later, settled, own) or self.looked_into(
            differ, {number: self.moments[number].wanted for number in young}, young
        )

    def looked_into(
        self, differ: Mapping[tuple[int, int], bytes], wanted: Mapping[int, bytes], own: Mapping[int, int]
    ) -> Switch | None:
        """A switch; where too few moments differ for one to be seen, what nothing that drifts explains is one."""
        numbers = dict(differ.keys())  # each moment once, at the last of its ages
        if not numbers:
            return None
        if len(numbers) >= ENOUGH:
            some = list(numbers.items())[:: max(len(numbers) // LOOKED_INTO, 1)]
            stands = {number: self.stands(self.moments[number], age) for number, age in own.items()}
            return find_switch(self.ask, wanted, stands, some, self.turn, self.low)
        if self.drifts():
            return None
        number, age = next(iter(numbers.items()))
        return Switch(len(numbers), len(self.moments), age, own[number])

    def drifts(self) -> bool:
        """Whether what is remembered in fractions is another by the bars alone, but for what counts them."""
        asked = range(0, len(self.moments), max(len(self.moments) // LOOKED_INTO, 1))
        kept = []
        for by in (0, self.turn):
            states = self._heard([(number, self.bars(self.moments[number]) + by) for number in asked], keep=True).states
            kept.append([np.frombuffer(state, np.int64) for state in states])
        counted = list(self.words)
        return any(
            (np.delete(one, counted) != np.delete(other, counted)).any() for one, other in zip(*kept, strict=True)
        )

    def wanted(self, old: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Which moments are asked about, each after how many bars."""
        rooms = Rooms(self.moments, old, [self.bars(self.moments[number]) for number in old], self.turn)
        for number in self.named:
            for beside in BESIDE:
                yield from rooms.near(number + beside, EACH, self.low)
        far = np.exp(np.linspace(math.log(ONE_BY_ONE), math.log(OLDEST), FAR))
        for age in range(self.low, ONE_BY_ONE):
            yield from rooms.near(age, 1, self.low)
        for age in far:
            yield from rooms.near(int(age), 2, self.low)


class Rooms:
    """Moments by where their bars are in a turn, those that buy, sell and do nothing one after the other."""

    def __init__(self, moments: Sequence[Moment], numbers: Sequence[int], ages: Sequence[int], turn: int) -> None:
        self.turn, self.asked = turn, 0
        places: dict[int, list[int]] = {}
        for number, age in zip(numbers, ages, strict=True):
            places.setdefault(age % turn, []).append(number)
        self.rooms: dict[int, list[int]] = {}
        for place, own in sorted(places.items()):
            ranks = [[number for number in own if moments[number].rank == rank] for rank in range(3)]
            self.rooms[place] = [
                number for row in itertools.zip_longest(*ranks) for number in row if number is not None
            ]
        self.places = list(self.rooms)

    def near(self, age: int, count: int, low: int) -> Iterator[tuple[int, int]]:
        """So many moments after so many bars, or after the next number of them that leaves their rings as they are."""
        if age < low or not self.places:
            return
        at = bisect.bisect_left(self.places, age % self.turn)
        place = self.places[at % len(self.places)]
        later = age + (place - age) % self.turn
        room = self.rooms[place]
        for _ in range(min(count, len(room))):
            self.asked += 1
            yield room[self.asked % len(room)], later
