"""On which line of a TOML file a key stands, which the reader in the standard library does not tell."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

MOST_LETTERS: Final = 1 << 18
"""A longer text is not somebody's settings; its keys are told without their lines."""


def line_of(text: str, key: str) -> int | None:
    """The line, from 1, on which a dotted `key` begins; None when the text is not TOML or does not have the key.

    It is the first line without which the text, read from its beginning, does not have the key. A text that ends within
    a value of several lines is not TOML, and is read on to the end of that value.
    """
    lines = text.splitlines(keepends=True)
    if len(text) > MOST_LETTERS or not has(_read(lines, len(lines))[1], key):
        return None
    low, high = 1, len(lines)
    while low < high:
        middle = (low + high) // 2
        end, found = _read(lines, middle)
        if has(found, key):
            high = middle
        else:
            low = end + 1
    return low


def has(values: object, key: str) -> bool:
    """Whether nested tables have a dotted key."""
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True


def _read(lines: Sequence[str], count: int) -> tuple[int, dict[str, Any]]:
    """What the first `count` lines say, and as many more as it takes to be TOML; (lines read, values)."""
    for end in range(count, len(lines) + 1):
        try:
            return end, tomllib.loads("".join(lines[:end]))
        except (ValueError, RecursionError):
            continue
    return len(lines), {}
