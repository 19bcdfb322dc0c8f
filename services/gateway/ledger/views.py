"""Answers of the ledger as tables and lines for a terminal."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from core.contracts.ledger import (
    BalanceShown,
    CandlesShown,
    CountShown,
    EquityShown,
    JudgedShown,
    LedgerShown,
    PerformanceShown,
    PeriodsShown,
    PositionsShown,
    StatsShown,
    TripExplained,
    TripFigures,
    TripLeg,
    TripShown,
    TripsShown,
)
from core.curves import drawdowns
from core.formats import day, figure, moment, number, short_moment
from core.language import Language
from core.retelling import retold
from core.text import printable
from core.zone import local_time
from services.gateway.ledger.held import positions_views
from services.gateway.ledger.words import lasting, money, reason_name, say, share, won_of

View = Table | Text


def ledger_views(told: LedgerShown, zone: str, language: Language) -> Iterator[View]:
    """One answer, from its first line to its last."""
    match told:
        case TripsShown():
            yield from _trips(told, zone, language)
        case TripExplained():
            yield from map(_line, trip_lines(told, zone, language))
        case PeriodsShown():
            yield _periods(told, language)
        case PerformanceShown(pairs=[]):
            yield _line(say("trips.none", language))
        case PerformanceShown(pairs=pairs, releases=releases, entries=entries, exits=exits):
            for column, groups in (("pair", pairs), ("release", releases), ("entry", entries), ("exit", exits)):
                yield figures_table(column, groups, language)
        case StatsShown():
            yield from map(_line, stats_lines(told, language))
            yield figures_table("exit", told.exits, language)
        case CountShown():
            yield _line(count_line(told, language))
        case BalanceShown():
            yield from _balance(told, language)
        case PositionsShown():
            yield from positions_views(told, zone, language)
        case EquityShown():
            yield _line(equity_sentence(told, language))
        case CandlesShown():
            yield from _candles(told, zone, language)
        case JudgedShown():
            yield _line(judged_sentence(told, language))


def _line(text: str) -> Text:
    return Text(printable(text))


def _table(language: Language, columns: Sequence[str], right: Sequence[str] = ()) -> Table:
    table = Table(box=None, header_style="bold")
    for column in columns:
        table.add_column(say(f"column.{column}", language), justify="right" if column in right else "left")
    return table


# Round trips ----------------------------------------------------------------------------------------------------------


def _trips(told: TripsShown, zone: str, language: Language) -> Iterator[View]:
    if not told.trips:
        yield _line(say("trips.none", language))
        return
    table = _table(
        language,
        ("number", "pair", "entered", "left", "lasted", "profit", "share", "fees", "why"),
        ("profit", "share", "fees"),
    )
    for trip in told.trips:
        left = short_moment(trip.exit.time_ns, zone, language) if trip.closed and trip.exit else ""
        table.add_row(
            str(trip.number),
            trip.pair,
            short_moment(trip.entry.time_ns, zone, language) if trip.entry else "-",
            left or say("trips.open", language),
            lasting(trip.seconds, language),
            money(trip.profit if trip.closed or trip.open is None else float(trip.profit) + trip.open, language),
            share(trip.share, language) if trip.closed else "",
            money(trip.fees, language, sign=""),
            _reasons(trip, language),
        )
    yield table
    if told.total > len(told.trips):
        yield _line(say("trips.more", language, shown=len(told.trips), total=told.total))


def _reasons(trip: TripShown, language: Language) -> str:
    """`score > stop`: what it was entered and left for."""
    legs = (trip.entry, trip.exit if trip.closed else None)
    return " > ".join(printable(reason_name(leg.reason, language)) for leg in legs if leg is not None)


def trip_lines(told: TripExplained, zone: str, language: Language) -> Iterator[str]:
    """One trip: what it earned, then each end with what decided it and the sentence that led there."""
    trip = told.trip
    profit, fees = money(trip.profit, language), money(trip.fees, language, sign="")
    figures = {"profit": profit, "share": share(trip.share, language), "fees": fees}
    yield say("trip.title", language, number=trip.number, pair=trip.pair, currency=told.currency, **figures)
    ends = (
        ("entry", trip.entry, told.entry_about, trip.text),
        ("exit", trip.exit, told.exit_about, told.exit_text),
    )
    for end, leg, about, text in ends:
        if leg is not None:
            yield from _end(end, leg, about, text, zone, language)
    if not trip.closed:
        yield say("trip.still_open", language)


def _end(end: str, leg: TripLeg, about: str, text: str, zone: str, language: Language) -> Iterator[str]:
    told = {"quantity": number(leg.quantity, language), "price": number(leg.price, language)}
    when = moment(leg.time_ns, zone, language)
    yield say(f"trip.{end}", language, when=when, why=reason_name(leg.reason, language), **told)
    if about:
        yield say("trip.about", language, about=retold(about, language))
    if leg.commit or leg.release:
        commit = (leg.commit or leg.release)[:12]
        yield say("trip.code", language, commit=commit, change=leg.change or "-")
    if text:
        yield say("trip.sentence", language, text=text)


# Tables ---------------------------------------------------------------------------------------------------------------


def _periods(told: PeriodsShown, language: Language) -> Table:
    columns = (told.unit, "profit", "share", "trades", "won", "fees")
    table = _table(language, columns, columns[1:])
    for each in told.periods:
        table.add_row(
            day_name(each.day, language),
            money(each.realised, language),
            share(each.share, language),
            str(each.trades),
            won_of(each.won, each.trades, language),
            money(each.fees, language, sign=""),
        )
    return table


def day_name(iso: str, language: Language) -> str:
    """2026-11-27, or 27/11/2026."""
    return day(datetime.date.fromisoformat(iso), language)


def figures_table(column: str, groups: Sequence[TripFigures], language: Language) -> Table:
    """Closed trips of each kind: `column` is pair, release, entry or exit."""
    columns = (column, "profit", "share", "trips", "won", "lasted")
    table = _table(language, columns, columns[1:-1])
    for group in groups:
        table.add_row(
            printable(group_name(column, group, language)),
            money(group.realised, language),
            share(group.share, language),
            str(group.trips),
            won_of(group.won, group.trips, language),
            lasting(group.seconds, language),
        )
    return table


def group_name(column: str, group: TripFigures, language: Language) -> str:
    """A release by its commit, a reason in words, a pair as it is."""
    if column == "release":
        return (group.commit or group.name)[:12] or "-"
    return reason_name(group.name, language) if column in ("entry", "exit") else group.name


def stats_lines(told: StatsShown, language: Language) -> Iterator[str]:
    """What the closed trips have in common."""
    counts = {"trips": told.trips, "won": told.won, "lost": told.lost, "even": told.even}
    yield say("stats.summary", language, hits=won_of(told.won, told.trips, language), **counts)
    if not told.trips:
        return
    factor = figure(told.profit_factor, ".2f", language) if told.profit_factor is not None else "-"
    amounts = {"realised": money(told.realised, language), "fees": money(told.fees, language, sign="")}
    mean = share(told.mean_share, language)
    yield say("stats.money", language, currency=told.currency, mean=mean, factor=factor, **amounts)
    lasted = {"won": lasting(told.won_seconds, language), "lost": lasting(told.lost_seconds, language)}
    yield say("stats.lasting", language, won_run=told.won_in_a_row, lost_run=told.lost_in_a_row, **lasted)
    if told.best is not None and told.worst is not None:
        ends = {"best": told.best.number, "worst": told.worst.number}
        earned = {
            "best_profit": money(told.best.profit, language),
            "worst_profit": money(told.worst.profit, language),
        }
        yield say("stats.extreme", language, **ends, **earned)


def count_line(told: CountShown, language: Language) -> str:
    """What is open against what is allowed."""
    value, most = money(told.value, language, sign=""), money(told.most_value, language, sign="")
    pairs = ", ".join(told.pairs) or "-"
    counts = {"open": told.open, "most": told.most}
    return say("count.line", language, pairs=pairs, value=value, most_value=most, currency=told.currency, **counts)


def _balance(told: BalanceShown, language: Language) -> Iterator[View]:
    if told.runs:
        equity, cash = money(told.equity, language, sign=""), money(told.cash, language, sign="")
        yield _line(say("balance.equity", language, equity=equity, cash=cash, currency=told.currency))
    else:
        yield _line(say("balance.no_trader", language))
    began, fees = money(told.began, language, sign=""), money(told.fees, language, sign="")
    yield _line(say("balance.earned", language, began=began, realised=money(told.realised, language), fees=fees))
    columns = ("asset", "quantity", "price", "value", "share")
    table = _table(language, columns, columns[1:])
    for held in told.assets:
        price = number(held.price, language) if held.price is not None else "-"
        value = money(held.value, language, sign="")
        part = share(held.share, language, sign="") if held.sellable else say("balance.dust", language)
        table.add_row(held.asset, number(held.quantity, language), price, value, part)
    if told.assets:
        yield table


# Curves ---------------------------------------------------------------------------------------------------------------


def equity_sentence(told: EquityShown, language: Language) -> str:
    """What a curve shows, in a sentence: it goes below the picture, too."""
    if not told.points:
        return say("equity.none", language)
    first, last = told.points[0].equity, told.points[-1].equity
    change = share(last / first - 1 if first > 0 else None, language)
    ends = {"first": money(first, language, sign=""), "last": money(last, language, sign="")}
    fall = share(told.drawdown, language, sign="")
    return say("equity.line", language, currency=told.currency, change=change, fall=fall, **ends)


def candles_sentence(told: CandlesShown, language: Language) -> str:
    """What a price did, in a sentence."""
    if not told.candles:
        return say("candles.none", language, pair=told.pair)
    first, last = told.candles[0], told.candles[-1]
    prices = {"first": figure(first.open, ",.7g", language), "last": figure(last.close, ",.7g", language)}
    change = share(last.close / first.open - 1 if first.open else None, language)
    counts = {"bars": len(told.candles), "fills": len(told.fills)}
    return say("candles.line", language, change=change, pair=told.pair, timeframe=told.timeframe, **prices, **counts)


def judged_sentence(told: JudgedShown, language: Language) -> str:
    """What a change came to on the history, in a sentence."""
    figures = {}
    for name, equity in (("before", told.before), ("after", told.after)):
        change = equity[-1] / equity[0] - 1 if equity and equity[0] > 0 else None
        figures[f"{name}_return"] = share(change, language)
        figures[f"{name}_fall"] = share(max(drawdowns(equity), default=None), language, sign="")
    return say("judged.line", language, **figures)


def _candles(told: CandlesShown, zone: str, language: Language) -> Iterator[View]:
    if not told.candles:
        yield _line(say("candles.none", language, pair=told.pair))
        return
    columns = ("when", "open", "high", "low", "close")
    table = _table(language, columns, columns[1:])
    for candle in told.candles:
        prices = (number(each, language) for each in (candle.open, candle.high, candle.low, candle.close))
        table.add_row(moment(candle.time_ns, zone, language), *prices)
    yield table
    marks = _table(language, ("when", "side", "quantity", "price", "why"))
    for fill in told.fills:
        marks.add_row(
            f"{local_time(fill.time_ns, zone):%H:%M:%S}",
            say(f"side.{fill.side.lower()}", language),
            number(fill.quantity, language),
            number(fill.price, language),
            printable(reason_name(fill.reason, language)),
        )
    if told.fills:
        yield marks
