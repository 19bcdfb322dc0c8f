"""From a decision to an order, and from an order to its end.

An order is written to the ledger before the wire. One without an answer is UNKNOWN: it is asked for by its client id
until the exchange knows, or until the exchange would refuse a late arrival by itself (its receive window has passed)
and still knows nothing of it. It is never sent again. While an order of a pair is under way, that pair gets no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Final

from msgspec import structs

from core.errors import ExchangeError
from core.kernel import BUY, NANOSECONDS, SELL
from core.releases import NO_RELEASE, Release
from core.settings import Settings
from core.tasks import start_task
from services.trader.exchanges.clock import CLOCKS_APART_MS
from services.trader.exchanges.protocol import Exchange
from services.trader.fee_prices import FeePrices
from services.trader.feed import Feed
from services.trader.host import Decision
from services.trader.ledger import Ledger
from services.trader.limits import Limits
from services.trader.orders import CLOCK_REFUSED, Answer, Fill, Order, Protection, Side, Status
from services.trader.portfolio import Holding, closing_price, limit_price, smallest_order, to_grid
from services.trader.protecting import NOT_REPLACED, Protecting
from services.trader.risk import KEPT_FOR_FEES, Denied, Trading, View, check, trading_state
from services.trader.valuation import Valuation

DENIED_REST_NS: Final = NANOSECONDS  # a pair whose order was denied is not asked about again for a second
NOT_TAKEN_REST_NS: Final = NANOSECONDS // 5  # an exit that met its protection on the move, or just triggered
ASK_AGAIN_SECONDS: Final = 0.25
ASK_AGAIN_LONGEST_SECONDS: Final = 5.0
SHORT: Final = -2010
"""The code of a refusal: the account has less than the order sells (Binance, errors.md)."""
NO_BALANCE: Final = "insufficient balance"
"""Of the refusals with that code, says that it is so."""
SENT_ANEW: Final = "r"
"""Ends the id of a closing order that was refused for its time and sent anew; once more for each time."""
MOST_SENT_ANEW: Final = 3


class Execution:
    """Sends orders and follows them. Hears the exchange as OrderListener."""

    def __init__(
        self,
        exchange: Exchange,
        ledger: Ledger,
        feed: Feed,
        valuation: Valuation,
        limits: Limits,
        settings: Settings,
        *,
        kill_file: Path,
        tell: Callable[..., None],
        on_fault: Callable[[str, str, str], None],
    ) -> None:
        self.paused = False
        self.unreconciled = False  # books and exchange could not be compared: positions are only closed
        self.not_trading: dict[str, str] = {}  # symbol -> its status at the exchange, which takes no order for it
        self.on_rejected: Callable[[str], None] = lambda _: None  # hears the pair of an order that was refused
        self.held_back: dict[str, str] = {}  # symbol -> why its position is only closed
        self.on_short: Callable[[str], None] = lambda _: (
            None
        )  # hears that the exchange has less, or less that is free, than we
        self.stopped = False  # for good: the trader ends, or something happened that nobody planned
        self.connected = asyncio.Event()
        self.release = NO_RELEASE  # who decides; what the trader orders by itself is put down to it
        self.last_sent_ns = 0  # monotonic: when the last order's bytes were written
        self._exchange, self._ledger, self._feed = exchange, ledger, feed
        self._feeds = {pair.symbol: pair for pair in feed.pairs}
        self._valuation, self._limits = valuation, limits
        self._trader, self._recv_window_ms = settings.trader, settings.exchange.recv_window_ms
        self._kill_file = str(kill_file)
        self._tell, self._on_fault = tell, on_fault
        self._resting: dict[str, tuple[int, str]] = {}  # symbol -> until (monotonic ns), code of the last denial
        self._asking: dict[str, asyncio.Task[None]] = {}
        self.fees = FeePrices(exchange, ledger, on_fault)
        self.protecting = Protecting(exchange, ledger, limits, settings, self, tell=tell, on_fault=on_fault)
        ledger.on_record = self.protecting.hear
        self._anew: set[asyncio.Task[None]] = set()  # closing orders that wait for the clock to be measured
        self.measure_clock = exchange.measure_clock  # returns once the exchange's time is known
        self._collar = limits.price_collar / 2  # half for us, half for the market to move before the check

    @property
    def trading(self) -> Trading:
        """What may be done now; the kill switch is looked at each time."""
        killed = self.stopped or os.path.exists(self._kill_file)  # noqa: PTH110 - a third of pathlib's time, at each order
        return trading_state(
            killed=killed,
            paused=self.paused,
            lost_today=self._valuation.lost_today,
            unreconciled=self.unreconciled,
        )

    # Orders out -------------------------------------------------------------------------------------------------------

    def act(self, pair: int, decision: Decision, release: Release, reason: str, time_ns: int) -> bool:
        """Carry out a decision of `release`, if it asks for something that is not so already.

        True when an order was written.
        """
        feed = self._feed.pairs[pair]
        holding = self._ledger.portfolio.holdings[feed.symbol]
        if decision.action == BUY and holding.size == 0.0:
            side = Side.BUY
        elif decision.action == SELL and holding.size > 0.0:
            side = Side.SELL
        else:
            return False
        return self._order(holding, side, decision.size, decision.sequence, "", release, reason, time_ns)

    def force_exit(self, pair: int, sequence: int, reason: str, time_ns: int) -> bool:
        """Close a position for the trader's own reason, whatever the strategy says."""
        holding = self._ledger.portfolio.holdings[self._feed.pairs[pair].symbol]
        return self._order(holding, Side.SELL, 0.0, sequence, "x", self.release, reason, time_ns)

    def _order(
        self,
        holding: Holding,
        side: Side,
        size: float,
        sequence: int,
        mark: str,
        release: Release,
        reason: str,
        time_ns: int,
    ) -> bool:
        symbol = holding.pair.symbol
        if self.stopped or symbol in self._ledger.portfolio.under_way or self._trader.mode == "shadow":
            return False
        now = time.monotonic_ns()
        rest_until, last_code = self._resting.get(symbol, (0, ""))
        if now < rest_until:
            return False
        committed = self._ledger.portfolio.committed()
        wanted = Decimal(repr(self._valuation.equity * size))
        order = self._draft(holding, side, wanted, f"{sequence}{mark}", sequence, release, reason, time_ns, committed)
        if order.client_id in self._ledger.portfolio.statuses:
            return False  # this event has had its order: what that left is for the next event
        view = self._view(order, now, committed, wanted)
        denied = check(order, self._limits, view, stale_seconds=self._trader.stale_seconds)
        denied = denied or self._refused_by_exchange(symbol)
        if denied is not None:
            self._resting[symbol] = (now + DENIED_REST_NS, denied.code)
            if denied.code != last_code:
                self._tell_denied(order, denied)
            return False
        self._resting.pop(symbol, None)
        return (side is Side.BUY or self.protecting.frees(symbol)) and self._send(order)

    def _refused_by_exchange(self, symbol: str) -> Denied | None:
        """What the exchange would refuse as things are: it is not asked, and the owner is told once."""
        if (seconds := self._exchange.ban.orders_left()) > 0.0:
            return Denied("banned", f"the exchange wants no request for {seconds:.0f} s")
        if (status := self.not_trading.get(symbol)) is not None:
            return Denied("not_trading", f"the exchange takes no order for {symbol}: its status is {status}")
        return None

    def _draft(
        self,
        holding: Holding,
        side: Side,
        wanted: Decimal,
        suffix: str,
        sequence: int,
        release: Release,
        reason: str,
        time_ns: int,
        committed: Mapping[str, Decimal],
    ) -> Order:
        portfolio = self._ledger.portfolio
        pair = holding.pair
        feed = self._feeds[pair.symbol]
        touch = (feed.ask if side is Side.BUY else feed.bid) or holding.price
        if side is Side.BUY:
            price = limit_price(pair, side, touch, self._collar)
            free = max((portfolio.cash - sum(committed.values())) * KEPT_FOR_FEES, Decimal(0))
            quantity = to_grid(min(wanted, free) / price, pair.lot, ROUND_FLOOR) if price > 0 else Decimal(0)
        else:
            quantity = holding.sellable
            price = closing_price(pair, touch, self._collar, quantity)
        return Order(
            client_id=f"s{portfolio.epoch}-{release.tree_hash[:8]}-{suffix}",
            symbol=pair.symbol,
            side=side,
            quantity=quantity,
            price=price,
            time_ns=time_ns,
            epoch=portfolio.epoch,
            release=release.tree_hash,
            sequence=sequence,
            reason=reason,
            commit=release.commit,
            change=release.change,
            message=release.message,
        )

    def _view(self, order: Order, now_ns: int, committed: Mapping[str, Decimal], wanted: Decimal) -> View:
        portfolio = self._ledger.portfolio
        buying = sum(committed.values(), Decimal(0))
        own = portfolio.holdings[order.symbol]
        open_positions = len(portfolio.held | committed.keys()) - (order.symbol in portfolio.held)
        entries, exits = portfolio.orders_since(order.time_ns)
        return View(
            trading=self.trading,
            last_price=Decimal(repr(own.price)),
            price_age_seconds=(now_ns - self._priced_ns(order)) / NANOSECONDS,
            position_quantity=own.there,
            position_value=Decimal(own.amount * own.price) + committed.get(order.symbol, Decimal(0)),
            total_exposure=Decimal(self._valuation.exposure) + buying,
            open_positions=open_positions,
            free_cash=portfolio.cash - buying,
            entries_last_minute=entries,
            exits_last_minute=exits,
            smallest_order=smallest_order(own.pair, order.price),
            wanted=wanted,
            held_back=self.held_back.get(order.symbol, ""),
        )

    def _priced_ns(self, order: Order) -> int:
        """When the price was told that decides on the order; to close a position, one that was asked for will do."""
        feed = self._feeds[order.symbol]
        return feed.heard_ns if order.side is Side.BUY else max(feed.heard_ns, feed.asked_ns)

    def _send(self, order: Order) -> bool:
        self._ledger.record(order)
        sent = self._exchange.place(order) if order.side is Side.BUY else self.protecting.send_exit(order)
        if not sent:
            self.on_answer(Answer(order.client_id, Status.REJECTED, "no connection: nothing was written"))
            return False
        self.last_sent_ns = time.monotonic_ns()
        asyncio.get_running_loop().call_later(
            self._trader.order_timeout_ms / 1000, self._ask_if_open, order, "no answer in time"
        )
        return True

    def _tell_denied(self, order: Order, denied: Denied) -> None:
        self._tell("denied", pair=order.symbol, side=order.side, code=denied.code, detail=denied.detail)

    # What the exchange says -------------------------------------------------------------------------------------------

    def on_answer(self, answer: Answer) -> None:
        """An order's state changed."""
        order = self._ledger.portfolio.open_orders.get(answer.client_id)
        if order is None:
            self.protecting.on_answer(answer)
            if answer.code == SHORT and NO_BALANCE in answer.detail:
                self.on_short("")
            return
        if not self._ledger.record(answer):
            return
        if answer.status is Status.UNKNOWN:
            self._ask(order, answer.detail)
        elif answer.status is Status.REJECTED:
            rest_ns = NOT_TAKEN_REST_NS if answer.code == NOT_REPLACED else DENIED_REST_NS
            self._resting[order.symbol] = (time.monotonic_ns() + rest_ns, "rejected")
            self.protecting.exit_refused(order, answer)
            self._tell("rejected", pair=order.symbol, side=order.side, order=order.client_id, detail=answer.detail)
            self.on_rejected(order.symbol)
            if order.side is Side.SELL and answer.code == SHORT:
                self.on_short(order.symbol)
            if answer.code == CLOCK_REFUSED and order.side is Side.SELL:
                task = start_task(self._close_anew(order))
                self._anew.add(task)
                task.add_done_callback(self._anew.discard)
        elif answer.status is Status.CANCELED and answer.client_id not in self._ledger.portfolio.filled:
            self._tell("unfilled", pair=order.symbol, side=order.side, price=order.price, order=order.client_id)

    async def _close_anew(self, order: Order) -> None:
        """A closing order was refused for its time alone: it closes all the same, under an id of its own.

        An entry is not sent anew: what was a good price then need not be one now.
        """
        mark = order.client_id.rpartition("-")[2].lstrip("0123456789") + SENT_ANEW
        if mark.count(SENT_ANEW) > MOST_SENT_ANEW:
            return
        try:
            await self.measure_clock()
        except ExchangeError:
            return
        holding = self._ledger.portfolio.holdings.get(order.symbol)
        if holding is None or holding.size <= 0.0:
            return
        self._resting.pop(order.symbol, None)
        release = structs.replace(
            self.release, tree_hash=order.release, commit=order.commit, change=order.change, message=order.message
        )
        self._order(holding, order.side, 0.0, order.sequence, mark, release, order.reason, order.time_ns)

    def on_fill(self, fill: Fill) -> None:
        """An order traded. What is not ours, or is of a pair that we do not trade, is not ours to count."""
        if fill.client_id not in self._ledger.portfolio.statuses or not self._ledger.record(self.fees.priced(fill)):
            return
        if self._ledger.portfolio.unpriced:
            self.fees.ask()
        self._valuation.revalue()
        self._tell(
            "fill",
            pair=fill.symbol,
            side=fill.side,
            quantity=fill.quantity,
            price=fill.price,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            order=fill.client_id,
        )

    def on_orders_connected(self) -> None:
        """Orders can be sent. After a loss, what is open is asked for."""
        for order in list(self._ledger.portfolio.open_orders.values()):
            self._ask(order, "the connection was renewed")
        self.connected.set()
        self.protecting.on_orders_connected()

    def on_orders_lost(self, reason: str) -> None:
        """Orders cannot be sent."""
        self.connected.clear()
        self._on_fault("orders_lost", "account", reason)

    # Orders whose outcome is unknown ----------------------------------------------------------------------------------

    def _ask_if_open(self, order: Order, why: str) -> None:
        if order.client_id in self._ledger.portfolio.open_orders and not self.stopped:
            self._ask(order, why)

    def _ask(self, order: Order, why: str) -> None:
        if order.client_id in self._asking:
            return
        self._on_fault("order_unknown", order.client_id, why)
        self._ledger.record(Answer(order.client_id, Status.UNKNOWN, why))
        task = start_task(self.settle(order))
        self._asking[order.client_id] = task
        task.add_done_callback(lambda _: self._asking.pop(order.client_id, None))

    async def settle(self, order: Order) -> None:
        """Ask for an order until its end is known; however long that takes, its pair waits."""
        gives_up_ns = time.monotonic_ns() + (self._recv_window_ms + CLOCKS_APART_MS) * 1_000_000
        pause = ASK_AGAIN_SECONDS
        while order.client_id in self._ledger.portfolio.open_orders:
            try:
                answer, executed = await self._exchange.order_status(order.symbol, order.client_id)
            except ExchangeError as error:
                too_late = time.monotonic_ns() > gives_up_ns or self.protecting.proves_refused(order)
                if error.unknown_order and not self._filled(order) and too_late:
                    self.on_answer(Answer(order.client_id, Status.REJECTED, "it never arrived"))
                    return
            else:
                if await self.knows_fills(order, executed) and answer.status.closed:
                    self.on_answer(answer)
                    return
            await asyncio.sleep(pause)  # the exchange does not know yet, or does not answer
            pause = min(pause * 2, ASK_AGAIN_LONGEST_SECONDS)

    async def knows_fills(self, order: Order | Protection, executed: Decimal) -> bool:
        """Whether the ledger has every trade of an order; those that it lacks are asked for."""
        if self._filled(order) < executed:
            with contextlib.suppress(ExchangeError):
                for fill in await self._exchange.order_fills(order.symbol, order.client_id):
                    self.on_fill(fill)
        return self._filled(order) >= executed

    def _filled(self, order: Order | Protection) -> Decimal:
        return self._ledger.portfolio.filled.get(order.client_id, Decimal(0))

    async def cancel_all(self) -> None:
        """Take every open order off the book but protection; part of the kill switch."""
        for order in list(self._ledger.portfolio.open_orders.values()):
            try:
                await self._exchange.cancel(order.symbol, order.client_id)
            except ExchangeError as error:
                self._on_fault("cancel_failed", order.client_id, str(error))

    async def close(self) -> None:
        """Stop asking."""
        await self.protecting.close()
        await self.fees.close()
        tasks = [*self._asking.values(), *self._anew]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
