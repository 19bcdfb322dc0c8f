"""Figures and strangers' words as a terminal may show them."""

from __future__ import annotations

import math


def known(amount: float | None) -> float:
    """An amount that a line told; not a number where it was none."""
    return math.nan if amount is None else amount


def printable(text: str) -> str:
    """Without what would move the cursor, ring the bell or turn the direction of writing."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
