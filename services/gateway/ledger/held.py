"""What is open, as a table for a terminal and as lines for a phone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from core.contracts.ledger import PositionHeld, PositionsShown
from core.formats import number, short_moment
from core.language import Language
from core.text import printable
from services.gateway.ledger.words import money, reason_name, say, share

COLUMNS = ("number", "pair", "since", "quantity", "entered_at", "price", "value", "profit", "share", "stop", "why")
RIGHT = frozenset(COLUMNS[3:-1])


def positions_views(told: PositionsShown, zone: str, language: Language) -> Iterator[Table | Text]:
    """Each position in a row, and what is missing without a trader."""
    if not told.positions:
        yield Text(say("positions.none", language))
        return
    table = Table(box=None, header_style="bold")
    for column in COLUMNS:
        table.add_column(say(f"column.{column}", language), justify="right" if column in RIGHT else "left")
    for held in told.positions:
        table.add_row(*_row(held, zone, language))
    yield table
    if not told.runs:
        yield Text(say("positions.no_trader", language))


def position_lines(told: PositionsShown, language: Language) -> Iterator[str]:
    """One short line for each of them."""
    if not told.positions:
        yield say("positions.none", language)
    for held in told.positions:
        values = {"quantity": number(held.quantity, language), "price": _short(held.entry_price, language)}
        earned = f"  {money(held.profit, language)} ({share(held.share, language)})" if held.profit is not None else ""
        yield say("positions.line", language, pair=held.pair, **values) + earned
    if told.positions and not told.runs:
        yield say("positions.no_trader", language)


def _row(held: PositionHeld, zone: str, language: Language) -> Iterator[str]:
    yield str(held.number or "-")
    yield held.pair
    yield short_moment(held.since_ns, zone, language) if held.since_ns is not None else "-"
    yield number(held.quantity, language)
    yield _short(held.entry_price, language)
    yield _short(held.price, language) if held.price is not None else "-"
    yield money(held.value, language, sign="")
    yield money(held.profit, language)
    yield share(held.share, language)
    yield number(held.protected, language) if held.protected is not None else "-"
    yield printable(reason_name(held.reason, language)) if held.number is not None else "-"


def _short(price: Decimal | float, language: Language) -> str:
    """Eight digits of it, which is more than any grid has."""
    return number(float(f"{price:.8g}"), language)
