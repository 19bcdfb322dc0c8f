"""What stands above the prompt: each pair with its position and last decision, and what was decided and traded last.

Pure and plain: a few hundred characters are put together once a second, beside a loop that must not wait for it.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from core.contracts.events import Decided, Denied, Filled, Rejected, Unfilled
from core.contracts.told import Telling
from core.formats import figure
from core.language import Language
from core.text import printable
from services.gateway.console.telling import fields_said, kind_said
from services.gateway.console.texts import say
from services.trader.figures import Figures, PairFigures

RECENT: Final = (Decided, Filled, Denied, Rejected, Unfilled)
"""What is shown below the pairs when it happens."""
MOST_RECENT: Final = 6
LEFT_FREE: Final = 8
"""Rows for what is typed, the toolbar, and some of what was answered."""
FEWEST_ROWS: Final = 4
GAP: Final = "  "
SHORT: Final = 60
"""Characters of a value that are shown in a line."""
STYLES: Final = {Filled: "ansigreen", Denied: "ansiyellow", Rejected: "ansiyellow"}

Fragments = list[tuple[str, str]]
"""Style and text, as prompt_toolkit takes them."""


class Happened(NamedTuple):
    """Something that was told, and when; seconds."""

    at: float
    told: Telling


def board(
    figures: Figures | None, recent: Sequence[Happened], rows: int, columns: int, language: Language
) -> Fragments:
    """All lines that fit into a terminal of that size, each with its end; nothing before the trader is warm."""
    room = rows - LEFT_FREE
    if figures is None or room < FEWEST_ROWS:
        return []
    last = list(recent)[-min(MOST_RECENT, room // 3) :] if room >= FEWEST_ROWS * 2 else []
    fragments: Fragments = []
    for style, line in (*_pairs(figures, room - len(last), language), *_recent(last, language)):
        fragments.append((style, f"{_cut(line, columns - 1)}\n"))
    return fragments


def _pairs(figures: Figures, room: int, language: Language) -> Iterator[tuple[str, str]]:
    """A head, and a line for each pair; those that are held come first when there is no room for all."""
    pairs = list(figures.pairs)
    if len(pairs) > room - 1:
        pairs = sorted(pairs, key=lambda pair: pair.size <= 0)[: max(room - 2, 0)]
    protected = ("protected",) if figures.protects else ()
    names = ("pair", "price", "position", "value", "profit", *protected, "last_decision")
    rows = [[say(f"column.{name}", language) for name in names]]
    rows += [_row(pair, language, protects=figures.protects) for pair in pairs]
    widths = [max(_width(row[place]) for row in rows) for place in range(len(names))]
    for place, row in enumerate(rows):
        pair = pairs[place - 1] if place else None
        yield (
            _style(pair),
            GAP.join(
                _padded(cell, width, left=at in (0, len(names) - 1))
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ),
        )
    if left := len(figures.pairs) - len(pairs):
        yield "ansibrightblack", say("board.more", language, count=left)


def _row(pair: PairFigures, language: Language, *, protects: bool) -> list[str]:
    held = pair.size > 0
    stop = say("live.bare", language) if pair.stop_price is None else figure(pair.stop_price, ",.8g", language)
    return [
        pair.symbol,
        figure(pair.price, ",.8g", language),
        figure(pair.size, ".8g", language) if held else "-",
        figure(pair.size * pair.price, ",.2f", language) if held else "-",
        figure(pair.profit, "+.2%", language) if held else "-",
        *([stop if held else "-"] if protects else []),
        printable(pair.last_decision or "-"),
    ]


def _recent(recent: Sequence[Happened], language: Language) -> Iterator[tuple[str, str]]:
    for at, told in recent:
        clock = time.strftime("%H:%M:%S", time.localtime(at))
        said = fields_said(told, language, most=SHORT)
        yield STYLES.get(type(told), "ansicyan"), f"{clock} {kind_said(told, language):9} {said}"


def _style(pair: PairFigures | None) -> str:
    """The head is bold; a position is green or red, and its profit has a sign besides."""
    if pair is None:
        return "bold"
    return "" if pair.size <= 0 else "ansigreen" if pair.profit >= 0 else "ansired"


def _padded(cell: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(cell))
    return cell + space if left else space + cell


def _cut(line: str, columns: int) -> str:
    """As much as fits into a line of the terminal."""
    if _width(line) <= columns:
        return line.rstrip()
    kept, used = [], 0
    for letter in line:
        used += _width(letter)
        if used >= columns:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + "…"


def _width(text: str) -> int:
    """Columns that it takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        2 if unicodedata.east_asian_width(letter) in "WF" else not unicodedata.combining(letter) for letter in text
    )
