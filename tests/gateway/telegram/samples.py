"""One answer of each kind, with words in it that would be tags if anybody let them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from core.contracts import GateReport, State
from core.contracts.accounts import CompareShown, PairProfit, ProfitShown, ReleaseProfit
from core.contracts.answers import (
    Answer,
    Away,
    ChangeBrief,
    CloseSaid,
    DiffShown,
    Failed,
    FillShown,
    Held,
    HeldShown,
    HistoryShown,
    LogsShown,
    Panicked,
    Refusal,
    Said,
    StatusShown,
    TradesShown,
    ValueShown,
)
from core.contracts.asking import Last, decode_line
from core.contracts.figures import Percentiles, Position, TraderStatus, Trees
from core.contracts.ledger import JudgedShown, PositionHeld, PositionsShown
from core.contracts.reasons import NameExplained, Place, Reason, TradeExplained, WhyShown
from core.contracts.road import Outcome

NASTY = "<b>&amp; </pre><script>alert('x')</script> \u202eabc"
GOLDEN = Path(__file__).parents[2] / "told" / "golden"
NS = 1_800_000_000_000_000_000

TRADER = TraderStatus(
    mode="paper", trading="active", events=123456, events_lost=0, events_doubled=0, events_refilled=0,
    events_unanswered=0, decisions=120, orders=14, fills=12, equity=10234.56, fees=1.25, unreconciled=True,
    held_back=["ETHUSDT"], fees_unpriced={"BNB": "0.001"}, open_positions=2, faults=1,
    latency_us=Percentiles(p50=85, p99=310), order_latency_us=Percentiles(p50=None, p99=None),
    pairs=["BTCUSDT", "ETHUSDT", "1000SATSUSDT"], latency_counts={85: 3}, paused=False, dust={"BTC": "0.00000001"},
    bare={"ETHUSDT": NASTY}, cash=8000.0,
    positions=[
        Position(pair="BTCUSDT", quantity=0.01, entry_price=65000, price=65321.5, profit=0.0049, protected=63700.0),
        Position(pair="1000SATSUSDT", quantity=1e6, entry_price=0.0002, price=0.0001, profit=-0.5, protected=None),
    ],
    slots=Trees(blue="a" * 40, green="", previous=""),
)  # fmt: skip
BRIEF = ChangeBrief(
    id="1a2b3c4d", time_ns=NS, owner="ana", text=NASTY * 3, summary=NASTY, state=State.LIVE, watch="running",
    commit="c" * 40, target="", reason=None, trades=True,
)  # fmt: skip
STATUS = StatusShown(
    main="b" * 40, live="a" * 40, trader=TRADER, away=None, subject="As it is shipped",
    underway="9f9f9f9f", change=BRIEF, refused=None, other_trader=None, paused=True, closing=False, killed=True,
)  # fmt: skip
REASON = Reason(
    time_ns=NS, pair="BTCUSDT", code="limit", detail=f"order_value: {NASTY}", held=False, score=0.2, threshold=0.3,
    confidence=0.5, min_confidence=0.6, signals={"technical": 0.1, "flow": None}, trading="active", release="a" * 12,
)  # fmt: skip
FIGURES: dict[str, float | int | str | None] = {
    "usual_total_return_before": 0.0123, "usual_total_return_after": 0.0234,
    "usual_trades_before": 12, "usual_trades_after": 9,
    "doubled_costs_total_return_before": 0.01, "doubled_costs_total_return_after": 0.02,
}  # fmt: skip
GATES = (
    GateReport("scope", Outcome.PASSED, 0.012),
    GateReport("tests", Outcome.FAILED, 4.25, findings=(NASTY, "second", "third", "fourth")),
    GateReport("backtest", Outcome.PASSED, 6.5, figures=FIGURES),
)


HELD = Held(
    id="1a2b3c4d", hash="f" * 64, question="Apply it?", lines=(NASTY, "stop_loss: 2% -> 3%"),
    diff=f"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+{NASTY}\n",
    target="", twice=False, text=NASTY, owner="telegram:42", message="telegram:42:101", language=None,
    expires_ns=NS + 600 * 10**9,
)  # fmt: skip


POSITION = PositionHeld(
    pair="1000SATSUSDT", number=12, quantity=Decimal(1000000), entry_price=Decimal("0.0002"), price=0.0001,
    value=100.0, profit=-100.0, share=-0.5, fees=Decimal("0.2"), since_ns=NS, protected=0.00005, reason=NASTY,
    release="a" * 40, commit="c" * 40, change="1a2b3c4d", text=NASTY,
)  # fmt: skip
ALONE = msgspec.structs.replace(POSITION, number=None, since_ns=None, price=None, value=None, profit=None, share=None)


def made() -> Iterator[Answer]:
    for runs, positions in ((True, [POSITION]), (False, [ALONE]), (True, [])):
        yield PositionsShown(account="paper", currency="USDT", runs=runs, positions=positions)
    yield STATUS
    yield msgspec.structs.replace(STATUS, trader=None)
    yield msgspec.structs.replace(STATUS, trader=None, away=Away(pid=7, trades="a" * 40, hint=NASTY))
    yield msgspec.structs.replace(STATUS, trader=None, other_trader=9, refused=Refusal(message=NASTY, hint=NASTY))
    for asked in ("positions", "balance", "health", "whitelist", "locks"):
        yield msgspec.structs.replace(STATUS, asked=asked)
    yield HistoryShown(changes=[])
    yield HistoryShown(changes=[BRIEF] * 30)
    profit = ProfitShown(
        period="week", from_ns=NS, until_ns=NS + 10**14, account="paper", currency="USDT", realised=Decimal("-12.5"),
        realised_share=-0.00125, open=Decimal("0.0001"), open_share=0.0, fees=Decimal("1.5"), trades=7, won=3,
        drawdown=0.02, before=Decimal(10000), equity=9987.5,
        pairs=[PairProfit(pair=pair, realised=Decimal(1), trades=3, won=1) for pair in ("BTCUSDT", NASTY[:14])],
    )  # fmt: skip
    yield profit
    yield msgspec.structs.replace(profit, trades=0, drawdown=None, equity=None, open=None, pairs=[])
    release = ReleaseProfit(
        release="a" * 40, commit="", summary=NASTY, from_ns=NS, seconds=7200, realised=Decimal(5), trades=2, won=1,
        trades_now=True,
    )  # fmt: skip
    yield CompareShown(account="paper", currency="USDT", releases=[release])
    yield CompareShown(account="paper", currency="USDT", releases=[])
    yield WhyShown(pair="", at_ns=None, now=[REASON], reasons=[REASON] * 40, runs=False)
    yield WhyShown(pair="BTCUSDT", at_ns=NS, now=[REASON], reasons=[], runs=True)
    yield WhyShown(pair="", at_ns=None, now=[], reasons=[], runs=True)
    yield TradeExplained(
        side="SELL", pair="BTCUSDT", order="s1-2-a", time_ns=NS, quantity=Decimal("0.1"), price=Decimal(65000),
        limit=Decimal(64000), fee=Decimal("0.1"), fee_asset="USDT", profit=Decimal(-3), reason="no_friday", about=NASTY,
        why=REASON, release="a" * 40, commit="", change="", text=NASTY, owner=NASTY,
    )  # fmt: skip
    yield NameExplained(
        name="stop_loss", sort="parameter", about=NASTY, value=0.02, low=0.001, high=0.5, unit="of entry price",
        used=[Place(file="exits.py", function="stop", line=3)], history=[],
    )  # fmt: skip
    fill = FillShown(
        client_id="s1", symbol="BTCUSDT", side="BUY", trade_id=1, quantity=Decimal(1), price=Decimal("65000.01"),
        fee=Decimal(0), fee_asset="USDT", time_ns=NS, fee_price=None,
    )  # fmt: skip
    yield TradesShown(fills=[fill] * 200)
    yield TradesShown(fills=[])
    line: dict[str, Any] = {"time": "2026-11-28T09:00:00.000Z", "level": "info", "component": "t", "event": NASTY}
    yield LogsShown(lines=[line] * 100)
    yield LogsShown(lines=[])
    diff = "--- a/x.py\n+++ b/x.py\n" + "".join(f"-{NASTY} {number}\n+new\n" for number in range(20))
    for many in (0, 1, 40):
        yield DiffShown(id="1a2b3c4d", diff=diff * many)
    yield ValueShown(
        what="", parameters={"stop_loss": 0.02}, rules={NASTY: True}, pairs={"BTCUSDT": {"stop_loss": 0.1}}
    )
    judged = {"change": "1a2b3c4d", "pairs": ["BTCUSDT"], "begin_ns": NS, "times_ns": [NS, NS + 10**12]}
    yield JudgedShown(before=[1e4, 1.1e4], after=[1e4, 1.2e4], **judged)
    yield HELD
    yield HeldShown(held=[HELD, HELD])
    yield Said(text=NASTY)
    yield CloseSaid(done=True, pair="BTCUSDT", text=NASTY)
    yield Panicked(halted=False, runs=True, text=NASTY)
    yield Failed(message=NASTY, hint=NASTY)
    for name in ("socket_with_a_trader", "socket_with_none"):
        for raw in (GOLDEN / f"{name}.jsonl").read_bytes().splitlines():
            if b'"trader":{' not in raw and isinstance(read := decode_line(raw), Last):
                yield read.answer
