"""Whether what a strategy decides is switched over at some number of bars, or only drifts with it.

A mean of all closes so far moves less and less as bars are counted, and what compares it changes its answer at another
number of bars in each moment, once. A switch changes many moments at the same number, or there and back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from core.kernel import DECISION, Records
from services.guardian.answers import decisions_of

MOST_OF: Final = 0.6
FAR: Final = 1.25
"""What changes so near to where it was says nothing: what drifts does so most where least was counted."""
ENOUGH: Final = 3
"""Moments that agree."""
STEPS: Final = 24
"""Turns of a search: no pair was ever traded for longer than that halves to one."""

Ask = Callable[[Sequence[tuple[int, int]]], list[bytes]]
"""What is decided in moments by their numbers, each with the bars that it is told it has seen."""


class Switch(NamedTuple):
    """Moments of so many that differ, made so many bars old and not as old as the other."""

    changed: int
    total: int
    bars: int
    other: int


def same(one: bytes, other: bytes, *, acts: bool) -> bool:
    """Whether two moments were decided alike: to the last bit, or in what is done and by which rule."""
    if not acts or one == other:
        return one == other
    first, second = _decisions(one), _decisions(other)
    return all((first[name] == second[name]).all() for name in ("action", "rule"))


def _decisions(data: bytes) -> Records:
    return decisions_of(data, len(data) // DECISION.itemsize)


def find_switch(
    ask: Ask,
    wanted: Mapping[int, bytes],
    stands: Mapping[int, Sequence[int]],
    found: Sequence[tuple[int, int]],
    turn: int,
    low: int,
) -> Switch | None:
    """A switch behind what was found to differ: moments and their bars; None where it drifts.

    `stands` are all that each moment counts where it is as `wanted`, bars first. Ages are asked in whole turns from
    there, none below `low`.
    """
    for acts in (False, True):
        answers = ask(found)
        differ = [
            each for each, answer in zip(found, answers, strict=True) if not same(answer, wanted[each[0]], acts=acts)
        ]
        crossings, back = [], 0
        for number, age in differ:
            own = stands[number][0]
            ladder = ladder_of(own, age, turn, low)
            alike = [same(answer, wanted[number], acts=acts) for answer in ask([(number, step) for step in ladder])]
            back += turns_back(alike, ladder.index(age), ladder.index(own))
            crossings.append((number, crossing(ask, number, wanted[number], (own, age), turn, acts=acts)))
        if not crossings:
            continue
        younger, older = sorted(each for _, each in crossings)[len(crossings) // 2]
        near = max(agreeing(crossings, stands, turn), back)
        if near >= ENOUGH:
            return Switch(near, len(wanted), older, younger)
    return None


def agreeing(crossings: Sequence[tuple[int, tuple[int, int]]], stands: Mapping[int, Sequence[int]], turn: int) -> int:
    """How many moments change when something that is counted comes to the same number, within a turn."""
    most = 0
    for place in range(len(next(iter(stands.values())))):
        there = [
            (stands[number][place], stands[number][place] - stands[number][0] + older)
            for number, (_, older) in crossings
        ]
        ends = sorted(end for own, end in there if max(own, end) > FAR * min(own, end))
        if len(ends) > MOST_OF * len(crossings) / 2:
            middle = ends[len(ends) // 2]
            near = sum(abs(end - middle) < turn for end in ends)
            most = max(most, near if near >= MOST_OF * len(ends) else 0)
    return most


def ladder_of(own: int, age: int, turn: int, low: int) -> list[int]:
    """Ages on either side of one that is asked about, farther and farther, with it and the own one among them."""
    steps = {own, age}
    for power in range(STEPS):
        for by in (1 << power, -(1 << power)):
            step = age + by * turn
            if low <= step <= 2 * age + 64 * turn:
                steps.add(step)
    return sorted(steps)


def turns_back(alike: Sequence[bool], at: int, own: int) -> bool:
    """Whether what differs at one age is as it was on the other side of it, seen from the own age."""
    beyond = alike[at + 1 :] if at > own else alike[:at]
    return any(beyond)


def crossing(ask: Ask, number: int, wanted: bytes, ends: tuple[int, int], turn: int, *, acts: bool) -> tuple[int, int]:
    """Ages a turn apart between which it changes: the younger and the older."""
    alike, other = ends
    while abs(other - alike) > turn:
        middle = (
            alike + (other - alike) // turn // 2 * turn
            if other > alike
            else alike - (alike - other) // turn // 2 * turn
        )
        if middle == alike:
            break
        if same(ask([(number, middle)])[0], wanted, acts=acts):
            alike = middle
        else:
            other = middle
    return (alike, other) if alike < other else (other, alike)
