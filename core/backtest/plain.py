"""The account of a simulation in plain Python: what the box trades a strategy on, and what the judge counts with.

The rules are those of `core.backtest`, step by step, and a test holds both to the same bits. They are written again
because compiling that engine around a strategy takes as long as the strategy itself, and a judge has seconds: here one
compiled function, `decide` just as it runs live, is called from a loop that costs 1 us an event.

On purpose more than `core.backtest` can: an order may wait for longer than the next event (`delay_ns`; a level never
waits), and the first events may be there for warming up only (`trade_from_ns`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from core.backtest.pricing import fill_price, whole_lots
from core.kernel import BAR, BUY, SELL, Records

Answer = Callable[[int, float, float, float, int, int, float], int]
"""(index of the event, quantity, entry_price, best_price, entry_ns, exit_ns, drawdown) -> HOLD, BUY or SELL."""


Levels = Callable[[int], tuple[float, float]]
"""index of the event -> the stop and the target that the decision on it declared, NaN for none."""

BY_ORDER, BY_STOP, BY_TARGET = 0, 1, 2
"""What filled a trade: the order of a decision, or a level that it declared."""
EVENTS_PER_BAR: Final = 4


class Grid(NamedTuple):
    """What the orders of one pair must lie on."""

    lot: float
    tick: float
    min_notional: float


class Terms(NamedTuple):
    """What is traded with, and what it costs; fractions are fractions."""

    cash: float = 10_000.0
    fee: float = 0.001
    slippage: float = 0.0002
    delay_ns: int = 0  # how long an order waits at least; it is filled at the first event of its pair after that
    trade_from_ns: int = 0  # no order is sent before


class Trade(NamedTuple):
    """One filled order; see `core.kernel.FILL`. `signal` is the index of the event whose decision sent it, or was the
    last to declare the level that was reached."""

    time_ns: int
    signal: int
    signal_ns: int
    pair: int
    side: int
    quantity: float
    price: float
    signal_price: float
    fee: float
    profit: float
    by: int = BY_ORDER


class Path(NamedTuple):
    """How the price came to each event. `lowest`: from it to the end of its bar, as far as bars are known. `since_ns`:
    the open of the bar inside which it moved here; -1 where it jumped, as an open, a trade and a quote do."""

    lowest: list[float]
    since_ns: list[int]


class Position:
    """What one pair holds and waits for; see `core.backtest.records.POSITION`."""

    __slots__ = (
        *("quantity", "entry_price", "entry_fee", "best_price", "entry_ns", "exit_ns", "price", "grid"),
        *("side", "order_quantity", "order_price", "order_ns", "order_index"),
        *("stop", "target", "level_index", "level_ns"),
    )

    def __init__(self, grid: Grid) -> None:
        self.quantity = self.entry_price = self.entry_fee = self.best_price = self.price = 0.0
        self.entry_ns = self.exit_ns = 0
        self.side = self.order_index = self.order_ns = 0  # no order waits
        self.order_quantity = self.order_price = 0.0
        self.stop = self.target = float("nan")  # declared by the last decision; of use only while something is held
        self.level_index = self.level_ns = 0
        self.grid = grid


class Account:
    """Cash, positions and what became of them. `trade` plays a whole history."""

    def __init__(self, grids: Sequence[Grid], terms: Terms, start_ns: int, sample_ns: int) -> None:
        self.terms = terms
        self.positions = [Position(grid) for grid in grids]
        self.cash = self.equity = self.peak = terms.cash
        self.reserved = self.drawdown = 0.0
        self.invested = self.exposed_ns = self.rejected = 0
        self.time_ns = start_ns
        self.sample_ns = sample_ns
        self.next_sample_ns = start_ns + sample_ns
        self.samples = [(start_ns, terms.cash, terms.cash)]  # time, equity, cash
        self.trades: list[Trade] = []

    def trade(
        self, events: Records, answer: Answer, size: Callable[[int], float], levels: Levels, *, bars: bool
    ) -> None:
        """Play EVENT records in order of time. `size(index)` is asked for the part of equity that a BUY may spend.

        `bars`: the events are bars, four of each pair. A last sample of the account ends the samples.
        """
        columns = [events[name].tolist() for name in ("pair", "time_ns", "price")]
        columns += path_of_bars(events) if bars else path_of_events(events)
        delay_ns, trade_from_ns = self.terms.delay_ns, max(self.terms.trade_from_ns, self.time_ns)
        positions = self.positions
        for index, (pair, time_ns, price, lowest, since_ns) in enumerate(zip(*columns, strict=True)):
            p = positions[pair]
            if self.invested > 0 and time_ns > self.time_ns:
                self.exposed_ns += time_ns - self.time_ns
            if time_ns > self.time_ns:
                self.time_ns = time_ns
            if time_ns >= self.next_sample_ns:
                self.sample(time_ns)
            if p.quantity > 0.0 and (price <= p.stop or price >= p.target):  # false for NaN
                self.close_at_level(p, pair, price, lowest, since_ns, time_ns)
                p.price = price
                self.value()
            elif p.side != 0 and time_ns >= p.order_ns + delay_ns:
                self.fill(p, pair, price, time_ns)
                p.price = price
                self.value()
            elif p.quantity > 0.0:
                self.set_equity(self.equity + p.quantity * (price - p.price))
            p.price = price
            if p.quantity > 0.0 and price > p.best_price:
                p.best_price = price
            action = answer(index, p.quantity, p.entry_price, p.best_price, p.entry_ns, p.exit_ns, self.drawdown)
            if p.quantity > 0.0:
                p.stop, p.target = levels(index)
                p.level_index, p.level_ns = index, time_ns
            if action != 0 and p.side == 0 and time_ns >= trade_from_ns:
                self.place(p, action, index, time_ns, size)
        self.samples.append((self.time_ns, self.equity, self.cash))

    def sample(self, time_ns: int) -> None:
        """Note the equity at the end of a step of time, valued anew."""
        self.value()
        self.samples.append((self.next_sample_ns, self.equity, self.cash))
        self.next_sample_ns += self.sample_ns
        if self.next_sample_ns <= time_ns:  # a gap in the history
            self.next_sample_ns += ((time_ns - self.next_sample_ns) // self.sample_ns + 1) * self.sample_ns

    def value(self) -> None:
        """Equity from scratch: cash and every position at its last price."""
        equity = self.cash
        for p in self.positions:
            equity += p.quantity * p.price
        self.set_equity(equity)

    def set_equity(self, equity: float) -> None:
        self.equity = equity
        if equity > self.peak:
            self.peak = equity
        self.drawdown = 1.0 - equity / self.peak

    def place(self, p: Position, action: int, index: int, time_ns: int, size: Callable[[int], float]) -> None:
        """Turn a decision into an order that waits. One at a time, all in or all out."""
        if action == SELL and p.quantity > 0.0:
            p.order_quantity = p.quantity
        elif action == BUY and p.quantity <= 0.0:
            terms, grid = self.terms, p.grid
            free = (self.cash - self.reserved) / ((1.0 + terms.fee) * (1.0 + terms.slippage))
            budget = min(self.equity * size(index), free)
            quantity = whole_lots(budget / p.price, grid.lot)
            if not (quantity > 0.0 and quantity * p.price >= grid.min_notional):  # a NaN size is refused too
                self.rejected += 1
                return
            p.order_quantity = quantity
            self.reserved += quantity * p.price
        else:
            return
        p.side, p.order_index, p.order_ns, p.order_price = action, index, time_ns, p.price

    def fill(self, p: Position, pair: int, price: float, time_ns: int) -> None:
        """Fill the order that waits, or drop it where the exchange would refuse it."""
        side, p.side = p.side, 0
        if side == SELL:
            self.close(p, pair, price, time_ns, BY_ORDER)
            return
        quantity = p.order_quantity
        paid = fill_price(BUY, price, self.terms.slippage, p.grid.tick)
        value = paid * quantity
        fee = value * self.terms.fee
        self.reserved -= p.order_price * quantity
        if value + fee > self.cash or value < p.grid.min_notional:
            self.rejected += 1
            return
        self.cash -= value + fee
        p.quantity, p.entry_price, p.entry_fee, p.best_price, p.entry_ns = quantity, paid, fee, paid, time_ns
        self.invested += 1
        self.trades.append(
            Trade(time_ns, p.order_index, p.order_ns, pair, BUY, quantity, paid, p.order_price, fee, 0.0)
        )

    def close(self, p: Position, pair: int, price: float, time_ns: int, by: int) -> None:
        """Sell all that is held; what sent the order stands in the position."""
        quantity = p.quantity
        paid = fill_price(SELL, price, self.terms.slippage, p.grid.tick)
        value = paid * quantity
        fee = value * self.terms.fee
        self.cash += value - fee
        profit = (paid - p.entry_price) * quantity - fee - p.entry_fee
        p.quantity = p.entry_price = p.best_price = 0.0
        p.entry_ns, p.exit_ns = 0, time_ns
        self.invested -= 1
        self.trades.append(
            Trade(time_ns, p.order_index, p.order_ns, pair, SELL, quantity, paid, p.order_price, fee, profit, by)
        )

    def close_at_level(self, p: Position, pair: int, price: float, lowest: float, since_ns: int, time_ns: int) -> None:
        """Close a position whose stop or target this price has reached; see `core.backtest.account`."""
        jumped = since_ns < 0
        stopped = price <= p.stop or (lowest <= p.stop and not (jumped and p.side == SELL))
        level = p.stop if stopped else p.target
        p.order_price = level
        if jumped:
            level = min(level, price) if stopped else price
        elif (p.price <= level) if stopped else (p.price >= level):
            level = min(p.price, price)
        p.side = 0  # what waited to close it is done
        p.order_index, p.order_ns = p.level_index, p.level_ns
        self.close(p, pair, level, time_ns, BY_STOP if stopped else BY_TARGET)


def begin_of(events: Records) -> int:
    """When they begin, without the longer bars of the past, on which nobody trades."""
    return int(events["time_ns"][np.argmax(events["kind"] <= BAR)])


def path_of_events(events: Records) -> Path:
    """Of trades and quotes: each price is all that is known of the market."""
    return Path(events["price"].tolist(), [-1] * len(events))


def path_of_bars(events: Records) -> Path:
    """Of bars: between its open and its close a price moves without a jump."""
    lowest, since_ns = events["price"].copy(), np.full(len(events), -1, np.int64)
    played = events["kind"] <= BAR
    for pair in np.unique(events["pair"][played]):
        bars = np.flatnonzero(played & (events["pair"] == pair)).reshape(-1, EVENTS_PER_BAR)
        close = events[bars[:, -1]]
        if (close["kind"] != BAR).any():
            raise ValueError("these events are no bars")
        rising = close["price"] >= close["open"]
        lowest[bars[:, :2]] = close["low"][:, np.newaxis]
        lowest[bars[:, 2]] = np.where(rising, close["price"], close["low"])
        since_ns[bars[:, 1:]] = events["time_ns"][bars[:, :1]]
    return Path(lowest.tolist(), since_ns.tolist())


# The functions behind the kernels: called as kernels from here, they would be compiled.
