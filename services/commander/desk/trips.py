"""Round trips as their owner asks for them: a list, or one with what decided each of its ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.contracts.figures import Position, TraderStatus
from core.contracts.ledger import FillMark, TripExplained, TripLeg, TripShown, TripsShown
from core.contracts.reasons import Reason
from core.errors import ConfigurationError
from services.commander.desk.accounts import Account, newest, owners_span, rounded, status_of, symbol_of
from services.commander.desk.explaining import about_rule, decided
from services.commander.naming import short
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.trader.accounts import Leg, Span, Trip
from services.trader.journal import decode
from services.trader.orders import Fill, Order, Protection

ALWAYS = Span(0, 1 << 63)


async def trips(deployment: Deployment, pair: str, period: str, limit: int, release: str = "") -> TripsShown:
    """The newest round trips of a pair, or of all; of a period those that ended in it, and what is open while it lasts.

    Of a release those that it entered or left, by the beginning of its tree's or its commit's name.

    Raises ConfigurationError for a period that is none.
    """
    context, status = deployment.context, await status_of(deployment)
    account = await context.read(newest, context)
    symbol = symbol_of(account.story, pair) if pair else ""
    now_ns = max(time.time_ns(), account.story.last_ns)
    span = owners_span(period, context.settings.time_zone, now_ns) if period else ALWAYS
    found = [
        trip
        for trip in reversed(account.story.trips)
        if symbol in ("", trip.symbol) and _is_in(trip, span, now_ns) and _is_of(trip, release)
    ]
    return TripsShown(
        account=account.kind,
        currency=account.story.currency,
        pair=symbol,
        period=period,
        total=len(found),
        trips=await context.read(shown_all, context, found[:limit], status),
    )


async def trip(deployment: Deployment, wanted: str) -> TripExplained:
    """A round trip by its number, or by the client id of one of its orders. Raises ConfigurationError for no such."""
    context, status = deployment.context, await status_of(deployment)
    account = await context.read(newest, context)
    found = next((trip for trip in account.story.trips if wanted in (str(trip.number), *trip.orders)), None)
    if found is None or account.folder is None:
        raise ConfigurationError(f"There is no trade {short(wanted)!r}.", "`trades` lists them with their numbers.")
    return await context.edit(_explained, context, account, account.folder, found, status)


def shown_all(context: Context, found: list[Trip], status: TraderStatus | None) -> list[TripShown]:
    """As they are told."""
    positions = {each.pair: each for each in status.positions} if status is not None else {}
    texts = Texts(context)
    return [shown(trip, positions, texts) for trip in found]


class Texts:
    """The sentences of changes, each looked up once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, str] = {"": ""}

    def of(self, change: str) -> str:
        """What the owner said; empty for a change that is not known."""
        if change not in self._known:
            found = self._context.changes.get(change)
            self._known[change] = found.utterance.text if found is not None else ""
        return self._known[change]


def shown(trip: Trip, positions: Mapping[str, Position], texts: Texts) -> TripShown:
    """One of them."""
    held = positions.get(trip.symbol) if not trip.closed else None
    return TripShown(
        number=trip.number,
        pair=trip.symbol,
        closed=trip.closed,
        entry=_leg(trip.entry),
        exit=_leg(trip.exit),
        paid=rounded(trip.paid),
        profit=rounded(trip.profit),
        share=round(trip.share, 8) if trip.share is not None else None,
        fees=rounded(trip.fees),
        seconds=round(trip.seconds, 3) if trip.seconds is not None else None,
        open=held.quantity * (held.price - held.entry_price) if held is not None else None,
        text=texts.of(trip.entry.cause.change) if trip.entry is not None else "",
    )


def _leg(leg: Leg | None) -> TripLeg | None:
    if leg is None:
        return None
    return TripLeg(
        order=leg.order,
        time_ns=leg.time_ns,
        quantity=rounded(leg.quantity),
        price=rounded(leg.price),
        reason=leg.cause.reason,
        release=leg.cause.release,
        commit=leg.cause.commit,
        change=leg.cause.change,
    )


def _is_in(trip: Trip, span: Span, now_ns: int) -> bool:
    if not trip.closed:
        return span.holds(now_ns)
    return trip.exit is not None and span.holds(trip.exit.time_ns)


def _is_of(trip: Trip, release: str) -> bool:
    causes = [leg.cause for leg in (trip.entry, trip.exit) if leg is not None]
    return not release or any(name.startswith(release) for cause in causes for name in (cause.release, cause.commit))


def _explained(
    context: Context, account: Account, folder: Path, trip: Trip, status: TraderStatus | None
) -> TripExplained:
    texts = Texts(context)
    orders, fills = _traded(folder / "journal", trip)
    entry = orders.get(trip.entry.order) if trip.entry is not None else None
    left = orders.get(trip.exit.order) if trip.exit is not None else None
    marks = [
        FillMark(
            time_ns=fill.time_ns,
            side=fill.side,
            price=fill.price,
            quantity=fill.quantity,
            order=fill.client_id,
            reason=orders[fill.client_id].reason if fill.client_id in orders else "",
        )
        for fill in fills
    ]
    return TripExplained(
        account=account.kind,
        currency=account.story.currency,
        trip=shown_all(context, [trip], status)[0],
        entry_why=_why(folder, entry),
        exit_why=_why(folder, left),
        entry_about=about_rule(context, entry) if entry is not None else "",
        exit_about=about_rule(context, left) if left is not None else "",
        exit_text=texts.of(left.change) if left is not None else "",
        fills=marks,
    )


def _why(folder: Path, order: Order | None) -> Reason | None:
    """What decided it; of what was decided by no event nothing was kept."""
    return decided(folder, order) if order is not None and order.sequence else None


def _traded(journal: Path, trip: Trip) -> tuple[dict[str, Order], list[Fill]]:
    """The orders of a trip by their client id, and its trades, oldest first."""
    data = journal.read_bytes()
    orders: dict[str, Order] = {}
    fills: list[Fill] = []
    for client_id in trip.orders:
        for line in _lines_with(data, client_id):
            match decode(line):
                case Order(client_id=found) as order if found == client_id:
                    orders[client_id] = order
                case Protection(client_id=found) as protection if found == client_id:
                    orders[client_id] = protection.as_order()
                case Fill(client_id=found) as fill if found == client_id:
                    fills.append(fill)
    return orders, sorted(fills, key=lambda fill: (fill.time_ns, fill.trade_id))


def _lines_with(data: bytes, client_id: str) -> Iterator[bytes]:
    """The whole lines in which an order is named; a search in bytes takes a tenth of a look at each line."""
    wanted, at = f'"{client_id}"'.encode(), 0
    while (found := data.find(wanted, at)) >= 0:
        begin, at = data.rfind(b"\n", 0, found) + 1, data.find(b"\n", found) + 1
        if at == 0:
            return
        yield data[begin:at]
