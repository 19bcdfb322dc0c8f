"""What may be believed otherwise than by the parent, after a change by hand."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from core.kernel import DECISION, EVENT, Records
from core.strategy import Source
from services.guardian.relations import claims
from services.guardian.relations.byhand import SCORES, SO_FEW, check_by_hand, shaken
from services.guardian.relations.planned import VOTES

from .conftest import SHIPPED
from .edits import edited, parameter, with_rule

RULE = with_rule("night", "FORBID_ENTRY if f.hour < 5 else ALLOW")
WEIGHED = edited(parameter('weight_orderbook: Annotated[float, Range(0, 1, "weight")] = 0.30', "0.25"))
FASTER = edited(parameter('rsi_period: Annotated[int, Range(2, 100, "bars")] = 14', "9"))
READS = edited(
    ("state.py", "    atr: float\n", "    atr: float\n    quiet: float\n"),
    ("indicators.py", "        atr=s.atr,\n", "        atr=s.atr,\n        quiet=s.spread,\n"),
    ("signals.py", "    if f.volume < f.volume_average:", "    if f.volume < f.volume_average or f.quiet > 0.1:"),
)
LONGER = edited(("indicators.py", "    P.ema_fast, P.ema_slow +", "    200, P.ema_fast, P.ema_slow +"))


def decisions(**columns: object) -> Records:
    """Nine of them, in which all is zero but what is given."""
    found: Records = np.zeros(9, DECISION)
    for name, values in columns.items():
        found[name][: len(values)] = values  # type: ignore[arg-type]
    return found


def differing(candidate: Source, **columns: object) -> list[str]:
    """What is told of these decisions against nine of zeros: the first word of each sentence."""
    return [
        said.split()[0] for said in check_by_hand(candidate, SHIPPED, decisions(), decisions(**columns), at_an_edge)
    ]


def at_an_edge() -> list[Records]:
    """The parent's decisions when shaken: the first two events lie at an edge of everything."""
    return [decisions(**dict.fromkeys((*VOTES, *SCORES), (0.5, -0.5)))]


OFTEN = [0.1] * (SO_FEW + 1)
SILENT = [np.nan] * (SO_FEW + 1)


@pytest.mark.parametrize(
    ("candidate", "columns", "told"),
    [
        pytest.param(RULE, {}, [], id="nothing differs"),
        pytest.param(RULE, {"action": [1] * 9, "stop": [3.0] * 9}, [], id="what a rule does is its own"),
        pytest.param(RULE, {"orderbook": OFTEN}, ["orderbook"], id="a rule makes no book"),
        pytest.param(RULE, {"orderbook": OFTEN[:-1]}, [], id="rounding"),
        pytest.param(RULE, {"orderbook": [0.0, 0.0, 0.1]}, ["orderbook"], id="one event, and nothing to round there"),
        pytest.param(RULE, {"orderbook": [1e-9] * 9}, [], id="another order of a sum"),
        pytest.param(RULE, {"flow": OFTEN, "score": OFTEN}, ["flow"], id="a score follows from its votes"),
        pytest.param(RULE, {"score": OFTEN}, ["score"], id="a score that follows from nothing"),
        pytest.param(RULE, {"technical": SILENT}, ["technical"], id="silence"),
        pytest.param(LONGER, {"technical": SILENT}, [], id="it waits for more bars"),
        pytest.param(LONGER, {"technical": OFTEN}, ["technical"], id="and says something else"),
        pytest.param(WEIGHED, {"score": OFTEN, "confidence": OFTEN}, [], id="another weight"),
        pytest.param(WEIGHED, {"orderbook": OFTEN}, ["orderbook"], id="a weight is no book either"),
        pytest.param(FASTER, {"technical": OFTEN, "score": OFTEN}, [], id="another period"),
        pytest.param(READS, {"technical": OFTEN}, [], id="it reads a new feature"),
        pytest.param(READS, {"orderbook": OFTEN}, ["orderbook"], id="which another does not read"),
    ],
)
def test_what_differs_has_its_reason(candidate: Source, columns: dict[str, object], told: list[str]) -> None:
    assert differing(candidate, **columns) == told


@pytest.mark.parametrize("line", ["s.seen += 1", "s.seen += 2", "s.seen = s.seen + 1", "s.seen = 3 + s.seen"])
def test_a_counter_is_one_however_it_is_written(line: str) -> None:
    tree = edited(("indicators.py", "    s.flow_ns = e.time_ns\n", f"    {line}\n")).files["indicators.py"]
    assert claims.counts_of({"indicators.py": ast.parse(tree)}) == ["bars", "seen"]


def test_what_is_set_otherwise_as_well_is_no_counter() -> None:
    tree = ast.parse("def f(s):\n    s.seen = s.seen + 1\n    s.seen = 0\n    s.sum = s.sum + s.seen\n")
    assert claims.counts_of({"a.py": tree}) == []


@pytest.mark.parametrize(
    ("furthest", "ends"),
    [(0, (1_500, 3_000, 30_000, 1_000_000)), (5_000_000, (1_500, 3_000, 30_000, 1_000_000, 10_000_000))],
)
def test_a_number_beyond_the_oldest_pair_makes_an_older_one(furthest: int, ends: tuple[int, ...]) -> None:
    assert claims.ages(0, furthest) == ends


def test_what_is_shaken_is_the_same_market_but_for_the_last_digits() -> None:
    events: Records = np.ones(50, EVENT)
    first, second, *_ = shaken(events, np.random.default_rng(1))
    assert (first["price"] != second["price"]).any()
    assert np.isclose(first["price"], 1.0, rtol=2e-9, atol=0.0).all()
    assert (first["time_ns"] == events["time_ns"]).all()
