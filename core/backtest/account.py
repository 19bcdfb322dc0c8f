"""The simulated account: how an order is sized, filled and valued. All kernels, inlined into the engine."""

from __future__ import annotations

import math

from core.backtest import pricing
from core.backtest.records import AT_STOP, AT_TARGET, Run
from core.kernel import BUY, SELL, kernel

whole_lots = kernel(pricing.whole_lots)
fill_price = kernel(pricing.fill_price)


@kernel
def fill_order(run: Run, pair: int, price: float, time_ns: int) -> None:
    """Fill the order that waits on `pair`, or drop it where the exchange would refuse it."""
    p = run.positions[pair]
    side = p.order_side
    p.order_side = 0
    if side == SELL:
        close_position(run, pair, price, time_ns)
        return
    a = run.account[0]
    paid = fill_price(BUY, price, a.slippage, p.price_tick)
    value = paid * p.order_quantity
    fee = value * a.fee
    a.reserved -= p.order_price * p.order_quantity
    if value + fee > a.cash or value < p.min_notional:
        a.rejected += 1
        return
    a.cash -= value + fee
    p.quantity = p.order_quantity
    p.entry_price = paid
    p.entry_fee = fee
    p.best_price = paid
    p.entry_ns = time_ns
    a.invested += 1
    note_fill(run, pair, BUY, p.quantity, paid, fee, 0.0, time_ns)


@kernel
def close_position(run: Run, pair: int, price: float, time_ns: int) -> None:
    """Sell all that is held; who sent the order stands in the position."""
    a = run.account[0]
    p = run.positions[pair]
    paid = fill_price(SELL, price, a.slippage, p.price_tick)
    quantity = p.quantity
    value = paid * quantity
    fee = value * a.fee
    a.cash += value - fee
    profit = (paid - p.entry_price) * quantity - fee - p.entry_fee
    p.quantity = 0.0
    p.entry_price = 0.0
    p.best_price = 0.0
    p.entry_ns = 0
    p.exit_ns = time_ns
    a.invested -= 1
    note_fill(run, pair, SELL, quantity, paid, fee, profit, time_ns)


@kernel
def note_fill(
    run: Run, pair: int, side: int, quantity: float, paid: float, fee: float, profit: float, time_ns: int
) -> None:
    """Write a fill down, with the order that it came of."""
    a = run.account[0]
    p = run.positions[pair]
    f = run.fills[a.fills]
    f.time_ns = time_ns
    f.signal_ns = p.order_ns
    f.pair = pair
    f.side = side
    f.quantity = quantity
    f.price = paid
    f.signal_price = p.order_price
    f.fee = fee
    f.profit = profit
    f.rule = p.order_rule
    f.score = p.order_score
    a.fills += 1


@kernel
def close_at_level(run: Run, pair: int, price: float, lowest: float, since_ns: int, time_ns: int) -> None:
    """Close the position of `pair`, whose stop or target this price has reached.

    `since_ns` is since when the price has moved here from `p.price` without a jump: the open of its bar; -1 for a price
    that jumped, as an open, a trade and a quote do. `lowest` is the lowest price from here to the end of the bar: when
    it reaches the stop too, the stop comes first, whatever the path. A level on the way is filled at its price, one
    that was jumped over at the price behind the jump, and one that was declared beyond the market at the worse of the
    prices before and after.
    """
    a = run.account[0]
    p = run.positions[pair]
    jumped = since_ns < 0
    stopped = price <= p.stop
    if not stopped and lowest <= p.stop and not (jumped and p.order_side == SELL):  # an order waits for just this price
        stopped = True
        a.both += 1
    level = p.stop if stopped else p.target
    if jumped:
        level = min(level, price) if stopped else price
    elif (p.price <= level) if stopped else (p.price >= level):
        level = min(p.price, price)
    if not jumped or level != price:
        a.inside += 1
        if p.entry_ns >= since_ns:
            a.same_bar += 1
    p.order_side = 0  # what waited to close it is done
    p.order_ns = p.level_ns
    p.order_price = p.stop if stopped else p.target
    p.order_rule = AT_STOP if stopped else AT_TARGET
    p.order_score = 0.0
    close_position(run, pair, level, time_ns)


@kernel
def value_account(run: Run) -> None:
    """Equity from scratch: cash and every position at its last price."""
    a = run.account[0]
    equity = a.cash
    for i in range(len(run.positions)):
        equity += run.positions[i].quantity * run.positions[i].price
    set_equity(run, equity)


@kernel
def set_equity(run: Run, equity: float) -> None:
    """Equity, its peak and the drawdown; only when it moved, because a division at each event would cost a fifth."""
    a = run.account[0]
    a.equity = equity
    a.peak = max(a.peak, equity)
    a.drawdown = 1.0 - equity / a.peak


@kernel
def advance(run: Run, pair: int, price: float, lowest: float, since_ns: int, time_ns: int) -> None:
    """Let an event reach the account before the strategy sees it: time, level, waiting order, the position's value.

    `lowest` and `since_ns` are those of `close_at_level`.
    """
    a = run.account[0]
    p = run.positions[pair]
    if a.invested > 0 and time_ns > a.time_ns:
        a.exposed_ns += time_ns - a.time_ns
    a.time_ns = max(a.time_ns, time_ns)
    if time_ns >= a.next_sample_ns:
        value_account(run)
        run.samples[a.samples].time_ns = a.next_sample_ns
        run.samples[a.samples].equity = a.equity
        a.samples += 1
        a.next_sample_ns += a.sample_step_ns
        if a.next_sample_ns <= time_ns:  # a gap in the history; the division costs too much for the usual case
            a.next_sample_ns += ((time_ns - a.next_sample_ns) // a.sample_step_ns + 1) * a.sample_step_ns
    if p.quantity > 0.0 and (price <= p.stop or price >= p.target):  # false for NaN
        close_at_level(run, pair, price, lowest, since_ns, time_ns)
        p.price = price
        value_account(run)
    elif p.order_side != 0:
        fill_order(run, pair, price, time_ns)
        p.price = price
        value_account(run)
    elif p.quantity > 0.0:
        set_equity(run, a.equity + p.quantity * (price - p.price))
    p.price = price
    if p.quantity > 0.0:
        p.best_price = max(p.best_price, price)


@kernel
def show_position(run: Run, pair: int) -> None:
    """Tell the strategy what it holds, with the event."""
    a = run.account[0]
    p = run.positions[pair]
    e = run.event[0]
    a.sequence += 1
    e.sequence = a.sequence
    e.pair = pair
    e.position = p.quantity
    e.entry_price = p.entry_price
    e.best_price = p.best_price
    e.entry_ns = p.entry_ns
    e.exit_ns = p.exit_ns
    e.drawdown = a.drawdown
    e.advice = math.nan


@kernel
def place_order(run: Run, pair: int) -> None:
    """Turn a decision into an order that waits for the pair's next event. One at a time, all in or all out."""
    d = run.decision[0]
    p = run.positions[pair]
    if d.action == SELL and p.quantity > 0.0:
        p.order_quantity = p.quantity
    elif d.action == BUY and p.quantity <= 0.0:
        a = run.account[0]
        budget = min(a.equity * d.size, (a.cash - a.reserved) / ((1.0 + a.fee) * (1.0 + a.slippage)))
        quantity = whole_lots(budget / p.price, p.lot)
        if not (quantity > 0.0 and quantity * p.price >= p.min_notional):  # a NaN size is refused too
            a.rejected += 1
            return
        p.order_quantity = quantity
        a.reserved += quantity * p.price
    else:
        return
    p.order_side = d.action
    p.order_ns = run.event[0].time_ns
    p.order_price = p.price
    p.order_rule = d.rule
    p.order_score = d.score


@kernel
def turn_clock(run: Run, time_ns: int) -> None:
    """Show the owner's clock at a moment; to be called when it is changed, and before the first event."""
    a = run.account[0]
    while time_ns >= run.offsets[a.offset_row, 0]:
        a.offset_row += 1
    a.offset_until_ns = run.offsets[a.offset_row, 0]
    run.event[0].utc_offset_s = run.offsets[a.offset_row, 1]
