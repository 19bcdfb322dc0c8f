"""An exchange goes on from what was kept: the account to the last report, each pair's market from where it stood.

What the machine's clock did meanwhile is no market time: the market stood still. Orders that were on their way when the
exchange ended, and would not have rested, expire; those that rested or waited for their price do so again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from core.contracts import Pair
from services.simulator import kept
from services.simulator.balances import Balance
from services.simulator.clock import wall_ms
from services.simulator.grid import Grid
from services.simulator.kept import SNAPSHOT, VERSION, DamagedError, Kept, KeptMarket, KeptOrder
from services.simulator.market import Market
from services.simulator.matching import Exchange
from services.simulator.orders import OPEN, Order, OrderList
from services.simulator.settings import SimSettings


def opened(settings: SimSettings, folder: Path) -> tuple[SimSettings, Kept]:
    """The settings to go on with, and what was kept; a new account where nothing was. Raises DamagedError.

    Pairs of which something that can be sold is held, or that have open orders, are added to those that were asked for,
    and the pace is raised so that the asked ones get as many events as without them.
    """
    found = kept.load(folder)
    if found is None:
        begun = Kept(
            version=VERSION, began_ms=wall_ms(), starts=1, seed=settings.seed, deposited=dict(settings.balances)
        )
        return settings, begun
    _check_grids(settings.pairs, found, folder)
    added = [market.pair for market in found.markets if _is_needed(market, found, settings)]
    pairs = (*settings.pairs, *added)
    rate = settings.events_per_second * len(pairs) / len(settings.pairs)
    found.starts += 1
    return (
        dataclasses.replace(
            settings,
            pairs=pairs,
            seed=found.seed,
            chapter=found.starts,
            start_ms=found.time_ms,
            events_per_second=rate,
        ),
        found,
    )


def kept_total(amounts: tuple[Decimal, Decimal]) -> Decimal:
    """Free and locked together."""
    return amounts[0] + amounts[1]


def _check_grids(pairs: tuple[Pair, ...], found: Kept, folder: Path) -> None:
    """Everything is kept in ticks and lots, so they must be the same ones."""
    grids = {market.pair.symbol: (market.pair.price_tick, market.pair.lot) for market in found.markets}
    for pair in pairs:
        if grids.get(pair.symbol, (pair.price_tick, pair.lot)) != (pair.price_tick, pair.lot):
            raise DamagedError(f"{folder / SNAPSHOT} counts {pair.symbol} in other ticks or lots than this version.")


def _is_needed(market: KeptMarket, found: Kept, settings: SimSettings) -> bool:
    pair = market.pair
    if pair in settings.pairs or pair.symbol in {asked.symbol for asked in settings.pairs}:
        return False
    held = kept_total(found.balances.get(pair.base, (Decimal(0), Decimal(0))))
    worth = held * Decimal(repr(market.price))
    open_here = any(order.symbol == pair.symbol and order.status in OPEN for order in found.orders)
    return open_here or (held > 0 and worth >= pair.min_notional)


def restore_account(exchange: Exchange, market: Market, found: Kept) -> None:
    """Balances, orders and fills, and each open order where it was."""
    for asset, (free, locked) in found.balances.items():
        exchange.balances[asset] = Balance(free, locked)
    lists = {
        made.list_id: OrderList(made.list_id, made.client_list_id, made.symbol, made.created_ms) for made in found.lists
    }
    grids = {state.pair.symbol: Grid(state.pair) for state in found.markets}
    grids |= {state.symbol: state.grid for state in market.pairs}
    for row in found.orders:
        exchange.restore(_order(row, grids))
    for made in found.lists:
        members = [exchange.orders[number] for number in made.order_ids if number in exchange.orders]
        if len(members) == len(made.order_ids):
            lists[made.list_id].orders = members
            for order in members:
                order.pair = lists[made.list_id]
            exchange.lists[made.list_id] = lists[made.list_id]
    for fill in found.fills:
        exchange.trades.append(fill)
        if fill.order_id in exchange.orders:
            exchange.orders[fill.order_id].fills.append(fill)
    exchange.next_order = max(found.next_order, 1)
    exchange.next_list = max(found.next_list, max(exchange.lists, default=0) + 1)
    exchange.reports = found.reports
    exchange.take_up()


def _order(row: KeptOrder, grids: Mapping[str, Grid]) -> Order:
    return Order(
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        grid=grids[row.symbol],
        side=row.side,
        type=row.type,
        time_in_force=row.time_in_force,
        ticks=row.ticks,
        lots=row.lots,
        quote_quantity=row.quote_quantity,
        created_ms=row.created_ms,
        updated_ms=row.updated_ms,
        stop_ticks=row.stop_ticks,
        working_ms=row.working_ms,
        status=row.status,
        filled_lots=row.filled_lots,
        filled_value=row.filled_value,
        locked=row.locked,
        cancel_id=row.cancel_id,
    )
