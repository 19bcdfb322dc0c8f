"""Work is counted and not timed: what works more is found on any machine, and what a change brings is allowed."""

from __future__ import annotations

import functools
import itertools
from types import SimpleNamespace

import numba
import numpy as np
import pytest

from bench.gates.corpus import programs
from core.strategy import Source
from sandbox.counting import counted
from sandbox.tasks import working
from sandbox.tasks.trading import Bench
from services.guardian.gates import latency
from services.guardian.grade import Grade
from services.guardian.work.anchor import ANCHOR
from services.guardian.work.counting import Answer, Work, worked
from services.guardian.work.grading import anchored, grade
from services.guardian.work.margins import Margins
from services.guardian.work.shape import same_code
from services.guardian.work.workload import PAIRS, table_of, workload
from tests.guardian.conftest import SHIPPED, changed
from tests.sampling import ALL

LOOP = "    waste = 0.0\n    for i in range({}):\n        waste += {}\n    d.size = P.order_fraction + 0.0 * waste\n"
SIZE = "    d.size = P.order_fraction\n"
READ = "    s.chart_cell = chart_cell(f)\n"
VOLUME = "    s.volume = e.volume\n"
SPREAD = "    s.spread = 2.0 * (e.ask - e.bid) / (e.ask + e.bid)\n"
MIDDLE = "    middle = float(s.close_moments[0])\n"
FLOW = "    s.flow_trades = keep * s.flow_trades + 1.0\n"
SLOW: dict[str, dict[str, tuple[str, str]]] = {
    "ten additions": {"decide": (SIZE, LOOP.format(10, "i"))},
    "three roots": {"decide": (SIZE, LOOP.format(3, "math.sqrt(i + 1.0)"))},
    "one logarithm and one exponential": {
        "decide": (SIZE, "    d.size = P.order_fraction * math.exp(0.0 * math.log(e.price + 1.0))\n")
    },
    "a hundred turns": {"decide": (SIZE, LOOP.format(100, "1.0"))},
    "divisions one by one": {
        "decide": (SIZE, SIZE + "    d.score = d.score / 1.0 / 1.0 / 1.0 / 1.0 / 1.0 / 1.0 / 1.0 / 1.0\n")
    },
    "features twice": {"decide": (SIZE, SIZE + "    d.confidence += 0.0 * features(state, event, d.score).rsi\n")},
    "the chart read at every event": {"decide": ("    if e.kind == BAR:\n", "    if e.kind > 0:\n")},
    "the chart read twice": {"decide": (READ, READ + "    s.technical = technical(state, f)\n" + READ)},
    "levels asked twice": {
        "decide": (SIZE, SIZE + "    d.stop, d.target = levels(state, event, d.score, d.action == SELL)\n")
    },
    "flow asked three times": {"decide": (SIZE, SIZE + "    d.flow = flow(state, event)\n" * 3)},
    "the band summed at every event": {
        "indicators": (MIDDLE, "    middle = 0.0\n    for i in range(20):\n        middle += s.closes[i] / 20.0\n")
    },
    "the band summed at every bar": {
        "indicators": (VOLUME, VOLUME + "    for i in range(20):\n        s.close = s.close + 0.0 * s.closes[i]\n")
    },
    "the book smoothed in steps": {
        "indicators": (SPREAD, SPREAD + "    for i in range(8):\n        s.spread = s.spread * 0.5 + s.spread * 0.5\n")
    },
    "the flow faded in steps": {
        "indicators": (
            FLOW,
            FLOW + "    for i in range(8):\n        s.buy_flow = s.buy_flow * 0.5 + s.buy_flow * 0.5\n",
        )
    },
    "a rule that loops": {
        "rules": (
            "    return FORCE_EXIT if f.profit <= -P.stop_loss else ALLOW",
            "    loss = f.profit\n    for i in range(6):\n        loss = loss * 1.0 + 0.0\n"
            "    return FORCE_EXIT if loss <= -P.stop_loss else ALLOW",
        )
    },
    "the Q-table summed": {
        "signals": (
            "    cell = state[0].chart_cell * 2 +",
            "    total = 0.0\n    for row in range(144):\n        total += abs(table[row, 0])\n"
            "    cell = state[0].chart_cell * 2 +",
        )
    },
    "remainders of the hour": {
        "indicators": (
            "        hour=local_ns // (3600 * NANOSECONDS) % 24,",
            "        hour=local_ns // (3600 * NANOSECONDS) % 24 % 24 % 24 % 24,",
        )
    },
    "edges walked both ways twice": {
        "levels": ("        for way in (FALLING, RISING):", "        for way in (FALLING, RISING, FALLING, RISING):")
    },
    "five signals weighed twice": {
        "decide": (
            "    for i in range(5):\n",
            "    for j in range(10):\n        i = j % 5\n        if j > 4:\n            continue\n",
        )
    },
    "slow once in many bars": {
        "indicators": (
            VOLUME,
            VOLUME + "    if s.bars % 31 == 0:\n        for i in range(2000):\n            s.close = s.close + 0.0\n",
        )
    },
}


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted code is plain Python."""
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)


def work_of(source: Source) -> Work:
    """What a strategy works, a few days old."""
    events = workload().events
    bench = Bench(source)
    bench.strategy, _ = working.counting(source)
    bench.begin(PAIRS)
    for ageing in workload().before:  # once, where the judge lets them pass two hundred times
        assert bench.age(**ageing._replace(rounds=1)._asdict()) == ""
    told = working.count(events.tobytes(), PAIRS, bench.memory()["states"], table_of(144, 3), source)
    assert told["fault"] == ""
    return worked(source, Answer(**told), len(events))


@functools.cache
def shipped_work() -> Work:
    return work_of(SHIPPED)


def refusals(candidate: Source, *, parent: Source = SHIPPED, before: Work | None = None) -> tuple[str, ...]:
    return grade(
        work_of(candidate),
        before or shipped_work(),
        workload().events,
        Margins(),
        numbers_only=same_code(candidate, parent),
    ).refusals


def test_a_strategy_that_works_more_is_refused_however_it_does_it():
    passed = [what for what, edit in SLOW.items() if not refusals(changed(**edit))]
    assert passed == []


def test_what_an_owner_asks_for_explains_its_work():
    """One in six of the programs, and all of them in `make test-long`."""
    good = list(programs("good"))
    found = {
        f"{program.name}: {program.what}": refused
        for program in (good if ALL else good[::6])
        if not same_code(source := program.source(), SHIPPED) and (refused := refusals(source))
    }
    assert found == {}


def test_the_same_strategy_works_the_same_each_time_it_is_counted():
    assert work_of(SHIPPED) == shipped_work()
    assert refusals(SHIPPED) == ()


def test_ten_small_steps_are_seen_by_the_anchor():
    """Each is within what a change may bring; by the tenth it is not the shipped strategy's work any more."""
    parent, before, told = SHIPPED, shipped_work(), ()
    steps = 0
    while steps < 10:
        text = parent.files["decide.py"].decode().replace(SIZE, SIZE + f"    d.score = d.score{' + 0.0' * 12}\n")
        candidate = Source.of({**parent.files, "decide.py": text.encode()})
        told = refusals(candidate, parent=parent, before=before)
        if told:
            break
        parent, before, steps = candidate, work_of(candidate), steps + 1
    assert 4 <= steps < 10, "the first steps are small"
    assert any("Many small steps" in finding for finding in told)


def test_the_anchor_is_the_shipped_strategy_of_the_day_it_was_laid_down():
    """After a few days and not after 100,000 bars, so that no compiler is needed; it works the same."""
    now = anchored(shipped_work(), workload().events)
    assert now.shape == ANCHOR.shape
    assert now.edges == ANCHOR.edges
    for name, mean in now.work.items():
        assert mean <= ANCHOR.work[name] * 1.002, "it works more than it did: say so in the changelog"


def test_a_block_costs_what_stands_in_it():
    lines = (
        b"def f(s, x):\n    y = x / 2.0\n    for i in range(3):\n        s.a += y\n    return y if y > 0.0 else -y\n"
    )
    blocks = counted("x.py", lines, 0).blocks
    assert [(block.line, block.operations, block.enters) for block in blocks] == [
        (2, 5, True),
        (4, 5, False),
        (5, 3, False),
    ]


def test_counters_are_numbered_by_who_reads_outside_as_by_who_counts_inside():
    strategy, counters = working.counting(SHIPPED)
    assert strategy.tree_hash == SHIPPED.tree_hash
    assert len(counters) == sum(len(counted(name, data, 0).blocks) for name, data in working.code_of(SHIPPED))
    assert np.frombuffer(shipped_work().operations, np.int64).min() > 100
    assert all(later >= earlier for earlier, later in itertools.pairwise(workload().events["sequence"].tolist()))


@pytest.mark.parametrize(
    ("old", "new", "timed"),
    [(b"= 0.02\n", b"= 0.03\n", 0), (b"= 12\n", b"= 9\n", 1), (b"class Parameters", b"class  Parameters", 1)],
    ids=["a fraction", "a whole number", "anything else"],
)
def test_only_work_is_looked_at_where_code_and_memory_are_the_parents(monkeypatch, old, new, timed):
    text = SHIPPED.files["parameters.py"]
    assert old in text
    candidate = Source.of({**SHIPPED.files, "parameters.py": text.replace(old, new, 1)})
    side = SimpleNamespace(aged=["old"])
    taken: list[object] = []
    trial = SimpleNamespace(wait_for=lambda side: side, candidate=side, parent=side)
    monkeypatch.setattr(latency, "trial_of", lambda _case: trial)
    monkeypatch.setattr(latency, "weigh", lambda *_: Grade(figures={"work_bar_before": 1, "work_bar_after": 1}))
    monkeypatch.setattr(latency, "hold_timed", lambda *sides, work: taken.append((sides, work)) or Grade(("slow",)))
    graded = latency.gate(SimpleNamespace(candidate=candidate, parent=SHIPPED))
    assert (len(taken), graded.refusals) == (timed, ("slow",) * timed)
