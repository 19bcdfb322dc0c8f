"""What an order comes to on the grid of its pair: plain functions; the simulation compiles them, the judge does not."""

from __future__ import annotations

import numpy as np

from core.kernel import BUY


def whole_lots(quantity: float, lot: float) -> float:
    """`quantity` rounded down to the lot; a billionth of a lot is forgiven, so that 0.3 / 0.1 is three.

    numpy's floor, because that of `math` is an integer: compiled it overflows at 2^63 lots and makes one of NaN.
    """
    return float(np.floor(quantity / lot + 1e-9)) * lot


def fill_price(side: int, price: float, slippage: float, tick: float) -> float:
    """`price` moved by `slippage` and rounded to `tick`, both against us; never below one tick."""
    if side == BUY:
        return float(np.ceil(price * (1.0 + slippage) / tick - 1e-9)) * tick
    return max(float(np.floor(price * (1.0 - slippage) / tick + 1e-9)), 1.0) * tick
