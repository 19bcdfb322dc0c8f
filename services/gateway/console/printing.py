"""Figures as a terminal may show them."""

from __future__ import annotations

import math


def known(amount: float | None) -> float:
    """An amount that a line told; not a number where it was none."""
    return math.nan if amount is None else amount
