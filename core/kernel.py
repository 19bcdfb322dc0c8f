"""The one way strategy code is compiled, and the records it is given and gives back.

A kernel is plain Python that Numba compiles in nopython mode. With `NUMBA_DISABLE_JIT=1` the very same function runs as
ordinary Python and gives the same bits, which the tests and the guardian compare. Left out on purpose: fast maths (it
makes NaN guards undefined) and Numba's on-disk cache (it does not see edits in imported files, numba/numba#1833).

Records travel as one-dimensional structured arrays. A record scalar as argument costs microseconds per call where an
array costs half of one. Every field is an int64 or a float64, so the layout has no padding and is the same on the wire.
"""

from __future__ import annotations

import functools
import operator
import struct
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar, cast

import numpy as np

QUOTE: Final = 1
"""Best bid and ask of one pair changed."""
TRADE: Final = 2
"""A batch of trades of one pair, one aggressor price."""
BAR: Final = 3
"""A bar of the strategy's timeframe closed."""
SHORTEST_LONGER: Final = 60
"""From here on a kind is a length in seconds: of a bar that closed before the strategy began. It has what a BAR has."""

HOLD: Final = 0
BUY: Final = 1
SELL: Final = 2
ACTIONS: Final = ("hold", "buy", "sell")

NANOSECONDS: Final = 1_000_000_000
"""Nanoseconds in a second; every `_ns` is UTC since 1970 unless its name says otherwise."""

Function = TypeVar("Function", bound=Callable[..., Any])

Records: TypeAlias = np.ndarray[Any, np.dtype[Any]]
"""A one-dimensional array of records: EVENT, DECISION or a strategy's STATE."""
Table: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
"""An array of float64."""


COMPILE_OPTIONS: Final[dict[str, Any]] = {
    "boundscheck": True,
    "fastmath": False,
    "cache": False,
    "error_model": "python",
    "_nrt": False,  # no reference counts, so no allocation either: measured 22 ns an event against 110
    "forceinline": True,  # small kernels vanish into their callers: measured 6 ns against 22
    "no_cfunc_wrapper": True,  # nobody calls a kernel from C: a fifth less compile time
}


def kernel(function: Function) -> Function:
    """Compile `function` for the hot path, or return it as it is under `NUMBA_DISABLE_JIT=1`.

    Bounds checks stay on: an edited strategy must raise IndexError, not write into the process (measured free). A float
    division by zero raises ZeroDivisionError as in Python. A kernel that makes an array does not compile: what it needs
    to remember belongs in its state. The compiled function keeps its source in `.py_func`.
    """
    import numba  # here, because who only needs the records (the trader) should not pay 0.5 s and 80 MB for it

    import core.compiled.numbers  # noqa: F401 - from now on Numba knows the parameters of a strategy

    return cast(Function, numba.njit(**COMPILE_OPTIONS)(function))


def record_dtype(fields: Sequence[tuple[Any, ...]]) -> np.dtype[Any]:
    """A structured dtype whose records answer `record.field`, in compiled code and in plain Python alike.

    `numpy.record` does the same, but each plain Python access runs through `__getattribute__`: 2.0 us against 0.3 us.
    A number is read as Python's own int or float: numpy's scalars answer a division by zero with a warning and
    infinity, where compiled code raises. The same fields give the same object: Numba finds the type of an array by its
    dtype's identity, and needs 0.7 us longer a call for one that is only equal.
    """
    return _record_dtype(tuple(fields))


@functools.cache
def _record_dtype(fields: tuple[tuple[Any, ...], ...]) -> np.dtype[Any]:
    def column(name: str, code: str, *shape: Any) -> property:
        def assign(record: np.void, value: Any) -> None:
            record[name] = value

        number = int if code == "i8" else float
        return property(operator.itemgetter(name) if shape else lambda record: number(record[name]), assign)

    record = type("Record", (np.void,), {"__slots__": (), **{field[0]: column(*field) for field in fields}})
    return np.dtype((record, list(fields)))


EVENT: Final = record_dtype(
    [
        ("sequence", "i8"),  # position in the trader's event stream, from 1, no gap
        ("time_ns", "i8"),  # the exchange's time of the event
        ("pair", "i8"),  # index into the pairs of this run, from 0
        ("kind", "i8"),  # QUOTE, TRADE or BAR; or the length in seconds of a longer bar, which is of the past
        ("price", "f8"),  # QUOTE: mid price; TRADE: last trade; BAR: close
        ("bid", "f8"),  # best bid and ask, in quote currency; 0 when there is no book
        ("ask", "f8"),
        ("bid_size", "f8"),  # in base currency, at the best price; 0 when there is no book
        ("ask_size", "f8"),
        ("buy_volume", "f8"),  # TRADE: base volume taken by buyers; 0 when the side is unknown
        ("sell_volume", "f8"),  # TRADE: base volume taken by sellers; 0 when the side is unknown
        ("open", "f8"),  # BAR only, as are high, low and volume (base currency)
        ("high", "f8"),
        ("low", "f8"),
        ("volume", "f8"),
        ("position", "f8"),  # base quantity held in this pair, >= 0
        ("entry_price", "f8"),  # average price paid; 0 when flat
        ("best_price", "f8"),  # highest price since entry; 0 when flat
        ("entry_ns", "i8"),  # when the position was opened; 0 when flat
        ("exit_ns", "i8"),  # when the last position of the pair was closed; 0 when never
        ("drawdown", "f8"),  # fall of the account's equity from its peak, as a positive fraction
        ("advice", "f8"),  # the advisor's opinion in [-1, 1]; NaN when there is none or it is stale
        ("utc_offset_s", "i8"),  # seconds that the owner's clock is ahead of UTC at this event, daylight time included
    ]
)
"""What a strategy is given, once per event: the market, its own position and the advisor's opinion."""

DECISION: Final = record_dtype(
    [
        ("sequence", "i8"),  # of the event that is answered
        ("pair", "i8"),
        ("action", "i8"),  # HOLD, BUY or SELL
        ("rule", "i8"),  # index into the strategy's rule names of the rule that decided; -1 when the score did
        ("score", "f8"),  # weighted ensemble, in [-1, 1]
        ("confidence", "f8"),  # in [0, 1]
        ("size", "f8"),  # fraction of equity that a BUY may spend, in [0, 1]
        ("min_hold_seconds", "f8"),  # how long a new position is held before a signal may close it
        ("stop", "f8"),  # at or below this price the position is closed, from the next event on; NaN for none
        ("target", "f8"),  # at or above this price likewise
        ("technical", "f8"),  # each signal in [-1, 1]; NaN when it abstained
        ("orderbook", "f8"),
        ("flow", "f8"),
        ("qlearning", "f8"),
        ("advice", "f8"),
    ]
)
"""What a strategy answers, one for each event, and why.

Who calls `decide` sets `stop` and `target` to NaN before each call: a strategy that knows no levels leaves them so.
"""

DECISION_BOUNDS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "action": (HOLD, SELL),
        "score": (-1.0, 1.0),
        "confidence": (0.0, 1.0),
        "size": (0.0, 1.0),
        "min_hold_seconds": (5.0, 90.0),  # the owner's bounds on the least time in a position
    }
)
"""Lowest and highest value of a decision's fields; anything else, NaN included, is nonsense to judge and trader."""
DECISION_PRICES: Final = ("stop", "target")
"""Fields that hold a price above zero, or NaN for none."""

STOP_WORD: Final = (DECISION.names or ()).index("stop")
TARGET_WORD: Final = (DECISION.names or ()).index("target")
"""Their places in a decision, counted in words of 8 bytes; every field is one."""

BAR_ROW: Final = record_dtype(
    [
        ("time_ns", "i8"),  # the bar's open
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),  # base currency
    ]
)
"""One bar of price history, as it is stored and replayed."""

FILL: Final = record_dtype(
    [
        ("time_ns", "i8"),  # of the event that filled the order
        ("signal_ns", "i8"),  # of the event whose decision sent it; always earlier
        ("pair", "i8"),
        ("side", "i8"),  # BUY or SELL
        ("quantity", "f8"),  # base currency
        ("price", "f8"),  # paid or received, slippage included
        ("signal_price", "f8"),  # of the event whose decision sent it
        ("fee", "f8"),  # quote currency
        ("profit", "f8"),  # SELL: realised, net of both fees, quote currency; BUY: 0
        ("rule", "i8"),  # index into the strategy's rule names; -1 when the score decided
        ("score", "f8"),
    ]
)
"""One filled order of a simulation."""


def wire_format(dtype: np.dtype[Any]) -> struct.Struct:
    """The packed layout of a record of int64 and float64 fields: what NumPy holds, at a tenth of its cost per field."""
    codes = {np.dtype("i8"): "q", np.dtype("f8"): "d"}
    return struct.Struct("<" + "".join(codes[np.dtype(dtype[name])] for name in dtype.names or ()))


HELD: Final = struct.Struct("<dddqqd")
"""position, entry_price, best_price, entry_ns, exit_ns and drawdown of an EVENT, which lie side by side."""
HELD_AT: Final = (EVENT.names or ()).index("position") * 8
"""Their place in an EVENT, in bytes; every field is one word."""

EVENT_WIRE: Final = wire_format(EVENT)
DECISION_WIRE: Final = wire_format(DECISION)
