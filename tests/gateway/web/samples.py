"""What the scripted commander shows: one change, one account, its bars and its trades."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import msgspec

from core.contracts import State
from core.contracts.answers import (
    ChangeBrief,
    ChangeEnded,
    FillShown,
    Shown,
)
from core.contracts.change import Event, Step
from core.contracts.figures import Percentiles, Position, TraderStatus, Trees
from core.contracts.ledger import (
    Candle,
    CandlesShown,
    EquityPoint,
    EquityShown,
    FillMark,
    TripLeg,
    TripShown,
)
from core.contracts.reasons import Reason
from core.contracts.road import Box, GateReport, Outcome, Verdict
from core.language import Language

NOW_NS = 1_795_860_000_000_000_000
HASH = "5f" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIFF = """diff --git a/strategy/parameters.py b/strategy/parameters.py
--- a/strategy/parameters.py
+++ b/strategy/parameters.py
@@ -20,3 +20,3 @@ class Parameters(NamedTuple):
-    stop_loss: Annotated[float, Range(0.001, 0.5, FRACTION)] = 0.02
+    stop_loss: Annotated[float, Range(0.001, 0.5, FRACTION)] = 0.03
     take_profit: Annotated[float, Range(0.001, 1, FRACTION)] = 0.04
"""
FIGURES = {
    "total_return_before": 0.0312, "total_return_after": 0.0388, "max_drawdown_before": 0.041,
    "max_drawdown_after": 0.037, "sharpe_before": 1.2, "sharpe_after": 1.45, "trades_before": 61, "trades_after": 58,
}  # fmt: skip
GATES = [
    GateReport("scope", Outcome.PASSED, 0.02),
    GateReport("policy", Outcome.PASSED, 0.05),
    GateReport("tests", Outcome.PASSED, 3.1),
    GateReport("backtest", Outcome.PASSED, 6.4, (), FIGURES),
    GateReport("latency", Outcome.PASSED, 1.2),
]
REFUSING = GateReport("tests", Outcome.FAILED, 2.2, ("tests/test_rules.py::test_exit failed",))


def trader(**changed: Any) -> TraderStatus:
    """One that runs in paper mode."""
    whole: dict[str, Any] = {
        "mode": "paper", "trading": "active", "events": 123_456, "events_lost": 0, "events_doubled": 0,
        "events_refilled": 0, "events_unanswered": 0, "decisions": 5120, "orders": 14, "fills": 12, "equity": 10_234.56,
        "fees": 1.25, "unreconciled": False, "held_back": [], "fees_unpriced": {}, "open_positions": 2, "faults": 0,
        "latency_us": Percentiles(p50=85, p99=310), "order_latency_us": Percentiles(p50=140, p99=520),
        "pairs": ["BTCUSDT", "ETHUSDT"], "latency_counts": {85: 3}, "paused": False, "dust": {}, "bare": {},
        "cash": 8000.0, "slots": Trees(blue="a" * 40, green="", previous="b" * 40),
        "positions": [
            Position(pair="BTCUSDT", quantity=0.02, entry_price=65_000, price=65_321.5, profit=0.005, protected=63_700),
            Position(pair="ETHUSDT", quantity=0.3, entry_price=3_100, price=3_050, profit=-0.0161, protected=None),
        ],
    }  # fmt: skip
    return TraderStatus(**whole | changed)


def brief(change: str, text: str, state: State = State.LIVE, **changed: Any) -> ChangeBrief:
    """A line of the history."""
    whole: dict[str, Any] = {
        "id": change, "time_ns": NOW_NS, "owner": "ana", "text": text, "summary": "Set stop_loss to 0.03 (was 0.02)",
        "state": state, "watch": "passed", "commit": COMMIT, "target": "", "reason": None, "trades": False,
    }  # fmt: skip
    return ChangeBrief(**whole | changed)


def reason(pair: str, code: str = "score", detail: str = "") -> Reason:
    """Why nothing was bought."""
    return Reason(
        time_ns=NOW_NS, pair=pair, code=code, detail=detail, held=False, score=0.21, threshold=0.3, confidence=0.5,
        min_confidence=0.6, signals={"technical": 0.3, "flow": None}, trading="active", release="0123456789",
    )  # fmt: skip


def ended(change: str, state: State, reason: str | None = None, **changed: Any) -> ChangeEnded:
    """How a change ended."""
    whole: dict[str, Any] = {
        "id": change, "state": state, "language": Language.PT, "plan": None, "verdict": None, "commit": "",
        "returned": "", "seconds": {"total": 12.3}, "events_lost": 0, "events_doubled": 0, "watch": "",
        "reason": reason,
    }  # fmt: skip
    return ChangeEnded(**whole | changed)


def fill(number: int, side: str) -> FillShown:
    """A trade."""
    return FillShown(
        client_id=f"s1-{number}-abc", symbol="BTCUSDT", side=side, trade_id=number, quantity=Decimal("0.0200"),
        price=Decimal("65000.10"), fee=Decimal("0.1"), fee_asset="USDT", time_ns=NOW_NS, fee_price=None,
    )  # fmt: skip


def leg(why: str, minutes: int) -> TripLeg:
    """One end of a round trip."""
    return TripLeg(
        order=f"s1-{minutes}-abc", time_ns=NOW_NS + minutes * 60 * 10**9, quantity=Decimal("0.02"),
        price=Decimal("65000.10"), reason=why, release="a" * 40, commit=COMMIT, change="1a2b3c4d",
    )  # fmt: skip


def trip(number: int, minutes: int | None) -> TripShown:
    """A round trip; without minutes one that lasts."""
    closed = minutes is not None
    return TripShown(
        number=number, pair="BTCUSDT", closed=closed, entry=leg("score", 0),
        exit=leg("stop", minutes) if minutes is not None else None, paid=Decimal(1300),
        profit=Decimal("-12.40") if closed else Decimal(0), share=-0.0095 if closed else None, fees=Decimal("1.3"),
        seconds=300.0 if closed else None, open=None if closed else 4.2, text="compre mais forte",
    )  # fmt: skip


def mark(side: str) -> FillMark:
    """A fill on a price."""
    return FillMark(
        time_ns=NOW_NS, side=side, price=Decimal("65000.10"), quantity=Decimal("0.02"), order="s1-1-abc", reason="score"
    )


def equity() -> EquityShown:
    """A curve with a hill and a valley."""
    points = [
        EquityPoint(NOW_NS - (200 - each) * 3_600 * 10**9, 10_000 + 120 * math.sin(each / 20) + each, exact=True)
        for each in range(200)
    ]
    return EquityShown(
        period="month", from_ns=points[0].time_ns, until_ns=NOW_NS, account="paper", currency="USDT", points=points,
        drawdown=0.018, releases=[],
    )  # fmt: skip


def candles(pair: str) -> CandlesShown:
    """Bars of five minutes with two fills."""
    start = NOW_NS - 100 * 300 * 10**9
    middle = [65_000 + 300 * math.sin(each / 9) for each in range(100)]
    bars = [
        Candle(start + each * 300 * 10**9, price, price + 60, price - 60, price + 25 * math.cos(each), 3.0)
        for each, price in enumerate(middle)
    ]
    fills = [msgspec.structs.replace(mark(side), time_ns=bars[at].time_ns) for side, at in (("BUY", 40), ("SELL", 70))]
    return CandlesShown(account="paper", pair=pair, timeframe="5m", candles=bars, fills=fills)


def shown(change: ChangeBrief, **more: Any) -> Shown:
    """A change from its sentence to its end."""
    verdict = Verdict("accepted", "a" * 40, "b" * 40, tuple(GATES), Box("docker", "sorte", "p"), "d", {}, NOW_NS)
    return Shown(
        id=change.id, state=change.state, language=Language.PT, plan=None, verdict=verdict, commit=COMMIT, returned="",
        seconds={"total": 12.0}, events_lost=0, events_doubled=0, watch=change.watch, reason=change.reason,
        interpretation=None, steps=(Step(Event.UNDERSTOOD, State.PLANNED, NOW_NS),), text=change.text,
        owner=change.owner, **more,
    )  # fmt: skip
