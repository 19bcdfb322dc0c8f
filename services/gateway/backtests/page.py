"""The page of a backtest: everything in one file, its scripts named by their hashes, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.backtest.page import figures, tested_line
from core.backtest.report import buy_and_hold, exits
from core.backtest.session import Report
from core.backtest.trips import RoundTrip, round_trips
from core.errors import ConfigurationError
from core.formats import figure, localised, moment
from core.grid import price_text
from core.language import Language
from core.retelling import retold
from core.text import printable
from core.texts import say as core_say
from core.wording import Wording, owners_language
from services.gateway.backtests.series import series_of
from services.gateway.ledger.words import lasting, reason_name

HERE: Final = Path(__file__).parent
CHARTS: Final = HERE.parent / "web/static/vendor/lightweight-charts"
LIBRARY: Final = "lightweight-charts-5.2.1.js"
WORDING: Final = Wording(HERE / "texts.toml")
MOST_TRADES: Final = 500
"""Rows of the table, the newest; the file of `--trades` has all."""


def write_page(file: Path, report: Report) -> None:
    """Write it. Raises ConfigurationError when it could not be written."""
    try:
        file.write_text(page_of(report), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"The page {file} could not be written: {error.strerror}.") from error


def check_page(file: Path) -> None:
    """Find out before the run, not after it, that the page has no place to go."""
    if not file.parent.is_dir():
        raise ConfigurationError(f"There is no folder {file.parent} for the page.", "Make it, or choose another.")
    if file.suffix.lower() not in (".html", ".htm") or file.is_dir():
        raise ConfigurationError(f"{file} is no name for a page.", "Pages are HTML files: --html run.html")


def page_of(report: Report) -> str:
    """The whole file."""
    language, trips = owners_language(), round_trips(report)
    scripts = [(CHARTS / LIBRARY).read_text(encoding="utf-8"), (HERE / "page.js").read_text(encoding="utf-8")]
    values = {
        "language": language.value,
        "title": title_of(report),
        "span": " - ".join(moment(ns, report.zone, language) for ns in (report.first_ns, report.last_ns)),
        "zone": report.zone,
        "tested": tested_line(report),
        "tree": report.strategy.tree_hash[:12],
        "sentence": sentence(report, trips, language),
        "notes": [retold(note) for note in report.notes],
        "figures": [pair for column in figures(report) for pair in column],
        "pairs": _pairs(report, trips, language),
        "exits": _exits(report, language),
        "trips": [_row(trip, report, language) for trip in reversed(trips[-MOST_TRADES:])],
        "more": max(len(trips) - MOST_TRADES, 0),
        "symbols": list(report.result.symbols),
        "ratios": retold(report.metrics.annualisation),
        "caveat": core_say("report.caveat"),
        "fingerprint": report.result.fingerprint,
        "style": Markup((HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own
        "scripts": [Markup(script) for script in scripts],  # noqa: S704 - vendored, and our own
        "hashes": Markup(" ".join(f"'sha256-{_digest(script)}'" for script in scripts)),  # noqa: S704 - base64
        "data": _data(series_of(report, trips) | {"words": _words(language), "language": language.value}),
        "notice": (CHARTS / "NOTICE").read_text(encoding="utf-8").splitlines(),
    }
    return str(_template(language).render(values))


def title_of(report: Report) -> str:
    """`BTCUSDT 1h`, and how many pairs more."""
    symbols = report.result.symbols
    more = f" +{len(symbols) - 3}" if len(symbols) > 3 else ""
    return f"{', '.join(symbols[:3])}{more} {report.timeframe}"


def sentence(report: Report, trips: Sequence[RoundTrip], language: Language) -> str:
    """What the picture shows."""
    metrics = report.metrics
    closed = [trip for trip in trips if trip.profit is not None]
    return WORDING.say(
        "sentence",
        language,
        first=report.cash,
        last=float(report.result.equity[-1]),
        gain=metrics.total_return or 0.0,
        hold=buy_and_hold(report),
        fall=-metrics.max_drawdown,
        trips=len(closed),
        won=sum((trip.profit or 0) > 0 for trip in closed),
        still=len(trips) - len(closed),
    )


def _template(language: Language) -> Any:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = lambda text, **values: WORDING.say(text, language, **values)
    environment.filters["clean"] = lambda text: printable(str(text), most=400)
    return environment.get_template("page.html")


def _pairs(report: Report, trips: Sequence[RoundTrip], language: Language) -> list[list[str]]:
    rows = []
    for market in report.markets:
        own = [trip for trip in trips if trip.pair == market.symbol]
        profits = [trip.profit for trip in own if trip.profit is not None]
        held = float(market.rows["close"][-1] / market.rows["open"][0]) - 1
        won = figure(sum(profit > 0 for profit in profits) / len(profits), ".0%", language) if profits else "-"
        sums = [_money(sum(profits), language), _money(sum(trip.fees for trip in own), language, "")]
        rows.append([market.symbol, figure(len(profits), ",", language), won, *sums, figure(held, "+.2%", language)])
    return rows


def _exits(report: Report, language: Language) -> list[list[str]]:
    return [
        [
            reason_name(name, language),
            figure(each["trades"], ",", language),
            figure(each["won"] / each["trades"], ".0%", language),
            _money(each["profit"], language),
        ]
        for name, each in exits(report).items()
    ]


def _row(trip: RoundTrip, report: Report, language: Language) -> dict[str, Any]:
    """One trip; `state` is won, lost or open, told by a word and not by its colour alone."""
    state = "open" if trip.profit is None else "won" if trip.profit > 0 else "lost"
    ended = trip.exit_ns is not None
    tick = next(market.price_tick for market in report.markets if market.symbol == trip.pair)
    cells = [
        str(trip.number),
        trip.pair,
        moment(trip.entry_ns, report.zone, language),
        _price(trip.entry_price, tick, language),
        reason_name(trip.entry_reason, language),
        moment(trip.exit_ns, report.zone, language) if trip.exit_ns is not None else "-",
        _price(trip.exit_price, tick, language) if trip.exit_price is not None else "-",
        reason_name(trip.exit_reason, language) if ended else "-",
        lasting(trip.seconds, language),
        _money(trip.profit, language) if trip.profit is not None else "-",
        figure(trip.share, "+.2%", language) if trip.share is not None else "-",
        _money(trip.fees, language, ""),
        WORDING.say(f"state.{state}", language),
    ]
    return {"state": state, "cells": cells, "number": trip.number, "pair": trip.pair}


def _price(value: float, tick: float, language: Language) -> str:
    return localised(price_text(value, tick), language)


def _money(value: float, language: Language, sign: str = "+") -> str:
    return figure(value, f"{sign},.2f", language)


def _words(language: Language) -> dict[str, str]:
    return {name: WORDING.say(f"script.{name}", language) for name in ("equity", "hold", "fall", "volume")}


def _data(values: dict[str, Any]) -> Markup:
    """JSON in which nothing ends the element that it stands in."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return Markup(text)  # noqa: S704 - no tag is left in it


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
