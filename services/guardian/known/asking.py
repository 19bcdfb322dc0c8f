"""Each known function asked by itself, at its bounds and a hair on both sides of them.

And at the numbers that are new in the candidate's code, in every place where a number goes: whoever compares with one
of them is asked just there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from core.kernel import NANOSECONDS
from services.guardian.known import acting, beliefs
from services.guardian.known.difference import Difference, first_apart, told
from services.guardian.known.placing import MOST_OWN, around, close_to, durations, placed
from services.guardian.known.values import Values
from services.guardian.known.witness import call
from services.guardian.side import Side

ROWS: Final = 120
"""Of each function."""
NOW_NS: Final = 1_700_000_000 * NANOSECONDS
STALE_NS: Final = beliefs.STALE_SECONDS * NANOSECONDS
MOST_BARS: Final = 2**40
NOT_BELOW_ZERO: Final = ("rsi", "price", "bollinger_lower", "bollinger_upper", "atr", "volume", "volume_average")
VOTES: Final = (math.nan, -1.0, -0.6, -0.5, 0.0, 0.3, 0.5, 1.0)


class Asked(NamedTuple):
    """Rows for one function; the answers that are right for each, and the row in words."""

    place: str
    rows: Sequence[Sequence[Any]]
    known: Sequence[Sequence[tuple[float, ...]]]
    about: Callable[[int], str]
    replaced: str = ""


def asked(
    side: Side,
    values: Values,
    warm: int,
    names: Mapping[str, str],
    chance: np.random.Generator,
    own: Sequence[float] = (),
) -> Iterator[Difference]:
    """The first wrong answer of each function; `names` are the places of those that are here, by their known names.

    `own` are numbers to ask it at besides.
    """
    drawn = (*signals(values, warm, chance, own), *rules(values, chance, own), *deciding(values, chance, own))
    for one in drawn:
        function = one.place
        if function in names:
            answers = call(side, values, names[function], one.rows, one.replaced)
            yield from first_apart(function, answers, one.known, one.about)


def pick(chance: np.random.Generator, pool: Sequence[float]) -> float:
    return float(pool[int(chance.integers(len(pool)))])


def charts(values: Values, chance: np.random.Generator) -> Iterator[dict[str, float]]:
    """Features of a chart, many of them just at a bound."""
    rsi = [*around(values["rsi_oversold"], values["rsi_overbought"]), 0.0, 50.0, 100.0]
    for _ in range(ROWS):
        lower, upper, average = chance.uniform(90, 99), chance.uniform(101, 110), chance.uniform(1, 9)
        macd = pick(chance, (0.0, chance.normal(0, 0.3), 5.0, -5.0, *around(0.0)))
        yield {
            "rsi": pick(chance, rsi),
            "price": pick(chance, (100.0, *around(lower, upper))),
            "bollinger_lower": lower,
            "bollinger_upper": upper,
            "bollinger_middle": 100.0,
            "macd": macd,
            "macd_signal": pick(chance, (macd, macd + chance.normal(0, 0.1), macd - 9.0, macd + 9.0)),
            "atr": pick(chance, (1.0, chance.uniform(0.2, 3.0), 0.0)),
            "volume": pick(chance, (0.0, average + 1.0, *around(average))),
            "volume_average": average,
            "profit": chance.normal(0, 0.05),
            "flow": chance.uniform(-1, 1),
            "book_imbalance": chance.uniform(-1, 1),
            "score": chance.uniform(-1, 1),
        }


def signals(values: Values, warm: int, chance: np.random.Generator, own: Sequence[float]) -> Iterator[Asked]:
    """What each signal says."""
    if values.has(*beliefs.BELIEVED["technical"]):
        yield from of_charts(values, warm, chance, own)
    yield of_book(chance, own)
    yield of_flow(chance, own)
    yield of_table(warm, chance, own)
    if values.has(*beliefs.BELIEVED["ensemble"]):
        votes = [*VOTES, *(near for number in own for near in close_to(number) if -1.0 <= near <= 1.0)]
        count = 2 * ROWS + min(6 * (len(votes) - len(VOTES)), MOST_OWN)
        rows = [[pick(chance, votes) for _ in beliefs.SIGNALS] for _ in range(count)]
        scores = [beliefs.ensemble(row, values) for row in rows]
        known = [[(score, one) for one in confidences] for score, confidences in scores]
        names = beliefs.SIGNALS
        yield Asked("ensemble", rows, known, lambda i: told(dict(zip(names, rows[i], strict=True))))


def of_charts(values: Values, warm: int, chance: np.random.Generator, own: Sequence[float]) -> Iterator[Asked]:
    worlds = list(charts(values, chance))
    worlds += placed(worlds, own, chance, low=dict.fromkeys(NOT_BELOW_ZERO, 0.0), high={"rsi": 100.0})
    features = [[{"features": world}] for world in worlds]

    def words(i: int) -> str:
        return told({name: worlds[i][name] for name in list(worlds[i])[:10]})

    for name, known in (
        ("stretched_rsi", [beliefs.stretched_rsi(world, values) for world in worlds]),
        ("stretched_band", [beliefs.stretched_band(world) for world in worlds]),
        ("chart_cell", [float(beliefs.chart_cell(world, values)) for world in worlds]),
    ):
        yield Asked(name, features, [[(one,)] for one in known], words)
    ages = [warm, *(max(int(near), 0) for number in own for near in close_to(number) if abs(near) < MOST_BARS)]
    bars = [(ages[i % len(ages)] if i % 3 else warm) if i % 8 else warm - 1 for i in range(len(worlds))]
    rows = [[{"state": {"bars": count}}, {"features": world}] for count, world in zip(bars, worlds, strict=True)]
    said = [beliefs.technical(world, count >= warm, values) for count, world in zip(bars, worlds, strict=True)]
    yield Asked("technical", rows, [[(one,)] for one in said], lambda i: f"after {bars[i]} bars {words(i)}")


def of_book(chance: np.random.Generator, own: Sequence[float]) -> Asked:
    drawn = [
        {
            "book_imbalance": chance.uniform(-1, 1),
            "book_ns": int(pick(chance, (0, 1, NOW_NS))),
            "time_ns": NOW_NS + int(pick(chance, (0, STALE_NS - 1, STALE_NS, STALE_NS + 1, 30 * NANOSECONDS))),
        }
        for _ in range(ROWS // 2)
    ]
    for one in drawn[::5]:
        one["time_ns"], one["book_ns"] = int(one["time_ns"] - NOW_NS + 1), int(min(one["book_ns"], 1))
    drawn += placed(
        drawn, own, chance, low={"book_imbalance": -1.0, "book_ns": 0, "time_ns": 1}, high={"book_imbalance": 1.0}
    )
    drawn += [{**drawn[0], "book_ns": NOW_NS, "time_ns": NOW_NS + late} for late in durations(own)]
    rows = [
        [{"state": {name: one[name] for name in ("book_imbalance", "book_ns")}}, {"event": {"time_ns": one["time_ns"]}}]
        for one in drawn
    ]
    known = [[(beliefs.orderbook(one["book_imbalance"], int(one["book_ns"]), int(one["time_ns"])),)] for one in drawn]
    return Asked("orderbook", rows, known, lambda i: told(drawn[i]))


def of_flow(chance: np.random.Generator, own: Sequence[float]) -> Asked:
    drawn = [
        {
            "buy_flow": pick(chance, (0.0, 1.0, chance.uniform(0, 9))),
            "sell_flow": pick(chance, (0.0, 3.0, chance.uniform(0, 9))),
            "flow_trades": pick(chance, (*around(beliefs.FEWEST_TRADES), 5.5, 9.0, 1.0)),
            "flow_ns": NOW_NS,
        }
        for _ in range(ROWS)
    ]
    drawn += placed(drawn, own, chance, low=dict.fromkeys(("buy_flow", "sell_flow", "flow_trades", "flow_ns"), 0.0))
    pool = (0, STALE_NS - 1, STALE_NS, STALE_NS + 1, 30 * NANOSECONDS, *durations(own))
    late = [int(pick(chance, pool)) for _ in drawn]
    rows = [[{"state": one}, {"event": {"time_ns": NOW_NS + after}}] for one, after in zip(drawn, late, strict=True)]
    known = [
        [(beliefs.flow(one["buy_flow"], one["sell_flow"], one["flow_trades"], int(one["flow_ns"]), NOW_NS + after),)]
        for one, after in zip(drawn, late, strict=True)
    ]
    return Asked("flow", rows, known, lambda i: f"{told(drawn[i])} and {late[i] / 1e9:.10g} s later")


def of_table(warm: int, chance: np.random.Generator, own: Sequence[float]) -> Asked:
    tables = [
        chance.normal(size=(2 * beliefs.CELLS, 3)) * (chance.random((2 * beliefs.CELLS, 1)) > 0.3) for _ in range(3)
    ]
    drawn = [
        {
            "bars": warm if i % 6 else warm - 1,
            "chart_cell": int(chance.integers(beliefs.CELLS)),
            "position": pick(chance, (0.0, 1.0, 1e-6)),
        }
        for i in range(ROWS)
    ]
    limits = {"bars": 0, "chart_cell": 0, "position": 0.0}
    drawn += placed(drawn, own, chance, low=limits, high={"chart_cell": beliefs.CELLS - 1, "bars": MOST_BARS})
    rows = [
        [
            {"state": {name: one[name] for name in ("bars", "chart_cell")}},
            {"event": {"position": one["position"]}},
            {"table": tables[i % 3].tobytes()},
        ]
        for i, one in enumerate(drawn)
    ]
    known = [
        [
            (
                beliefs.qlearning(
                    one["bars"] >= warm, int(one["chart_cell"]), one["position"] > 0.0, tables[i % 3].tolist()
                ),
            )
        ]
        for i, one in enumerate(drawn)
    ]
    return Asked("qlearning", rows, known, lambda i: told(drawn[i]))


def rules(values: Values, chance: np.random.Generator, own: Sequence[float]) -> Iterator[Asked]:
    """What each rule says, whatever the other features are."""
    for name, ((feature, parameter), _, _) in acting.RULES.items():
        if not values.has(parameter):
            continue
        limit = values[parameter]
        pool = [*around(limit, -limit, 0.0), 10.0 * limit, -10.0 * limit, 100.0 * limit, 0.5 * limit, 1e9]
        worlds = [
            {
                "held_seconds": chance.exponential(300),
                "rested_seconds": chance.exponential(300),
                "profit": chance.normal(0, 0.03),
                "retreat": abs(chance.normal(0, 0.03)),
                "rsi": chance.uniform(0, 100),
                "score": chance.uniform(-1, 1),
                feature: pick(chance, pool),
            }
            for _ in range(ROWS // 2)
        ]
        worlds += placed(worlds, own, chance)
        known = [[(float(acting.answered(name, world, values)),)] for world in worlds]
        rows: list[list[Any]] = [[{"features": world}] for world in worlds]
        yield Asked(name, rows, known, lambda i, worlds=worlds: told(worlds[i]))  # type: ignore[misc]  # bound at once


def deciding(values: Values, chance: np.random.Generator, own: Sequence[float]) -> Iterator[Asked]:
    """What is done, whatever the rules say."""
    if not values.has("buy_threshold", "sell_threshold", "min_confidence"):
        return
    scores = [*around(values["buy_threshold"], values["sell_threshold"]), 0.0, 1.0, -1.0]
    sure = [*around(values["min_confidence"]), 0.0, 1.0]
    near = [value for number in own for value in close_to(number) if -1.0 <= value <= 1.0]
    scores, sure = [*scores, *near], [*sure, *(value for value in near if value >= 0.0)]
    drawn = [
        (
            pick(chance, scores),
            pick(chance, sure),
            bool(chance.random() < 0.5),
            bool(chance.random() < 0.8),
            [int(answer) for answer in chance.integers(0, 5, int(chance.integers(0, 5)))],
        )
        for _ in range(3 * ROWS + min(6 * len(near), MOST_OWN))
    ]
    rows: list[list[Any]] = [
        [{"features": {"score": score}}, confidence, invested, warm, verdicts]
        for score, confidence, invested, warm, verdicts in drawn
    ]
    known = [
        [tuple(map(float, acting.chosen(verdicts, score, confidence, invested=invested, warm=warm, values=values)))]
        for score, confidence, invested, warm, verdicts in drawn
    ]

    def words(i: int) -> str:
        score, confidence, invested, warm, verdicts = drawn[i]
        held, known_well = "a position" if invested else "none", "warm" if warm else "cold"
        return (
            f"{told({'score': score, 'confidence': confidence})}, {held}, {known_well}, with rules that say {verdicts}"
        )

    yield Asked("choose", rows, known, words, "verdicts")
