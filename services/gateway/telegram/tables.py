"""Columns that align in a chat: each as wide as its widest cell, figures to the right, no line wider than a phone."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from services.gateway.telegram.markup import block

PHONE: Final = 38
"""Characters of a line in a fixed-width block on a narrow phone."""
GAP: Final = "  "
MORE: Final = "\N{HORIZONTAL ELLIPSIS}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: str = "", widest: int = PHONE) -> str:
    """A block of columns. `right` has `r` for each column that is set to the right: `lrr`.

    A line that would be wider than `widest` loses letters in its widest left-hand column.
    """
    cells = [list(row) for row in ([head] if any(head) else [])] + [list(row) for row in rows]
    if not cells:
        return ""
    sides = right.ljust(len(cells[0]), "l")
    widths = _fitted([max(map(width, column)) for column in zip(*cells, strict=True)], sides, widest)
    lines = (GAP.join(map(_set, row, widths, sides)).rstrip() for row in cells)
    return block("\n".join(lines))


def width(text: str) -> int:
    """Places that a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _fitted(widths: list[int], sides: str, widest: int) -> list[int]:
    """The widths with what is too much taken from the widest column of words."""
    over = sum(widths) + len(GAP) * (len(widths) - 1) - widest
    words = [place for place, side in enumerate(sides) if side == "l" and place < len(widths)]
    if over > 0 and words:
        longest = max(words, key=lambda place: widths[place])
        widths[longest] = max(widths[longest] - over, 4)
    return widths


def _set(text: str, wide: int, side: str) -> str:
    """One cell in its column."""
    if width(text) > wide and side == "l":
        text = _cut(text, wide - 1) + MORE
    blanks = " " * max(wide - width(text), 0)
    return blanks + text if side == "r" else text + blanks


def _cut(text: str, wide: int) -> str:
    while width(text) > wide:
        text = text[:-1]
    return text
