"""Keeps one stop order at the exchange for each position: placed, moved, taken back, asked for, and never doubled.

`protection.py` decides what should rest; this carries it out, by the discipline of every order: in the journal before
the wire, UNKNOWN without an answer and then asked for (`protective_asking.py`), never sent again. At most one request
for a pair's protection is under way. While our own exit is under way nothing is touched: it takes the protection back
in the same request, and what it leaves is protected again.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol

from core.contracts.events import Event
from core.releases import Release
from core.settings import Settings
from services.trader import protective_asking as asking
from services.trader.exchanges.protocol import Exchange
from services.trader.ledger import Ledger
from services.trader.limits import Limits
from services.trader.orders import Answer, Protection, Record, Side, Status, has_epoch
from services.trader.protection import (
    Bare,
    Keep,
    Later,
    Place,
    Position,
    TakeBack,
    Terms,
    Wanted,
    served,
    step,
    wanted,
)
from services.trader.protective_exits import Exits
from services.trader.protective_outcomes import Outcomes
from services.trader.protective_standing import Standing
from services.trader.protective_state import Guard
from services.trader.protective_telling import Telling
from services.trader.risk import Trading
from services.trader.timing import ProtectionTiming

PROTECTIVE: Final = "p"
"""Every client id of a protective order begins so, followed by the epoch's digits and a hyphen."""


class Desk(asking.Desk, Protocol):
    """Who sends the trader's other orders."""

    unreconciled: bool  # until our books were compared with the exchange's
    connected: asyncio.Event
    release: Release

    @property
    def trading(self) -> Trading:
        """What may be done now."""


class Protecting:
    """Decides nothing about the strategy's orders; hears every record of the ledger and acts between two events."""

    def __init__(
        self,
        exchange: Exchange,
        ledger: Ledger,
        limits: Limits,
        settings: Settings,
        desk: Desk,
        timing: ProtectionTiming,
        *,
        tell: Callable[[Event], None],
        on_fault: Callable[[str, str, str], None],
    ) -> None:
        trader = settings.trader
        self.on = trader.protect and (trader.mode == "live" or (trader.mode == "paper" and trader.protect_paper))
        self._may_end = trader.mode != "shadow"
        self.all_taken = False  # the owner's `kill --all`: nothing rests
        self._exchange, self._ledger = exchange, ledger
        self._terms = Terms(Decimal(repr(trader.protect_margin)), Decimal(repr(trader.protect_slack)))
        self._loss_per_trade = float(limits.loss_per_trade)
        self._desk, self._timing = desk, timing
        self._telling = Telling(tell, on_fault)
        self.standing = Standing(ledger)
        self._guards = {symbol: Guard(holding) for symbol, holding in ledger.portfolio.holdings.items()}
        self._number = 0
        self._time_ns = 0
        self._acts = False
        self._looking: asyncio.Handle | None = None
        self._busy: set[str] = set()  # pairs whose guard remembers something
        self._ending: set[str] = set()  # protective orders that a request of ours ends: that is no surprise
        window_ms = settings.exchange.recv_window_ms
        held = (self.standing, self._guards, self._ending)
        self.outcomes = Outcomes(ledger, *held, self._telling, exchange.ban, timing)
        self._asking = asking.Asking(
            *(exchange, ledger, desk, window_ms, timing),
            take=self.outcomes.take,
            done=self._look_soon,
            on_fault=on_fault,
        )
        self.outcomes.join(self._asking, self._look, self._look_soon)
        self.exits = Exits(exchange, *held, self._take_back, timing)

    # What is there ----------------------------------------------------------------------------------------------------

    def bare(self) -> dict[str, str]:
        """Pairs that are held and not protected, and why; empty while protection is off."""
        if not self.on:
            return {}
        held = {symbol: guard for symbol, guard in self._guards.items() if guard.holding.size > 0.0}
        return {
            symbol: guard.bare or "not yet"
            for symbol, guard in held.items()
            if self.standing.stop_price(symbol) is None
        }

    @property
    def under_way(self) -> bool:
        """Whether something is to be looked at, or was asked of the exchange and its answer is not known."""
        return self._looking is not None or self.standing.under_way

    # When to look -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """From now on the exchange hears of it. What rests from before is taken back when protection was turned off."""
        self._acts = self.on
        for protection in [] if self.on or not self._may_end else self.standing.all:
            self._take_back(protection)
        self._look_soon()

    def take_all(self, *, on: bool) -> None:
        """The owner's `kill --all`: nothing rests any more; or he took that back."""
        if on is not self.all_taken:
            self.all_taken = on
            self._look_soon()

    def hear(self, record: Record) -> None:
        """A record was written: positions or orders may have changed."""
        if not isinstance(record, Answer) or record.status is not Status.UNKNOWN:
            self._look_soon()

    def declare(self, symbol: str, stop: float, time_ns: int) -> None:
        """The strategy that decides has said its stop, NaN for none, of a pair that is held."""
        guard = self._guards[symbol]
        level = stop if stop > 0.0 else 0.0  # noqa: FURB136 - NaN is none, at half the time of a call
        if guard.low <= level <= guard.high:
            return
        self._time_ns = time_ns
        if not guard.declared:
            guard.declared, guard.placed = True, 0.0  # what was placed before it was known moves at once
        self._look(guard)

    def _look_soon(self) -> None:
        """Once, after whatever is being done: an answer and its fills come together."""
        if self._acts and self._looking is None:
            self._looking = asyncio.get_running_loop().call_soon(self._look_at_all)

    def _look_at_all(self) -> None:
        self._looking = None
        resting = {protection.symbol for protection in self.standing.all}
        for symbol in (self._busy | self._ledger.portfolio.held | resting) & self._guards.keys():
            self._look(self._guards[symbol])

    # One look ---------------------------------------------------------------------------------------------------------

    def _look(self, guard: Guard) -> None:
        takes = self.all_taken and not self._desk.stopped  # to end what rests nothing needs to be known
        if not self._acts or not (takes or self._can_act):
            return
        resting = self.standing.of(guard.symbol)
        if not resting and guard.holding.size <= 0.0:
            guard.forget()
            self._busy.discard(guard.symbol)
            return
        self._busy.add(guard.symbol)
        if self.all_taken:
            self._take_all(guard, resting)
        elif not self._must_wait(guard, resting):
            self._act(guard, resting)

    @property
    def _can_act(self) -> bool:
        """Whether it is known what is held, and the exchange hears us."""
        return self._desk.connected.is_set() and not self._desk.stopped and not self._desk.unreconciled

    def _act(self, guard: Guard, resting: list[Protection]) -> None:
        now = time.monotonic()
        want = self._wanted(guard)
        guard.low, guard.high = served(want, guard.holding.stop)
        if isinstance(want, Bare) and not want.harmless and guard.declared:
            guard.high = math.inf  # looked at by the clock: a stop that moves need not be, with every event
            guard.look_in(self._timing.bare_look_seconds, self._look)
        todo = step(
            want,
            self.standing.last(resting),
            price=guard.holding.price,
            since_moved=now - guard.placed,
            declared=guard.declared,
            follows=self._desk.trading is not Trading.HALTED,
        )
        match todo:
            case Place(wanted=new):
                self._place(guard, new, resting)
            case TakeBack():
                self._take_back(resting[-1])
            case Later(seconds=seconds):
                guard.look_in(seconds, self._look)
            case Keep() if not resting:
                self._stay_bare(guard, want, now)
            case Keep():
                guard.below = 0.0

    def _stay_bare(self, guard: Guard, want: Wanted | Bare | None, now: float) -> None:
        """Nothing can rest, or not now: the market is below the stop, and our own exit acts."""
        if isinstance(want, Bare):
            self._telling.bare(guard, want.reason, fault=not want.harmless, kind=want.kind)
            return
        guard.below = guard.below or now
        if now - guard.below >= self._timing.below_seconds:
            self._telling.bare(guard, "the market is below the stop already, and it is not sold", fault=True)
        guard.look_in(self._timing.retrying.first_seconds, self._look)

    def _must_wait(self, guard: Guard, resting: list[Protection]) -> bool:
        """Whether something is under way whose end brings us here again."""
        portfolio, now = self._ledger.portfolio, time.monotonic()
        if any(self.standing.status(protection) is not Status.OPEN for protection in resting):
            return True
        own = portfolio.open_orders.get(portfolio.under_way.get(guard.symbol, ""))
        if own is not None and own.side is Side.SELL:
            return True
        taking, guard.taking = guard.taking, ""
        if taking and resting:  # that exit has ended, and nobody has told us what became of this
            self._asking.ask(resting[-1], "its exit has ended", fault=False)
            return True
        if len(resting) > 1:
            self._take_back(resting[0])
            return True
        self._ending -= {protection.client_id for protection in resting}
        if own is None:
            guard.buying = 0.0
        elif self._may_grow(guard):
            return True
        if now < guard.yields_until:
            guard.look_in(guard.yields_until - now, self._look)
        return now < guard.yields_until

    def _may_grow(self, guard: Guard) -> bool:
        """Whether a purchase has just brought its first part, and is given a moment for the others."""
        now = time.monotonic()
        guard.buying = guard.buying or now
        left = guard.buying + self._timing.whole_entry_seconds - now
        if left > 0:
            guard.look_in(left, self._look)
        return left > 0

    def _wanted(self, guard: Guard) -> Wanted | Bare | None:
        holding = guard.holding
        quantity = holding.sellable if holding.size > 0.0 else Decimal(0)
        position = Position(quantity, holding.entry_price, holding.price, holding.stop)
        return wanted(holding.pair, position, self._loss_per_trade, self._terms)

    # Orders out -------------------------------------------------------------------------------------------------------

    def _place(self, guard: Guard, new: Wanted, resting: list[Protection]) -> None:
        now = time.monotonic()
        if now < guard.retry_at:
            guard.look_in(guard.retry_at - now, self._look)
            return
        replaced = resting[-1].client_id if resting else ""
        self._number += 1
        portfolio, release = self._ledger.portfolio, self._desk.release
        protection = Protection(
            client_id=f"{PROTECTIVE}{portfolio.epoch}-{self._number}",
            symbol=guard.symbol,
            quantity=new.quantity,
            stop_price=new.stop_price,
            price=new.price,
            time_ns=self._time_ns or time.time_ns(),
            epoch=portfolio.epoch,
            release=release.tree_hash,
            commit=release.commit,
            change=release.change,
            message=release.message,
            replaces=replaced,
        )
        self._ledger.record(protection)
        guard.placed = now
        untouched = self.standing.untouched(replaced)
        if not self._exchange.protect(protection, self._asking.window_ms, untouched=untouched):
            self.outcomes.on_answer(Answer(protection.client_id, Status.REJECTED, "no connection: nothing was written"))
            return
        self._asking.sent(protection)
        if replaced:
            self._ending.add(replaced)

    def _take_back(self, protection: Protection) -> None:
        self._ending.add(protection.client_id)
        self._asking.take_back(protection)

    def _take_all(self, guard: Guard, resting: list[Protection]) -> None:
        for protection in resting:
            if protection.client_id not in self._asking.taken_back:
                self._take_back(protection)
        if not resting:
            self._telling.bare(guard, "its protection was taken back by `sorte kill --all`", fault=True)

    # What the exchange says -------------------------------------------------------------------------------------------

    def on_orders_connected(self) -> None:
        """After a loss: what rests may have traded meanwhile."""
        for protection in self.standing.all:
            if self.standing.status(protection) is Status.OPEN:
                self._asking.settle_soon(protection)
            else:
                self._asking.ask(protection, "the connection was renewed")
        for guard in self._guards.values():
            guard.retry_at = 0.0
        self._look_soon()

    # Beginning and end ------------------------------------------------------------------------------------------------

    async def recognise(self) -> None:
        """At the start: learn what those of our ledger did while we were away. Those that it does not know are ended
        when the books are compared."""
        for protection in self.standing.all:
            await self._asking.settle(protection)

    async def close(self) -> None:
        """Stop asking and looking; what rests goes on resting."""
        self._acts = False
        if self._looking is not None:
            self._looking.cancel()
        for guard in self._guards.values():
            guard.rest()
        await self._asking.close()


def is_protective(client_id: str) -> bool:
    """Whether it is a protective order of a trader of ours."""
    return has_epoch(client_id, PROTECTIVE)
