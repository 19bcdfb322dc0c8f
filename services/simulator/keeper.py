"""Writes what a simulated exchange keeps: each change of the account before anybody hears of it, the market as it goes.

The engine reports its steps as they happen and says when a step is complete; then the keeper writes one line, in the
same turn of the loop, so no answer and no event of it has left yet. The market's line is written twice a second: what a
crash can lose is half a second of prices, never anything of the account.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from services.simulator import kept
from services.simulator.generator import Generator
from services.simulator.kept import Kept, KeptList, KeptMarket, KeptOrder
from services.simulator.market import Market, PairMarket
from services.simulator.matching import Exchange
from services.simulator.orders import Fill, Order, OrderList, Report
from services.simulator.tape import BarRow

BEAT_SECONDS: Final = 0.5


class Keeper:
    """Keeps one exchange in one folder, which it has locked. `about` is what the folder held before this start."""

    def __init__(
        self,
        folder: Path,
        about: Kept,
        market: Market,
        generator: Generator,
        exchange: Exchange,
        *,
        kept_closed: int,
        log_bytes: int,
    ) -> None:
        """`kept_closed` and `log_bytes` are those of `SimSettings`."""
        self._folder, self._about = folder, about
        self._kept_closed, self._log_bytes = kept_closed, log_bytes
        self._market, self._generator, self._exchange = market, generator, exchange
        self._aside = [state for state in about.markets if state.pair.symbol not in market.by_symbol]
        self._number, self._log, self._written = about.number, -1, 0
        self._assets: set[str] = set()
        self._orders: dict[int, Order] = {}
        self._fills: list[Fill] = []
        self._lists: dict[int, OrderList] = {}
        self._bars_from = {state.symbol: 0 for state in market.pairs}
        exchange.reporters.append(self._on_report)
        exchange.balance_reporters.append(lambda assets, _: self._assets.update(assets))
        exchange.list_reporters.append(lambda made, _: self._lists.update({made.list_id: made}))
        exchange.on_step = self.step
        self.snapshot()

    def _on_report(self, report: Report) -> None:
        self._orders[report.order.order_id] = report.order
        if report.fill is not None:
            self._fills.append(report.fill)

    def step(self) -> None:
        """The engine's step is complete: write what it changed."""
        if not self._orders and not self._lists:
            return
        balances = self._exchange.balances
        change = Kept(
            version=kept.VERSION,
            time_ms=self._market.last_ms,
            reports=self._exchange.reports,
            next_order=self._exchange.next_order,
            next_list=self._exchange.next_list,
            balances={asset: (balances[asset].free, balances[asset].locked) for asset in self._assets},
            orders=[order_state(order) for order in self._orders.values()],
            fills=self._fills,
            lists=[list_state(made) for made in self._lists.values()],
        )
        self._write(change)
        self._assets, self._orders, self._fills, self._lists = set(), {}, [], {}

    def beat(self) -> None:
        """Write where the market stands."""
        states = [self._market_state(pair) for pair in self._market.pairs]
        self._write(Kept(version=kept.VERSION, time_ms=self._market.last_ms, markets=states))
        if self._written > self._log_bytes:
            self.snapshot()

    async def run(self) -> None:
        """Beat for as long as the market lives."""
        await self._market.begun.wait()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.beat()

    def snapshot(self) -> None:
        """Write everything, and begin a new log."""
        exchange, about = self._exchange, self._about
        self._number += 1
        self._bars_from = dict.fromkeys(self._bars_from, 0)
        orders = list(exchange.orders.values())
        done = [order for order in orders if not order.is_open][-self._kept_closed :]
        pairs = [made for made in exchange.lists.values() if made.is_open] + [
            made for made in exchange.lists.values() if not made.is_open
        ][-self._kept_closed :]
        known = {order.order_id: order for order in done} | {order.order_id: order for order in exchange.open_orders()}
        known |= {order.order_id: order for made in pairs for order in made.orders}
        everything = Kept(
            version=kept.VERSION,
            number=self._number,
            began_ms=about.began_ms,
            starts=about.starts,
            seed=about.seed,
            deposited=about.deposited,
            time_ms=self._market.last_ms,
            reports=exchange.reports,
            next_order=exchange.next_order,
            next_list=exchange.next_list,
            balances={asset: (balance.free, balance.locked) for asset, balance in exchange.balances.items()},
            orders=[order_state(known[number]) for number in sorted(known)],
            fills=exchange.trades[-self._kept_closed :],
            lists=[list_state(made) for made in pairs],
            markets=[*map(self._market_state, self._market.pairs), *self._aside],
        )
        kept.write_snapshot(self._folder, everything)
        exchange.forget(known, self._kept_closed)
        self._begin_log()

    def close(self) -> None:
        """Write everything for the last time; nothing may change any more."""
        self.snapshot()
        os.close(self._log)
        self._log = -1

    def _begin_log(self) -> None:
        if self._log >= 0:
            os.close(self._log)
        path = kept.log_of(self._folder, self._number)
        self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._written = 0

    def _write(self, change: Kept) -> None:
        if self._log < 0:
            return  # the exchange has ended
        line = kept.encode(change)
        try:
            written = os.write(self._log, line)
        except OSError as error:
            self._die(str(error))
        if written != len(line):
            self._die(f"it took {written} of {len(line)} bytes; is the disk full?")
        self._written += written

    def _die(self, why: str) -> NoReturn:
        """End the exchange on the spot: what is not kept must not be heard of, and answers wait in this very turn."""
        print(f"sim: {self._folder} cannot be written: {why}", file=sys.stderr, flush=True)
        os._exit(1)

    def _market_state(self, state: PairMarket) -> KeptMarket:
        walk, tape = self._generator.walks[state.index], state.tape
        last = tape.trades[-1] if tape.trades else None
        begun = self._bars_from[state.symbol]
        bars: list[BarRow] = []
        for bar in reversed(tape.minutes[-kept.KEPT_MINUTES :]):
            if bar.open_ms < begun:
                break
            bars.append(bar.row())
        if bars:
            self._bars_from[state.symbol] = bars[0][0]
        return KeptMarket(
            pair=state.grid.pair,
            price=walk.price,
            pressure=walk.pressure,
            regime=walk.regime.name,
            regime_seconds=walk.seconds_left,
            anchor=walk.anchor,
            next_trade=tape.next_id,
            last_trade=(last.time_ms, last.ticks, last.lots, last.buyer_is_maker) if last else (0, 0, 0, False),
            update_id=state.book.update_id,
            bars=bars[::-1],
        )


def order_state(order: Order) -> KeptOrder:
    return KeptOrder(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        ticks=order.ticks,
        lots=order.lots,
        quote_quantity=order.quote_quantity,
        created_ms=order.created_ms,
        updated_ms=order.updated_ms,
        status=order.status,
        stop_ticks=order.stop_ticks,
        working_ms=order.working_ms,
        filled_lots=order.filled_lots,
        filled_value=order.filled_value,
        locked=order.locked,
        cancel_id=order.cancel_id,
        list_id=order.list_id,
    )


def list_state(made: OrderList) -> KeptList:
    return KeptList(
        list_id=made.list_id,
        client_list_id=made.client_list_id,
        symbol=made.symbol,
        created_ms=made.created_ms,
        order_ids=tuple(order.order_id for order in made.orders),
    )
