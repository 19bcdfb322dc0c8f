"""Numbers that an owner tunes: plain tuples to all that reads them, and known to the compiler by their class.

Machine code reads them from memory that it brings along (`core.compiled.numbers`), where any other tuple is frozen into
it. So a strategy with other numbers is not compiled again.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import Any, ClassVar, Final

PREFIX: Final = "sorte."
"""Of the names of constants in machine code that hold such numbers."""
WORD: Final = 1 << 63
"""Whole numbers below this, and not below its negative, are int64 in compiled code."""


class Tunable(tuple[Any, ...]):
    """Marks a tuple whose values are no part of the code. Of each role a strategy has one."""

    __slots__ = ()
    role: ClassVar[str]


class Values(Tunable):
    """A NamedTuple of int64 and float64: the parameters in force."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]]
    role = "parameters"


class Rows(Tunable):
    """Rows of float64, each as long as the others: what was worked out from parameters when a module was imported."""

    __slots__ = ()
    role = "edges"


def values_of(named: Any) -> Any:
    """The same NamedTuple as Values; what holds anything but int64 and float64 is given back as it is."""
    if not named or not all(type(value) is float or _is_word(value) for value in named):
        return named
    kind = type(named)
    marked: Any = type(kind.__name__, (Values, kind), {"__slots__": (), "__module__": kind.__module__})
    return marked._make(named)


def rows_of(rows: Iterable[tuple[float, ...]]) -> Rows:
    """The same rows, of one length and of floats, at least one."""
    return Rows(rows)


def words_of(numbers: Tunable) -> tuple[int, ...]:
    """Each number as a word of 64 bits, row after row."""
    flat: Iterable[Any] = (number for row in numbers for number in row) if isinstance(numbers, Rows) else numbers
    packed = (struct.pack("<q" if isinstance(number, int) else "<d", number) for number in flat)
    return tuple(int.from_bytes(word, "little") for word in packed)


def symbol_of(numbers: Tunable) -> str:
    """What the constant with these values is called."""
    return f"{PREFIX}{numbers.role}.{hashlib.sha256(repr(words_of(numbers)).encode()).hexdigest()}"


def _is_word(value: object) -> bool:
    return type(value) is int and -WORD <= value < WORD
