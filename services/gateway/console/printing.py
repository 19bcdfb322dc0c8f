"""Figures and strangers' words as a terminal may show them."""

from __future__ import annotations


def money(amount: float | None) -> str:
    """An amount to the cent; `?` where it is not a number."""
    return "?" if amount is None else f"{amount:,.2f}"


def printable(text: str) -> str:
    """Without what would move the cursor, ring the bell or turn the direction of writing."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
