"""From a decision to an order, and from an order to its end: intent, size, risk, ledger, wire.

An order is written to the ledger before the wire. One without an answer is UNKNOWN, and asked for (`settling.py`).
While an order of a pair is under way, that pair gets no other.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec import structs

from core.contracts.events import Denied as DeniedTold
from core.contracts.events import Event, Filled, Rejected, Unfilled
from core.errors import ExchangeError
from core.kernel import BUY, NANOSECONDS, SELL
from core.releases import NO_RELEASE, Release
from core.settings import Settings
from core.tasks import start_task
from services.trader.books import ZERO, Holding
from services.trader.exchanges.protocol import Exchange
from services.trader.fee_prices import FeePrices
from services.trader.feed import Feed
from services.trader.host import Decision
from services.trader.journal import encode
from services.trader.ledger import Ledger
from services.trader.limits import Limits
from services.trader.orders import CLOCK_REFUSED, Answer, Fill, Order, Protection, Side, Status
from services.trader.protecting import Protecting
from services.trader.protective_exits import NOT_REPLACED
from services.trader.risk import Denied, Trading, View, check, trading_state
from services.trader.settling import Settling
from services.trader.sizing import Collar, Intent, Purse, sized, smallest_order
from services.trader.timing import USUAL, Timing
from services.trader.valuation import Valuation

SHORT: Final = -2010
"""The code of a refusal: the account has less than the order sells (Binance, errors.md)."""
NO_BALANCE: Final = "insufficient balance"
"""Of the refusals with that code, says that it is so."""
FORCED: Final = "x"
"""Ends the id of a closing order that the trader sends for a reason of its own."""
SENT_ANEW: Final = "r"
"""Ends the id of a closing order that was refused for its time and sent anew; once more for each time."""
MOST_SENT_ANEW: Final = 3
REHEARSED_SIZE: Final = 0.1  # of the equity: an order that usually passes every check


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
        tell: Callable[[Event], None],
        on_fault: Callable[[str, str, str], None],
        timing: Timing = USUAL,
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
        self._exchange, self._ledger, self._portfolio = exchange, ledger, ledger.portfolio
        self._feeds = {pair.symbol: pair for pair in feed.pairs}
        self._holdings = [ledger.portfolio.holdings[pair.symbol] for pair in feed.pairs]
        self._valuation, self._limits = valuation, limits
        self._shadow, self._stale_seconds = settings.trader.mode == "shadow", settings.trader.stale_seconds
        self._order_timeout_seconds = settings.trader.order_timeout_ms / 1000
        self._kill_file = str(kill_file)
        self._tell, self._on_fault, self._timing = tell, on_fault, timing.orders
        self._resting: dict[str, tuple[int, str]] = {}  # symbol -> until (monotonic ns), code of the last denial
        self.fees = FeePrices(exchange, ledger, timing.orders.pricing, on_fault)
        self.protecting = Protecting(
            exchange, ledger, limits, settings, self, timing.protection, tell=tell, on_fault=on_fault
        )
        ledger.on_record = self.protecting.hear
        self.settling = Settling(
            *(exchange, ledger, settings.exchange.recv_window_ms, timing.orders),
            on_answer=self.on_answer,
            on_fill=self.on_fill,
            on_fault=on_fault,
            proves_refused=self.protecting.exits.proves_refused,
        )
        self._anew: set[asyncio.Task[None]] = set()  # closing orders that wait for the clock to be measured
        self.measure_clock = exchange.measure_clock  # returns once the exchange's time is known
        self._collar = Collar(limits.price_collar / 2)  # half for us, half for the market to move before the check

    def stop(self) -> None:
        """Send no order from here on."""
        self.stopped = True

    @property
    def trading(self) -> Trading:
        """What may be done now; the kill switch is looked at each time."""
        # The cheapest look at a file: `Path.exists` takes three times as long, at each order.
        killed = self.stopped or os.access(self._kill_file, os.F_OK)
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
        holding = self._holdings[pair]
        if decision.action == BUY and holding.size == 0.0:
            side = Side.BUY
        elif decision.action == SELL and holding.size > 0.0:
            side = Side.SELL
        else:
            return False
        return self._order(holding, Intent(side, decision.size, decision.sequence, release, reason, time_ns))

    def force_exit(self, pair: int, sequence: int, reason: str, time_ns: int) -> bool:
        """Close a position for the trader's own reason, whatever the strategy says. True when an order was written."""
        intent = Intent(Side.SELL, 0.0, sequence, self.release, reason, time_ns, FORCED)
        return self._order(self._holdings[pair], intent)

    def _order(self, holding: Holding, intent: Intent) -> bool:
        """Intent, size, risk; then ledger and wire."""
        symbol, portfolio = holding.pair.symbol, self._portfolio
        if self.stopped or symbol in portfolio.under_way or self._shadow:
            return False
        now = time.monotonic_ns()
        rest_until, last_code = self._resting.get(symbol, (0, ""))
        if now < rest_until:
            return False
        order, denied = self._judged(holding, intent, now)
        if order.client_id in portfolio.statuses:
            return False  # this event has had its order: what that left is for the next event
        denied = denied or self._refused_by_exchange(symbol)
        if denied is not None:
            self._resting[symbol] = (now + self._timing.denied_rest_ns, denied.code)
            if denied.code != last_code:
                self._tell_denied(order, denied)
            return False
        self._resting.pop(symbol, None)
        return (order.side is Side.BUY or self.protecting.exits.frees(symbol)) and self._send(order)

    def _judged(self, holding: Holding, intent: Intent, now_ns: int) -> tuple[Order, Denied | None]:
        """The order of an intent, and what the risk check says of it. Changes nothing."""
        portfolio, feed = self._portfolio, self._feeds[holding.pair.symbol]
        if intent.side is Side.BUY:
            touch, priced_ns = feed.ask, feed.heard_ns
        else:
            touch, priced_ns = feed.bid, max(feed.heard_ns, feed.asked_ns)  # to close, a price asked for will do
        committed = portfolio.committed()
        buying = sum(committed.values(), ZERO)
        purse = Purse(Decimal(repr(self._valuation.equity * intent.size)), portfolio.cash - buying)
        order = sized(intent, holding, portfolio.epoch, touch or holding.price, purse, self._collar)
        entries, exits = portfolio.orders_since(order.time_ns)
        symbol = order.symbol
        view = View(
            trading=self.trading,
            last_price=Decimal(repr(holding.price)),
            price_age_seconds=(now_ns - priced_ns) / NANOSECONDS,
            position_quantity=holding.there,
            position_value=Decimal(holding.amount * holding.price) + committed.get(symbol, ZERO),
            total_exposure=Decimal(self._valuation.exposure) + buying,
            open_positions=len(portfolio.held | committed.keys()) - (symbol in portfolio.held),
            free_cash=purse.free,
            entries_last_minute=entries,
            exits_last_minute=exits,
            smallest_order=smallest_order(holding.pair, order.price),
            wanted=purse.wanted,
            held_back=self.held_back.get(symbol, ""),
        )
        return order, check(order, self._limits, view, stale_seconds=self._stale_seconds)

    def rehearse(self, pair: int) -> None:
        """Walk the way of an order up to the wire, for nothing (`rehearsal.py`): nothing is changed, written or sent.

        Its sequence is that of no event; at the time 0 no order of the last minute is forgotten.
        """
        if self._shadow or self.stopped:
            return
        holding = self._holdings[pair]
        side = Side.SELL if holding.size > 0.0 else Side.BUY
        order, _ = self._judged(holding, Intent(side, REHEARSED_SIZE, 0, self.release, "", 0), time.monotonic_ns())
        encode(order)
        self._exchange.rehearse(order)

    def _refused_by_exchange(self, symbol: str) -> Denied | None:
        """What the exchange would refuse as things are: it is not asked, and the owner is told once."""
        if (seconds := self._exchange.ban.orders_left()) > 0.0:
            return Denied("banned", f"the exchange wants no request for {seconds:.0f} s")
        if (status := self.not_trading.get(symbol)) is not None:
            return Denied("not_trading", f"the exchange takes no order for {symbol}: its status is {status}")
        return None

    def _send(self, order: Order) -> bool:
        self._ledger.record(order)
        sent = self._exchange.place(order) if order.side is Side.BUY else self.protecting.exits.send(order)
        if not sent:
            self.on_answer(Answer(order.client_id, Status.REJECTED, "no connection: nothing was written"))
            return False
        self.last_sent_ns = time.monotonic_ns()
        asyncio.get_running_loop().call_later(
            self._order_timeout_seconds, self._ask_if_open, order, "no answer in time"
        )
        return True

    def _tell_denied(self, order: Order, denied: Denied) -> None:
        self._tell(DeniedTold(pair=order.symbol, side=order.side, code=denied.code, detail=denied.detail))

    # What the exchange says -------------------------------------------------------------------------------------------

    def on_answer(self, answer: Answer) -> None:
        """An order's state changed."""
        order = self._portfolio.open_orders.get(answer.client_id)
        if order is None:
            self.protecting.outcomes.on_answer(answer)
            if answer.code == SHORT and NO_BALANCE in answer.detail:
                self.on_short("")
            return
        if not self._ledger.record(answer):
            return
        if answer.status is Status.UNKNOWN:
            self.settling.begin(order, answer.detail)
        elif answer.status is Status.REJECTED:
            self._rejected(order, answer)
        elif answer.status is Status.CANCELED and answer.client_id not in self._portfolio.filled:
            self._tell(Unfilled(pair=order.symbol, side=order.side, price=order.price, order=order.client_id))

    def _rejected(self, order: Order, answer: Answer) -> None:
        rests = self._timing
        rest_ns = rests.not_taken_rest_ns if answer.code == NOT_REPLACED else rests.denied_rest_ns
        self._resting[order.symbol] = (time.monotonic_ns() + rest_ns, "rejected")
        self.protecting.exits.refused(order, answer)
        self._tell(Rejected(pair=order.symbol, side=order.side, order=order.client_id, detail=answer.detail))
        self.on_rejected(order.symbol)
        if order.side is Side.SELL and answer.code == SHORT:
            self.on_short(order.symbol)
        if order.side is Side.SELL and answer.code == CLOCK_REFUSED:
            task = start_task(self._close_anew(order))
            self._anew.add(task)
            task.add_done_callback(self._anew.discard)

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
        holding = self._portfolio.holdings.get(order.symbol)
        if holding is None or holding.size <= 0.0:
            return
        self._resting.pop(order.symbol, None)
        release = structs.replace(
            self.release, tree_hash=order.release, commit=order.commit, change=order.change, message=order.message
        )
        self._order(holding, Intent(order.side, 0.0, order.sequence, release, order.reason, order.time_ns, mark))

    def on_fill(self, fill: Fill) -> None:
        """An order traded. What is not ours, or is of a pair that we do not trade, is not ours to count."""
        if fill.client_id not in self._portfolio.statuses or not self._ledger.record(self.fees.priced(fill)):
            return
        if self._portfolio.unpriced:
            self.fees.ask()
        self._valuation.revalue()
        told = Filled(
            pair=fill.symbol,
            side=fill.side,
            quantity=fill.quantity,
            price=fill.price,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            order=fill.client_id,
        )
        self._tell(told)

    def on_orders_connected(self) -> None:
        """Orders can be sent. After a loss, what is open is asked for."""
        for order in list(self._portfolio.open_orders.values()):
            self.settling.begin(order, "the connection was renewed")
        self.connected.set()
        self.protecting.on_orders_connected()

    def on_orders_lost(self, reason: str) -> None:
        """Orders cannot be sent."""
        self.connected.clear()
        self._on_fault("orders_lost", "account", reason)

    # Orders whose outcome is unknown, and the end ---------------------------------------------------------------------

    def _ask_if_open(self, order: Order, why: str) -> None:
        if order.client_id in self._portfolio.open_orders and not self.stopped:
            self.settling.begin(order, why)

    async def knows_fills(self, order: Order | Protection, executed: Decimal) -> bool:
        """Whether the ledger has every trade of an order; those that it lacks are asked for."""
        return await self.settling.knows_fills(order, executed)

    async def close(self) -> None:
        """Stop asking."""
        await self.protecting.close()
        await self.fees.close()
        await self.settling.close()
        for task in self._anew:
            task.cancel()
        await asyncio.gather(*self._anew, return_exceptions=True)
