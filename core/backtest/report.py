"""What a backtest tells a program, and its chart; `core.backtest.page` is for a person."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.backtest.session import Report, utc
from core.contracts import Language
from core.errors import ConfigurationError
from core.kernel import BUY, SELL
from core.names import format_timeframe
from core.texts import say


def buy_and_hold(report: Report) -> float:
    """What the same cash would have made in equal parts of the pairs, from first open to last close, free of costs."""
    growths = [float(market.rows["close"][-1] / market.rows["open"][0]) for market in report.markets]
    return sum(growths) / len(growths) - 1.0


def exits(report: Report) -> dict[str, dict[str, float | int]]:
    """Closed positions by what closed them: a rule, or the score; with the profit they came to, in quote currency."""
    found: dict[str, dict[str, float | int]] = {}
    for fill, name in zip(report.result.fills, report.names, strict=True):
        if fill.side != SELL:
            continue
        entry = found.setdefault(name, {"trades": 0, "won": 0, "profit": 0.0})
        entry["trades"] += 1
        entry["won"] += int(fill.profit > 0)
        entry["profit"] += float(fill.profit)
    return dict(sorted(found.items(), key=lambda item: -item[1]["trades"]))


def as_object(report: Report, identity: str = "") -> dict[str, Any]:
    """Everything for a program. Fractions are fractions, money is in quote currency, what is not defined is null.

    `identity` is the id under which the run is kept; empty when it is not.
    """
    result, tested = report.result, report.tested
    return {
        "kind": "backtest",
        "run": identity or None,
        "tested": {
            "what": tested.what,
            "commit": tested.commit or None,
            "summary": tested.summary or None,
            "sentence": tested.sentence or None,
            "folder": tested.folder or None,
        },
        "symbols": list(result.symbols),
        "timeframe": report.timeframe,
        "time_zone": report.zone,
        "from": utc(report.first_ns),
        "to": utc(report.last_ns),
        "strategy": report.strategy.tree_hash,
        "box": report.place or None,
        "parameters": dict(report.strategy.parameters._asdict()),
        "cash": report.cash,
        "costs": asdict(report.costs),
        "grid": {
            m.symbol: {"tick": m.price_tick, "lot": m.lot, "min_notional": m.min_notional} for m in report.markets
        },
        "events": result.events,
        "compile_seconds": result.compile_seconds,
        "engine_seconds": result.engine_seconds,
        "events_per_second": result.events_per_second,
        "fills": len(result.fills),
        "rejected": result.rejected,
        "fingerprint": result.fingerprint,
        "equity": float(result.equity[-1]),
        "buy_and_hold": buy_and_hold(report),
        "metrics": report.metrics.as_dict(),
        "exits": exits(report),
        "detail": detail(report),
        "inside_bars": {"exits": result.inside, "stop_and_target": result.both, "opened_there": result.same_bar},
        "notes": list(report.notes),
        "caveat": say("report.caveat", Language.EN),
        "traded": traded(report),
    }


def traded(report: Report) -> dict[str, list[Any]]:
    """Every fill, column by column, with the rule that stood behind it."""
    fills = report.result.fills
    columns = {name: fills[name].tolist() for name in ("time_ns", "quantity", "price", "fee", "profit")}
    sides = ["buy" if side == BUY else "sell" for side in fills["side"].tolist()]
    pairs = [report.result.symbols[pair] for pair in fills["pair"].tolist()]
    return {**columns, "pair": pairs, "side": sides, "reason": list(report.names)}


def detail(report: Report) -> dict[str, Any] | None:
    """How many bars were played in finer ones; None when that was not asked for."""
    detail_ns = report.markets[0].detail_ns
    if not detail_ns:
        return None
    bars = sum(len(market.rows) for market in report.markets)
    return {"timeframe": format_timeframe(detail_ns), "bars": report.result.detailed, "of": bars}


def check_chart(file: Path) -> None:
    """Find out before the run, not after it, that the chart has no place to go."""
    if not file.parent.is_dir():
        raise ConfigurationError(f"There is no folder {file.parent} for the chart.", "Make it, or choose another.")
    if file.suffix.lower() != ".png" or file.is_dir():
        raise ConfigurationError(f"{file} is no name for a chart.", "Charts are PNG files: --chart run.png")
