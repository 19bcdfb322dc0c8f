"""Fields of a state that no market moves: on three pairs with nothing in common they go through the same numbers.

What is counted since something happened is none: it begins anew at another moment in each market. What steps on with
each event, whether it turns over at some number or not, is a clock, and so is what turns with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from services.guardian.branches.events import made_for
from services.guardian.relations import claims
from services.guardian.relations.moments import Moment, Told, begun, heard, recalled
from services.guardian.side import Side
from services.guardian.tape import Tape

EVENTS: Final = 1_300
"""Of a tape without a number of the candidate's in it, on which is seen what no market moves."""
STEPS: Final = 20
"""Steps that a clock has made alike on every pair, at least."""
SHORT: Final = 60
"""What turns over within so many steps may gather several bars into one; see `services.guardian.relations.phases`."""
NUMBERS: Final = 40
EACH: Final = 12
"""Moments that are asked at each number."""
TRIED: Final = 3
BESIDE: Final = (-2, -1, 0, 1)
ENOUGH: Final = 3
"""Moments that agree."""


def check_clocks(side: Side, tape: Tape, moments: Sequence[Moment], told: Told) -> Iterator[str]:
    """What is decided otherwise when a clock stands at a number of the code's; at the most one sentence."""
    words, places = told.words, claims.indexes(told.trees)
    open_to = {name: word for name, word in words.items() if name not in told.counts and name not in places}
    if not open_to or not moments:
        return
    left, done = clocks_in(states_on(side, tape, told.size), open_to), set()
    begun(side, tape, side.tree)
    while left:
        name = left.pop()
        done.add(name)
        numbers = [number for number in told.named if number >= told.low][:NUMBERS]
        differ, further = asked(side, moments, words, name, numbers)
        for value in differ[:TRIED]:
            count = len(asked(side, moments, words, name, [value + 2], every=True)[0])
            if count >= ENOUGH:
                yield (
                    f"{count:,} of {len(moments):,} decisions change when {name} of the state is {value:,}: no market"
                    " moves it, so it tells how long it runs."
                )
                return
        left += [each for each in further if each in open_to and each not in done]


def states_on(side: Side, tape: Tape, size: int) -> list[list[np.ndarray]]:
    """For each pair of that many words its states before each event, on a market of its own."""
    made = made_for(side.tree, (), EVENTS)
    events = made.tape.events[: made.sound]
    begun(side, tape, side.tree)
    _, states = recalled(side, tape, events, range(len(events)))
    rows = [[states[at] for at in np.flatnonzero(events["pair"] == pair)] for pair in np.unique(events["pair"])]
    return [row for row in rows if all(len(state) == size for state in row)]


def asked(
    side: Side,
    moments: Sequence[Moment],
    words: Mapping[str, tuple[int, bool]],
    name: str,
    numbers: Sequence[int],
    *,
    every: bool = False,
) -> tuple[list[int], list[str]]:
    """Values of a field at which moments are decided otherwise; and the fields that step on at one of them."""
    word, is_float = words[name]
    stands = [float(each.words.view(np.float64)[word]) if is_float else int(each.words[word]) for each in moments]
    rows = []
    for at, number in enumerate(numbers):
        for beside in BESIDE[:1] if every else BESIDE:
            own = range(len(moments)) if every else [(at * EACH + k) * 7 % len(moments) for k in range(EACH)]
            rows += [(place, number + beside) for place in dict.fromkeys(own) if number + beside > stands[place]]
    if not rows:
        return [], []
    values = np.array([value for _, value in rows], np.float64 if is_float else np.int64).view(np.int64)[:, None]
    places = [place for place, _ in rows]
    told = heard(side, moments, places, [word], values, keep=True)
    was = heard(side, moments, places, [], np.zeros((len(places), 0)), keep=True)
    differ = {
        place: value
        for (place, value), answer in zip(rows, told.decisions, strict=False)
        if answer != moments[place].wanted
    }
    further = set()
    for value in {value for _, value in rows}:
        group = [at for at, (_, each) in enumerate(rows[: len(told.states)]) if each == value]
        pairs = [(np.frombuffer(was.states[at], np.int64), np.frombuffer(told.states[at], np.int64)) for at in group]
        others = {key: place for key, place in words.items() if key != name}
        further |= set(moved_alike([one for one, _ in pairs], [other for _, other in pairs], others, ENOUGH))
    return list(differ.values()), sorted(further)


def clocks_in(states: Sequence[Sequence[np.ndarray]], words: Mapping[str, tuple[int, bool]]) -> list[str]:
    """Of pairs' states (int64[words] each, in order), the fields that step on alike."""
    rows = [np.stack(own) for own in states]
    found = []
    for name, (word, is_float) in words.items():
        kind = np.float64 if is_float else np.int64
        if steps_alike([np.ascontiguousarray(row[:, word]).view(kind).tolist() for row in rows]):
            found.append(name)
    return found


def steps_alike(rows: Sequence[Sequence[float]]) -> bool:
    """Whether values change in the same order in all of them, by the same step but where they turn over.

    What turns over within SHORT steps is left out; so is what steps less and less, a weight that an average has left.
    """
    orders = [list(changes(row)) for row in rows]
    shortest = min(map(len, orders), default=0)
    if len(orders) < 2 or shortest <= STEPS or any(order[:shortest] != orders[0][:shortest] for order in orders):
        return False
    steps = np.diff(orders[0])
    even = np.isclose(steps, np.median(steps), rtol=1e-6) | (steps * np.median(steps) < 0.0)
    return bool(even.all()) and (len(set(orders[0])) > SHORT or len(set(orders[0])) == len(orders[0]))


def changes(row: Sequence[float]) -> Iterator[float]:
    """Values that are not the one before."""
    before = None
    for value in row:
        if value != before:
            yield value
        before = value


def moved_alike(
    one: Sequence[np.ndarray], other: Sequence[np.ndarray], words: Mapping[str, tuple[int, bool]], enough: int
) -> list[str]:
    """Fields of whole numbers that stand by the same number further in one list of states, wherever they differ."""
    found = []
    for name, (word, is_float) in words.items():
        steps = [int(there[word] - here[word]) for here, there in zip(one, other, strict=True)]
        moved = [step for step in steps if step]
        if not is_float and len(moved) >= enough and len(set(moved)) == 1:
            found.append(name)
    return found
