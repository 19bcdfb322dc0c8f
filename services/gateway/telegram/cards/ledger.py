"""The ledger on a phone: round trips, tables, what is held, and a sentence below each curve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    TripShown,
    TripsShown,
)
from core.formats import figure, number, short_moment
from services.gateway.ledger.held import position_lines
from services.gateway.ledger.views import (
    candles_sentence,
    count_line,
    day_name,
    equity_sentence,
    group_name,
    judged_sentence,
    stats_lines,
    trip_lines,
)
from services.gateway.ledger.words import lasting, money, reason_name, say, share, won_of
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import bold, escaped, italic, joined
from services.gateway.telegram.tables import table


def ledger_card(told: LedgerShown, reader: Reader) -> Card:
    """One answer of the ledger."""
    match told:
        case TripsShown():
            return _trips(told, reader)
        case TripExplained():
            first, *rest = trip_lines(told, reader.zone, reader.language)
            return Card(joined(bold(first), *map(escaped, rest)))
        case PeriodsShown():
            return Card(_periods(told, reader))
        case PerformanceShown(pairs=pairs, releases=releases, entries=entries, exits=exits):
            parts = (("pair", pairs), ("release", releases), ("entry", entries), ("exit", exits))
            shown = joined(*(figures_block(column, groups, reader) for column, groups in parts))
            return Card(shown or escaped(say("trips.none", reader.language)))
        case StatsShown():
            lines = map(escaped, stats_lines(told, reader.language))
            return Card(joined(*lines, figures_block("exit", told.exits, reader)))
        case CountShown():
            return Card(escaped(count_line(told, reader.language)))
        case BalanceShown():
            return Card(joined(*_balance(told, reader)))
        case PositionsShown():
            return Card(joined(*map(escaped, position_lines(told, reader.language))))
        case EquityShown():
            return Card(escaped(equity_sentence(told, reader.language)))
        case CandlesShown():
            return Card(escaped(candles_sentence(told, reader.language)))
        case JudgedShown():
            return Card(escaped(judged_sentence(told, reader.language)))


def figures_block(column: str, groups: Sequence[TripFigures], reader: Reader) -> str:
    """Closed trips of each kind; `column` is pair, release, entry or exit. Empty without one."""
    if not groups:
        return ""
    language = reader.language
    rows = [
        (
            group_name(column, group, language),
            money(group.realised, language),
            figure(group.trips, ",", language),
            won_of(group.won, group.trips, language),
        )
        for group in groups
    ]
    return table(_head((column, "profit", "number", "won"), reader), rows, right="lrrr")


def _head(columns: Sequence[str], reader: Reader) -> list[str]:
    return [say(f"column.{column}", reader.language) for column in columns]


def _trips(told: TripsShown, reader: Reader) -> Card:
    language = reader.language
    if not told.trips:
        return Card(escaped(say("trips.none", language)))
    more = say("trips.more", language, shown=len(told.trips), total=told.total)
    rest = italic(more) if told.total > len(told.trips) else ""
    return Card(joined(*(_trip(trip, reader) for trip in told.trips), rest))


def _trip(trip: TripShown, reader: Reader) -> str:
    """Two lines: what it earned, and when and why."""
    language = reader.language
    legs = [leg for leg in (trip.entry, trip.exit if trip.closed else None) if leg is not None]
    why = " \N{RIGHTWARDS ARROW} ".join(reason_name(leg.reason, language) for leg in legs)
    when = short_moment(legs[-1].time_ns, reader.zone, language)[:-3] if legs else "-"
    earned = trip.profit if trip.closed else trip.open
    state = lasting(trip.seconds, language) if trip.closed else say("trips.open", language)
    part = f" ({share(trip.share, language)})" if trip.closed and trip.share is not None else ""
    head = bold(f"{trip.number}  {trip.pair}  {money(earned, language)}")
    return f"{head}{escaped(part)}\n{escaped(f'{when}, {state}: {why}')}"


def _periods(told: PeriodsShown, reader: Reader) -> str:
    language = reader.language
    rows = [
        (
            day_name(each.day, language),
            money(each.realised, language),
            share(each.share, language),
            str(each.trades),
        )
        for each in told.periods
    ]
    return table(_head((told.unit, "profit", "share", "number"), reader), rows, right="lrrr")


def _balance(told: BalanceShown, reader: Reader) -> Iterator[str]:
    language = reader.language
    if told.runs:
        equity, cash = money(told.equity, language, sign=""), money(told.cash, language, sign="")
        yield bold(say("balance.equity", language, equity=equity, cash=cash, currency=told.currency))
    else:
        yield italic(say("balance.no_trader", language))
    began, fees = money(told.began, language, sign=""), money(told.fees, language, sign="")
    yield escaped(say("balance.earned", language, began=began, realised=money(told.realised, language), fees=fees))
    rows = [(held.asset, number(held.quantity, language), money(held.value, language, sign="")) for held in told.assets]
    yield table(_head(("asset", "quantity", "value"), reader), rows, right="lrr") if rows else ""
