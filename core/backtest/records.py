"""What a simulation remembers: the account, each pair's position and order, and the buffers of what it tells."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from core.kernel import Records, record_dtype

EVENTS_PER_BAR: Final = 4

AT_STOP: Final = -2
AT_TARGET: Final = -3
"""In place of a rule's index, of a fill at a level that a decision declared."""

POSITION: Final = record_dtype(
    [
        ("quantity", "f8"),  # base currency, >= 0
        ("entry_price", "f8"),
        ("entry_fee", "f8"),  # quote currency
        ("best_price", "f8"),  # highest since entry
        ("entry_ns", "i8"),
        ("exit_ns", "i8"),
        ("price", "f8"),  # last seen; 0 before the first event
        ("stop", "f8"),  # declared by the last decision; of use only while something is held
        ("target", "f8"),
        ("level_ns", "i8"),  # when it was declared
        ("order_side", "i8"),  # BUY or SELL while an order waits for the next event, else 0
        ("order_quantity", "f8"),
        ("order_ns", "i8"),
        ("order_price", "f8"),  # of the event that sent the order
        ("order_rule", "i8"),
        ("order_score", "f8"),
        ("lot", "f8"),
        ("price_tick", "f8"),
        ("min_notional", "f8"),
    ]
)
"""What a pair holds and waits for, and the grid its orders must lie on."""

ACCOUNT: Final = record_dtype(
    [
        ("cash", "f8"),  # quote currency
        ("reserved", "f8"),  # cash set aside for buy orders that wait
        ("equity", "f8"),  # cash plus positions at their last price
        ("peak", "f8"),  # highest equity so far
        ("drawdown", "f8"),  # fall of equity from its peak, a positive fraction
        ("invested", "i8"),  # open positions
        ("exposed_ns", "i8"),  # time with at least one open position
        ("time_ns", "i8"),  # of the last event
        ("sequence", "i8"),  # events so far
        ("fills", "i8"),  # in the buffer
        ("samples", "i8"),  # in the buffer
        ("next_sample_ns", "i8"),
        ("sample_step_ns", "i8"),
        ("inside", "i8"),  # positions closed by a level inside a bar: which of its prices came first is assumed
        ("both", "i8"),  # of these: the bar held the stop and the target, and the stop was taken
        ("same_bar", "i8"),  # of these: opened in that bar too
        ("rejected", "i8"),  # orders that the exchange would have refused: too small, or not enough cash
        ("fee", "f8"),  # fraction of each fill's value
        ("slippage", "f8"),  # fraction of the price, against us
        ("offset_until_ns", "i8"),  # the owner's clock is changed then
        ("offset_row", "i8"),  # of Run.offsets, in force
    ]
)

SAMPLE: Final = record_dtype([("time_ns", "i8"), ("equity", "f8")])


class Run(NamedTuple):
    """The memory of one simulation; one entry per pair where it says so."""

    account: Records  # ACCOUNT[1]
    positions: Records  # POSITION[pairs]
    states: Any  # the strategy's STATE[pairs]; a tuple of such, one for each kernel, when pairs have different ones
    kernels: Records  # int64[pairs]: which of the kernels decides; not read when there is but one
    tables: np.ndarray[Any, Any]  # float64[pairs, rows, 3]
    event: Records  # EVENT[1], reused
    decision: Records  # DECISION[1], reused
    fills: Records  # FILL[events of a chunk]
    samples: Records  # SAMPLE[one per step of time at most]
    offsets: np.ndarray[
        Any, Any
    ]  # int64[n, 2]: until when (UTC) the owner's clock is ahead of UTC, by how many seconds
