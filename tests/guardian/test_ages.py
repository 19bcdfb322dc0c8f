"""How long a pair has been traded means nothing: what switches with it is told from what drifts."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.kernel import BAR, BUY, DECISION, EVENT, HOLD, TRADE, Records
from core.strategy import Source
from services.guardian.bounds.package import Package
from services.guardian.bounds.walk import Walk
from services.guardian.boxes import Boxes
from services.guardian.branches.asking import counters
from services.guardian.branches.events import made_for
from services.guardian.gates.bounds import parsed
from services.guardian.gates.branches import settable
from services.guardian.relations import aging, clocks
from services.guardian.relations.aging import check_ages
from services.guardian.relations.clocks import moved_alike, steps_alike
from services.guardian.relations.moments import Told
from services.guardian.relations.numbers import ages_named, longest_wait
from services.guardian.relations.phases import falls_together, find_repeat, twice_begun
from services.guardian.relations.switches import find_switch
from services.guardian.side import Side

from .edits import SHIPPED, edited, in_decide

OLD = "    d.stop, d.target ="
TURN = 20


def decision(action: int) -> bytes:
    made: Records = np.zeros(1, DECISION)
    made["action"] = action
    return made.tobytes()


def asked_of(acts: Callable[[int, int], bool]) -> Callable[[Sequence[tuple[int, int]]], list[bytes]]:
    """Moments that buy where `acts` says so of their number and bars."""
    return lambda asked: [decision(BUY if acts(number, age) else HOLD) for number, age in asked]


def switched(acts: Callable[[int, int], bool], apart: int = 10) -> bool:
    """Whether it is found in moments of 200 bars and more, asked 20 to 20,000 bars on."""
    ask, own = asked_of(acts), {number: 200 + apart * number for number in range(20)}
    wanted = dict(zip(own, ask(list(own.items())), strict=True))
    asked = [(number, age + TURN * by) for number, age in own.items() for by in (1, 5, 50, 1_000)]
    found = [each for each, answer in zip(asked, ask(asked), strict=True) if answer != wanted[each[0]]]
    stands = {number: (age,) for number, age in own.items()}
    return find_switch(ask, wanted, stands, list(dict(found).items()), TURN, 40) is not None


def test_a_switch_turns_all_moments_at_one_age_and_what_drifts_each_at_its_own() -> None:
    assert switched(lambda _, age: age < 700)
    assert switched(lambda _, age: not 1_200 < age < 1_400)  # and back
    assert switched(lambda number, age: (age // (300 + 40 * number)) % 2 == 0)  # there and back, each at its own
    assert not switched(lambda number, age: age < (200 + 10 * number) * 1.08)  # a part of all bars so far
    assert not switched(lambda number, age: age < (200 + number) * 1.05, apart=1)  # of moments that lie together
    assert not switched(lambda number, age: age < (200 + 10 * number) * (2 + number))  # a deviation from their mean


def test_what_repeats_with_the_number_of_bars_falls_into_its_remainders() -> None:
    assert falls_together(np.array([13, 23, 43, 62, 83, 92, 103, 113, 122, 133, 143, 152]), 10)
    assert not falls_together(np.array([13, 23, 43, 62, 83, 94, 103, 113, 122, 133, 143, 152]), 10)
    assert not falls_together(np.array([13, 23]), 10)  # chance


def bars(count: int) -> Records:
    events: Records = np.zeros(count, EVENT)
    events["kind"], events["pair"] = BAR, np.arange(count) % 2
    events["kind"][5::6] = TRADE
    return events


def test_the_first_of_each_kind_comes_twice_and_nothing_else_changes_its_place() -> None:
    events = bars(20)
    events["sequence"] = np.arange(20)
    doubled, places = twice_begun(events)
    assert len(doubled) == 23  # a bar of each of two pairs, and a trade of one
    assert (doubled[places] == events).all()


def test_only_what_differs_in_the_second_half_and_repeats_is_told() -> None:
    events = bars(600)
    one, other = (np.zeros(600, DECISION) for _ in range(2))
    one["action"] = other["action"] = BUY
    counts = np.cumsum(events["kind"] == BAR)
    assert find_repeat(events, one, other, 300) is None
    other["action"][[310, 371, 402, 555]] = HOLD  # here and there
    assert find_repeat(events, one, other, 300) is None
    other["action"] = np.where(counts // 2 % 2 == 0, HOLD, BUY)
    assert find_repeat(events, one, other, 300) is not None


@pytest.mark.parametrize(
    ("rows", "is_clock"),
    [
        pytest.param([range(90), range(80)], True, id="counted up"),
        pytest.param([[x % 70 for x in range(200)]] * 2, True, id="turned over"),
        pytest.param([[x % 5 for x in range(200)]] * 2, False, id="five bars to one"),
        pytest.param([[x % 70 for x in range(90)], [x % 60 for x in range(90)]], False, id="since something happened"),
        pytest.param([[0.98**x for x in range(90)]] * 2, False, id="a weight that is left"),
        pytest.param([range(15)] * 2, False, id="too few steps"),
        pytest.param([range(90)], False, id="one pair alone"),
    ],
)
def test_a_clock_steps_on_alike_whatever_the_market_does(rows: list[Sequence[float]], is_clock: bool) -> None:
    assert steps_alike(rows) is is_clock


def test_what_turns_with_a_clock_stands_further_by_the_same_number_wherever_it_does() -> None:
    words = {"rounds": (0, False), "close": (1, False), "seen": (2, False)}
    one = [np.array([4, 70, 1]), np.array([9, 30, 5]), np.array([2, 10, 1])]
    other = [np.array([5, 71, 1]), np.array([10, 35, 5]), np.array([3, 18, 2])]
    assert moved_alike(one, other, words, 3) == ["rounds"]


def test_numbers_of_bars_are_made_of_what_is_new() -> None:
    tree = ast.parse("A: Final = 50\nB: Final = 61\nT: Final = (1.0, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5)\n")
    found = ages_named({"a.py": tree}, {"a.py": ast.parse("C: Final = 7\n")})
    assert {50, 61, 111, 11, 3_050, 9, 2_500, 7} <= set(found)
    assert 8 not in found  # of a table it is how long it is that counts
    assert ages_named({"a.py": tree}, {"a.py": tree}) == []


def test_waiting_is_for_the_two_longest_windows_and_periods() -> None:
    trees = parsed(SHIPPED.files) or {}
    assert longest_wait(trees, Walk(Package(trees))) == 26 + 20 + 2  # the slow average, a ring
    slow = edited(("indicators.py", "e.price, s.bars, P.ema_slow)", "e.price, s.bars, 200)"))
    trees = parsed(slow.files) or {}
    assert longest_wait(trees, Walk(Package(trees))) == 200 + 20 + 2


def found_in(boxes: Boxes, candidate: Source) -> list[str]:
    """What is told of it, on a short tape."""
    with boxes.open(candidate, jit=False) as session:
        side = Side("candidate", candidate.tree_hash, session, 240.0, blamed=True)
        side.ready.set_result(side.prepare())
        made, trees, parents = (
            made_for(candidate.tree_hash, [math.pi], 1_200),
            parsed(candidate.files),
            parsed(SHIPPED.files),
        )
        assert trees is not None
        assert parents is not None
        same = {name: tree for name, tree in trees.items() if SHIPPED.files[name] == candidate.files[name]}
        told = Told(trees, parents | same, Walk(Package(trees)), 35)
        return list(check_ages(side, made.tape, made.tape.events[: made.sound], told))


CLOCK = edited(
    ("state.py", '        ("flow_ns", "i8"),', '        ("seen", "i8"),  # trades\n        ("flow_ns", "i8"),'),
    (
        "indicators.py",
        "    s.flow_ns = e.time_ns\n",
        "    s.seen = 0 if e.advice > 0.9999 else s.seen + 1\n    s.flow_ns = e.time_ns\n",
    ),
    ("decide.py", OLD, f"    if s.seen > 50_000:\n        d.orderbook = ABSTAIN\n{OLD}"),
)


def test_a_window_of_bars_and_a_clock_are_found_and_honest_code_is_not(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aging, "ONE_BY_ONE", 60)
    monkeypatch.setattr(aging, "FAR", 4)
    monkeypatch.setattr(aging, "FEWEST", 10)
    monkeypatch.setattr(clocks, "EVENTS", 800)
    asleep = in_decide(OLD, f"    if 2_760 < s.bars < 2_790:\n        d.orderbook = ABSTAIN\n{OLD}")
    (window,) = found_in(boxes, asleep)
    assert "how long it runs means something to it" in window
    (clock,) = found_in(boxes, CLOCK)
    assert "seen of the state" in clock
    assert found_in(boxes, SHIPPED) == []


def test_a_place_in_a_ring_is_set_to_nothing_and_what_only_counts_is() -> None:
    tree = ast.parse(
        "s.bars += 1\ns.past[s.place] = s.past[(s.bars - 1) % 30]\ns.place = s.place + 1 if s.place < 29 else 0\n"
    )
    assert counters({"a.py": tree}) == ["bars", "place"]
    assert settable({"a.py": tree}) == ["bars"]
