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

from core.contracts.events import Event, ProtectionTold
from core.releases import Release
from core.settings import Settings
from services.trader import protective_asking as asking
from services.trader.exchanges.protocol import Exchange
from services.trader.ledger import Ledger
from services.trader.limits import Limits
from services.trader.orders import CLOCK_REFUSED, Answer, Order, Protection, Record, Side, Status, has_epoch
from services.trader.protection import (
    Bare,
    Keep,
    Later,
    Place,
    Position,
    Resting,
    TakeBack,
    Terms,
    Wanted,
    served,
    step,
    wanted,
)
from services.trader.protective_state import Guard
from services.trader.risk import Trading

PROTECTIVE: Final = "p"
"""Every client id of a protective order begins so, followed by the epoch's digits and a hyphen."""
WHOLE_ENTRY_SECONDS: Final = 0.1  # so long a purchase may bring more fills before its first ones are protected
FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 10.0
PASSING_RETRY_SECONDS: Final = 1.0  # of a refusal that may pass by itself
BELOW_SECONDS: Final = 2.0  # the market below the stop for so long, and nobody sells: the owner is told
BARE_LOOK_SECONDS: Final = 1.0  # between two looks at a position that no order can protect now
YIELD_SECONDS: Final = 1.5  # for an exit that has to wait until the protection is gone
REPLACES_AGAIN_SECONDS: Final = 5.0  # so long an exit waits for what it could not take back to go; then it tries again
KNOWN_AFTER_SECONDS: Final = 1.0  # by then the exchange's answers tell what its engine did
NOT_REPLACED: Final = -2022
TRIGGERS_AT_ONCE: Final = "would trigger immediately"
TOO_MANY: Final = "MAX_NUM_ALGO_ORDERS"
PASSING: Final = 2
"""A refusal that may pass by itself is told when it comes so often in a row."""


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
        self._desk = desk
        self._tell, self._on_fault = tell, on_fault
        self._guards = {symbol: Guard(holding) for symbol, holding in ledger.portfolio.holdings.items()}
        self._number = 0
        self._time_ns = 0
        self._acts = False
        self._looking: asyncio.Handle | None = None
        self._busy: set[str] = set()  # pairs whose guard remembers something
        self._ending: set[str] = set()  # protective orders that a request of ours ends: that is no surprise
        window_ms = settings.exchange.recv_window_ms
        self._asking = asking.Asking(
            exchange, ledger, desk, window_ms, take=self._take, done=self._look_soon, on_fault=on_fault
        )

    # What is there ----------------------------------------------------------------------------------------------------

    def of(self, symbol: str) -> list[Protection]:
        """What rests for a pair, or may, oldest first."""
        return [resting for resting in self._ledger.portfolio.protections.values() if resting.symbol == symbol]

    def stop_price(self, symbol: str) -> Decimal | None:
        """Where a pair is protected, as the exchange has said; None when it is not."""
        resting = [protection for protection in self.of(symbol) if self._status(protection) is Status.OPEN]
        return resting[-1].stop_price if resting else None

    def bare(self) -> dict[str, str]:
        """Pairs that are held and not protected, and why; empty while protection is off."""
        if not self.on:
            return {}
        held = {symbol: guard for symbol, guard in self._guards.items() if guard.holding.size > 0.0}
        return {symbol: guard.bare or "not yet" for symbol, guard in held.items() if self.stop_price(symbol) is None}

    @property
    def under_way(self) -> bool:
        """Whether something is to be looked at, or was asked of the exchange and its answer is not known."""
        portfolio = self._ledger.portfolio
        return self._looking is not None or any(
            portfolio.statuses[client_id] is not Status.OPEN for client_id in portfolio.protections
        )

    # When to look -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """From now on the exchange hears of it. What rests from before is taken back when protection was turned off."""
        self._acts = self.on
        for protection in [] if self.on or not self._may_end else list(self._ledger.portfolio.protections.values()):
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
        resting = {protection.symbol for protection in self._ledger.portfolio.protections.values()}
        for symbol in (self._busy | self._ledger.portfolio.held | resting) & self._guards.keys():
            self._look(self._guards[symbol])

    # One look ---------------------------------------------------------------------------------------------------------

    def _look(self, guard: Guard) -> None:
        takes = self.all_taken and not self._desk.stopped  # to end what rests nothing needs to be known
        if not self._acts or not (takes or self._can_act):
            return
        resting = self.of(guard.symbol)
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
            guard.look_in(BARE_LOOK_SECONDS, self._look)
        todo = step(
            want,
            self._resting(resting),
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
            self._tell_bare(guard, want.reason, fault=not want.harmless, kind=want.kind)
            return
        guard.below = guard.below or now
        if now - guard.below >= BELOW_SECONDS:
            self._tell_bare(guard, "the market is below the stop already, and it is not sold", fault=True)
        guard.look_in(FIRST_RETRY_SECONDS, self._look)

    def _must_wait(self, guard: Guard, resting: list[Protection]) -> bool:
        """Whether something is under way whose end brings us here again."""
        portfolio, now = self._ledger.portfolio, time.monotonic()
        if any(self._status(protection) is not Status.OPEN for protection in resting):
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
        left = guard.buying + WHOLE_ENTRY_SECONDS - now
        if left > 0:
            guard.look_in(left, self._look)
        return left > 0

    def _wanted(self, guard: Guard) -> Wanted | Bare | None:
        holding = guard.holding
        quantity = holding.sellable if holding.size > 0.0 else Decimal(0)
        position = Position(quantity, holding.entry_price, holding.price, holding.stop)
        return wanted(holding.pair, position, self._loss_per_trade, self._terms)

    def _resting(self, resting: list[Protection]) -> Resting | None:
        if not resting:
            return None
        filled = self._ledger.portfolio.filled.get(resting[-1].client_id, Decimal(0))
        return Resting(resting[-1].quantity - filled, resting[-1].stop_price)

    def _status(self, protection: Protection) -> Status:
        return self._ledger.portfolio.statuses[protection.client_id]

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
        untouched = replaced not in portfolio.filled
        if not self._exchange.protect(protection, self._asking.window_ms, untouched=untouched):
            self.on_answer(Answer(protection.client_id, Status.REJECTED, "no connection: nothing was written"))
            return
        self._asking.sent(protection)
        if replaced:
            self._ending.add(replaced)

    def frees(self, symbol: str) -> bool:
        """Whether our own exit may be sent now: with it, what rests is taken back.

        When the exchange has refused just that, and the same order rests still, it is taken back first, and the exit
        comes with a later event. When that does not come about, the exit tries once more to take it with it: questions
        may be unanswered, or banned, where orders are not.
        """
        guard, resting = self._guards[symbol], self.of(symbol)
        if not resting or guard.not_taken != resting[-1].client_id:
            return True
        if time.monotonic() - guard.not_taken_since > REPLACES_AGAIN_SECONDS:
            return True
        guard.yields_until = time.monotonic() + YIELD_SECONDS
        if self._status(resting[-1]) is Status.OPEN:
            self._take_back(resting[-1])
        return False

    def send_exit(self, order: Order) -> bool:
        """Write our own exit to the wire; what rests for its pair is taken back in the same request."""
        resting = self.of(order.symbol)
        if not resting:
            return self._exchange.place(order)
        taken = resting[-1].client_id
        if not self._exchange.replace(taken, order, untouched=taken not in self._ledger.portfolio.filled):
            return False
        self._guards[order.symbol].taking, self._guards[order.symbol].taken = order.client_id, taken
        self._ending.add(taken)
        return True

    def exit_refused(self, order: Order, answer: Answer) -> None:
        """Our own exit was refused."""
        guard = self._guards.get(order.symbol)
        if guard is not None and guard.taking == order.client_id and answer.code == NOT_REPLACED:
            guard.not_taken, guard.not_taken_since = guard.taken, time.monotonic()

    def proves_refused(self, order: Order) -> bool:
        """Whether an order of ours that the exchange does not know can never arrive.

        It would have taken a protective order back in the same request. That one has ended a while ago: so the request
        was carried out without our order, or will be refused.
        """
        guard = self._guards.get(order.symbol)
        if guard is None or guard.taking != order.client_id or self.of(order.symbol):
            return False
        return time.monotonic() - guard.ended > KNOWN_AFTER_SECONDS

    def _take_back(self, protection: Protection) -> None:
        self._ending.add(protection.client_id)
        self._asking.take_back(protection)

    def _take_all(self, guard: Guard, resting: list[Protection]) -> None:
        for protection in resting:
            if protection.client_id not in self._asking.taken_back:
                self._take_back(protection)
        if not resting:
            self._tell_bare(guard, "its protection was taken back by `sorte kill --all`", fault=True)

    # What the exchange says -------------------------------------------------------------------------------------------

    def on_answer(self, answer: Answer) -> None:
        """Something became of an order that is not one of the strategy's that are under way."""
        protection = self._ledger.portfolio.protections.get(answer.client_id)
        if protection is None:
            self._freed(answer)
        elif answer.status is Status.UNKNOWN:
            self._asking.ask(protection, answer.detail)
        elif answer.status.closed and answer.status is not Status.REJECTED and not self._expected(protection, answer):
            self._asking.ask(
                protection, "it has ended", fault=False
            )  # its trades are asked for before its end is believed
        else:
            self._take(protection, answer)

    def on_orders_connected(self) -> None:
        """After a loss: what rests may have traded meanwhile."""
        for protection in list(self._ledger.portfolio.protections.values()):
            if self._status(protection) is Status.OPEN:
                self._asking.settle_soon(protection)
            else:
                self._asking.ask(protection, "the connection was renewed")
        for guard in self._guards.values():
            guard.retry_at = 0.0
        self._look_soon()

    def _expected(self, protection: Protection, answer: Answer) -> bool:
        """Whether we know all that happened before this end."""
        if answer.status is Status.FILLED:
            return self._ledger.portfolio.filled.get(protection.client_id, Decimal(0)) >= protection.quantity
        return protection.client_id in self._ending

    def _take(self, protection: Protection, answer: Answer) -> None:
        before = self._status(protection)
        if not self._ledger.record(answer):
            return
        self._asking.answered(answer)
        guard = self._guards.get(protection.symbol)
        if guard is None:
            return  # a pair that is traded no more
        if answer.status is Status.OPEN and before is not Status.OPEN:
            self._stands(guard, protection)
        elif answer.status is Status.REJECTED:
            self._refused(guard, answer)
        elif answer.status is Status.FILLED:
            self._tell(ProtectionTold(pair=guard.symbol, state="sold", order=protection.client_id))
        elif answer.status is Status.CANCELED and protection.client_id not in self._ending:
            guard.retry_at = time.monotonic() + FIRST_RETRY_SECONDS
            self._on_fault("protection_ended", guard.symbol, f"{protection.client_id} ended without us; placed again")
        if answer.status.closed:
            guard.ended = time.monotonic()
            self._ending.discard(protection.client_id)

    def _stands(self, guard: Guard, protection: Protection) -> None:
        was_bare, guard.bare, guard.told = guard.bare, "", ""
        guard.refusals, guard.retry_at, guard.below = 0, 0.0, 0.0
        if not protection.replaces or was_bare:
            told = ProtectionTold(
                pair=guard.symbol,
                state="rests",
                stop=protection.stop_price,
                limit=protection.price,
                quantity=protection.quantity,
                order=protection.client_id,
            )
            self._tell(told)

    def _refused(self, guard: Guard, answer: Answer) -> None:
        guard.refusals += 1
        passing = answer.code == CLOCK_REFUSED or TRIGGERS_AT_ONCE in answer.detail or not answer.code
        longest = PASSING_RETRY_SECONDS if passing else LONGEST_RETRY_SECONDS
        pause = min(FIRST_RETRY_SECONDS * 2 ** (guard.refusals - 1), longest)
        if answer.code == CLOCK_REFUSED:
            self._asking.widen()
        pause = max(pause, self._exchange.ban.orders_left())
        guard.retry_at = time.monotonic() + pause
        guard.look_in(pause, self._look)
        if not self.of(guard.symbol) and guard.holding.size > 0.0 and not (passing and guard.refusals < PASSING):
            self._tell_bare(guard, answer.detail, fault=True)

    def _freed(self, answer: Answer) -> None:
        """An order of somebody has ended: there may be room for one of ours."""
        if not answer.status.closed:
            return
        for guard in self._guards.values():
            if TOO_MANY in guard.bare:
                guard.retry_at = 0.0
                self._look_soon()

    def _tell_bare(self, guard: Guard, reason: str, *, fault: bool, kind: str = "") -> None:
        guard.bare = reason
        if guard.told == (kind or reason):
            return
        guard.told = kind or reason
        if fault:
            self._on_fault("bare", guard.symbol, f"not protected at the exchange: {reason}")
        else:
            self._tell(ProtectionTold(pair=guard.symbol, state="none", detail=reason))

    # Beginning and end ------------------------------------------------------------------------------------------------

    async def recognise(self) -> None:
        """At the start: learn what those of our ledger did while we were away. Those that it does not know are ended
        when the books are compared."""
        for protection in list(self._ledger.portfolio.protections.values()):
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
