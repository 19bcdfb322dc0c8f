"""Numbers as a person writes them."""

from __future__ import annotations

from decimal import Decimal

from services.editor.refusals import EditRefused

LARGEST = 1e15
"""Above it a float64 cannot tell whole numbers apart any more."""
SMALLEST = 1e-12


def plain(number: float) -> str:
    """The shortest digits that mean just this number, never with an exponent: 70, 0.03, 0.00001."""
    text = repr(number)
    if "e" not in text:
        return text
    text = format(Decimal(text), "f")
    return text if "." in text else f"{text}.0"


def checkable(number: float) -> float:
    """The number; EditRefused when it is so large or small that nobody can check it by eye."""
    if abs(number) > LARGEST or 0 < abs(number) < SMALLEST:
        raise EditRefused("odd_number", value=number)
    return number


def restyled(number: float, old: str, kind: type[int] | type[float]) -> str:
    """`number` as the default of a parameter: whole numbers without a point where `old` had none."""
    number = number + 0  # -0.0 is 0.0
    if number == int(number) and (kind is int or "." not in old):
        return str(int(number))
    return plain(float(number))
