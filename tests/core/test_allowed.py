"""What a decision may be, worked out from a tree: decisions that may, and beside each those that may not and why."""

from __future__ import annotations

# ruff: noqa: E501 - tables of cases, a line each
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.allowed import check_of, contract_of
from core.frames import frame, known
from core.kernel import BUY, DECISION, EVENT, HOLD, NANOSECONDS, SELL
from core.strategy import Source
from tests.guardian.conftest import SHIPPED, appended, changed

NAN = math.nan
NOW = 1_700_000_000 * NANOSECONDS
UP = {"orderbook": 0.8, "flow": 0.4, "score": (0.3 * 0.8 + 0.25 * 0.4) / 0.55, "confidence": 1.0}
DOWN = {"orderbook": -0.8, "flow": -0.4, "score": -(0.3 * 0.8 + 0.25 * 0.4) / 0.55, "confidence": 1.0}
HELD = {"position": 1.0, "entry_price": 100.0, "best_price": 101.0, "entry_ns": NOW - 60 * NANOSECONDS}
LEVELS = {"stop": 98.0, "target": 104.0}
BELOW = {"price": 97.0, **HELD}
SIGNAL = "a signal of"


def said(source: Source, event: Mapping[str, float], decision: Mapping[str, Any], bars: int = 100) -> str:
    """What is wrong with a decision on an event; the fields that are not given are those of a quiet one."""
    events, decisions = np.zeros(1, EVENT), np.zeros(1, DECISION)
    for name, value in ({"time_ns": NOW, "price": 100.0, "advice": NAN} | event).items():
        events[name] = value
    quiet = dict.fromkeys(("stop", "target", "technical", "orderbook", "flow", "qlearning", "advice"), NAN)
    for name, value in (quiet | {"rule": -1, "size": 0.1, "min_hold_seconds": 30.0} | decision).items():
        decisions[name] = value
    contract = contract_of(source.files)
    assert contract is not None
    return check_of(contract)(events.tobytes(), decisions[0].item(), bars)


MAY: list[tuple[Mapping[str, float], Mapping[str, Any]]] = [
    ({}, {}),
    ({}, {"action": BUY, **UP}),
    ({"exit_ns": NOW - 61 * NANOSECONDS}, {"action": BUY, **UP}),
    ({"exit_ns": NOW - 59 * NANOSECONDS}, {"action": HOLD, "rule": 5, **UP}),
    (HELD, {**LEVELS}),
    (HELD, {"action": SELL, **DOWN, **LEVELS}),
    (HELD | {"entry_ns": NOW - 10 * NANOSECONDS}, {"action": HOLD, "rule": 4, **DOWN, **LEVELS}),
    (BELOW, {"action": SELL, "rule": 0, **LEVELS}),
    (HELD | {"price": 105.0, "best_price": 105.0}, {"action": SELL, "rule": 1, **LEVELS}),
    ({"advice": 0.5}, {"advice": 0.5}),
]
MAY_NOT: list[tuple[Mapping[str, float], Mapping[str, Any], str]] = [
    ({}, {"action": BUY}, "buy by a score of 0"),
    ({}, {"action": BUY, **UP, "score": 0.7}, "where its signals come to"),
    ({}, {**UP, "confidence": 0.9}, "where its signals come to"),
    ({}, UP, "opens a position"),
    ({}, {"action": BUY, **DOWN}, "buy by a score of"),
    ({}, {"action": BUY, "rule": 0}, "buy by the rule stop_loss"),
    ({}, {"action": SELL, **DOWN}, "where no position is open"),
    ({"exit_ns": NOW - 59 * NANOSECONDS}, {"action": BUY, **UP}, "where the rule cooldown forbids it"),
    ({}, {"action": HOLD, "rule": 4, **UP}, "by the rule min_hold"),
    ({}, {"size": 0.100001}, "a size of"),
    ({}, {"size": 0.05}, "a size of"),
    ({}, {"min_hold_seconds": 5.0}, "a least time of 5"),
    ({}, {"rule": 6}, "not in the list"),
    ({"advice": 0.5}, {"advice": 0.25}, "an advice of"),
    ({"advice": 0.5}, {}, "an advice of nan"),
    ({}, {"technical": 1.5, "score": 0.35 * 1.5 / 0.35, "confidence": 1.0}, SIGNAL),
    (BELOW, {**LEVELS}, "where the rule stop_loss closes the position"),
    (BELOW, {"action": SELL, **DOWN, **LEVELS}, "where the rule stop_loss"),
    (BELOW, {"action": BUY, **UP, **LEVELS}, "where the rule stop_loss"),
    (HELD, {"action": BUY, **UP, **LEVELS}, "where a position is open"),
    (HELD, {**DOWN, **LEVELS}, "closes the position"),
    (HELD, {"action": SELL, **LEVELS}, "sell by a score of 0"),
    (HELD, {"action": SELL, "rule": 0, **LEVELS}, "does not close it"),
    (HELD | {"entry_ns": NOW}, {"action": SELL, **DOWN, **LEVELS}, "where the rule min_hold forbids it"),
    (HELD, {}, "a stop of nan"),
    (HELD, {"stop": 97.0, "target": 104.0}, "a stop of 97"),
    (HELD, {"stop": 99.0, "target": 104.0}, "a stop of 99"),
    (HELD, {"stop": 98.0, "target": NAN}, "a target of nan"),
    (HELD, {"stop": 98.0, "target": 110.0}, "a target of 110"),
]  # fmt: skip


def test_what_the_shipped_strategy_may_decide_and_what_it_may_not() -> None:
    contract = contract_of(SHIPPED.files)
    assert contract is not None
    assert contract.gaps == ()
    assert (contract.warm_bars, len(contract.rules)) == (35, 6)
    assert [(event, decision, what) for event, decision in MAY if (what := said(SHIPPED, event, decision))] == []
    wrong = [(case, what) for *case, part in MAY_NOT if part not in (what := said(SHIPPED, *case)) or not what]
    assert wrong == []
    assert "after 34 bars" in said(SHIPPED, {}, {"action": BUY, **UP}, bars=34)
    assert said(SHIPPED, {}, {**UP}, bars=34) == ""


def test_a_strategy_that_was_shipped_earlier_is_known_as_well() -> None:
    for tree in known():
        contract = contract_of(frame(tree).files)
        assert contract is not None
        assert contract.gaps == ()


RULE = '\n\n@kernel\ndef mine(f: Features) -> int:\n    """Mine."""\n    return {}\n'
LAST = ("        cooldown(f),\n", "        cooldown(f),\n        mine(f),\n")


def test_a_rule_that_follows_from_the_event_is_worked_out_and_another_may_answer_what_it_names() -> None:
    early = appended("rules.py", RULE.format("FORCE_EXIT if f.held_seconds > 50.0 and f.profit > 0.0 else ALLOW"), changed(rules=LAST))  # fmt: skip
    gain = HELD | {"price": 101.0}
    assert "where the rule mine closes the position" in said(early, gain, LEVELS)
    assert said(early, gain, {"action": SELL, "rule": 6, **LEVELS}) == ""
    assert "does not close it" in said(early, HELD, {"action": SELL, "rule": 6, **LEVELS})
    market = appended("rules.py", RULE.format("FORCE_ENTRY if f.rsi < 20 else ALLOW"), changed(rules=LAST))
    assert said(market, {}, {"action": BUY, "rule": 6}) == ""
    assert "does not close it" in said(market, HELD, {"action": SELL, "rule": 6, **LEVELS})
    needs = appended("rules.py", RULE.format("ALLOW if f.drawdown < 0.1 else FORBID_ENTRY"), changed(rules=LAST))
    assert "where the rule mine forbids it" in said(needs, {"drawdown": 0.2}, {"action": BUY, **UP})
    dearer = appended("rules.py", RULE.format("FORCE_EXIT if f.price <= 99.0 else ALLOW"), changed(rules=LAST))
    assert "at 99" in said(dearer, HELD, LEVELS)
    assert said(dearer, HELD, {"stop": 99.0, "target": 104.0}) == ""


def test_names_of_its_own_change_nothing_and_code_of_its_own_leaves_bounds() -> None:
    renamed = Source.of({name: data.replace(b"stop_loss", b"widest").replace(b"weight_flow", b"say_of_flow") for name, data in SHIPPED.files.items()})  # fmt: skip
    contract = contract_of(renamed.files)
    assert contract is not None
    assert contract.gaps == ()
    assert "where the rule widest closes" in said(renamed, BELOW, LEVELS)
    nested = changed(decide=("            continue\n", "            total += 0.0\n            continue\n"))
    assert (told := contract_of(nested.files)) is not None
    assert told.gaps == ("score and confidence",)
    assert said(nested, {}, {"orderbook": 0.2, "flow": 0.1, "score": 0.15, "confidence": 0.2}) == ""
    assert "lie between" in said(nested, {}, {"orderbook": 0.2, "flow": 0.1, "score": 0.25, "confidence": 0.2})
    smaller = changed(decide=("d.size = P.order_fraction\n", "d.size = P.order_fraction * (1.0 - e.drawdown)\n"))
    assert said(smaller, {}, {"size": 0.05}) == ""
    assert "a size of" in said(smaller, {}, {"size": 0.11})
    shy = changed(decide=("    if invested:\n        if forced >= 0:", "    if f.rsi > 99.0:\n        return HOLD, -1\n    if invested:\n        if forced >= 0:"))  # fmt: skip
    assert said(shy, {}, UP) == ""
    assert "buy by a score" in said(shy, {}, {"action": BUY, **DOWN})
    assert "closes the position" in said(shy, BELOW, LEVELS)


def test_a_pair_has_the_values_of_its_own_and_a_strategy_of_another_make_has_none() -> None:
    own = appended("parameters.py", '\nOVERRIDES = {\n    "BTCUSDT": Parameters(order_fraction=0.2),\n}\n')
    assert [contract.size for pair in ("BTCUSDT", "ETHUSDT") if (contract := contract_of(own.files, pair))] == [
        0.2,
        0.1,
    ]
    strange = {**SHIPPED.files, "decide.py": b"def decide(event, state, table, decision):\n    pass\n"}
    strange["parameters.py"] = SHIPPED.files["parameters.py"].replace(b"buy_threshold", b"bought_above")
    assert contract_of(strange) is None
