"""A long message in several: cut at line ends, with every tag closed before a cut and opened again after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from services.gateway.telegram.markup import plain, shown_units, units

LONGEST: Final = 4096
"""What Telegram shows of one message, in UTF-16 code units."""
LONGEST_CAPTION: Final = 1024
TAG: Final = re.compile(r"<(/?)([a-z-]+)([^<>]*)>")
PIECE: Final = re.compile(r"<[^<>]+>|&#?\w{1,8};|.", re.DOTALL)
"""What must not be cut: a tag, an entity, a character."""


def split(source: str, longest: int = LONGEST) -> list[str]:
    """`source`, in parts that Telegram takes; one that is short enough stays as it is. Of blanks there is none."""
    if shown_units(source) <= longest:
        return [source] if plain(source).strip() else []
    parts, current, opened = list[str](), "", list[str]()
    for line in _lines(source, longest):
        if current and shown_units(current + line) > longest:
            parts.append(_closed(current, opened))
            current = "".join(opened)
        current += line
        opened = _open_after(line, opened)
    parts.append(_closed(current, opened))
    return [part for part in parts if plain(part).strip()]


def _lines(source: str, longest: int) -> Iterator[str]:
    """Its lines with their ends; one that is too long in pieces."""
    for line in source.splitlines(keepends=True):
        yield from [line] if shown_units(line) <= longest else _pieces(line, longest)


def _pieces(line: str, longest: int) -> Iterator[str]:
    piece, shown = "", 0
    for found in PIECE.finditer(line):
        length = 0 if TAG.fullmatch(found[0]) else 1 if found[0].startswith("&") else units(found[0])
        if shown + length > longest:
            yield piece
            piece, shown = "", 0
        piece, shown = piece + found[0], shown + length
    yield piece


def _open_after(line: str, opened: list[str]) -> list[str]:
    """The tags that are open after a line, as they were written, in the order in which they were opened."""
    after = list(opened)
    for found in TAG.finditer(line):
        if found[1]:
            after.pop()
        else:
            after.append(found[0])
    return after


def _closed(part: str, opened: list[str]) -> str:
    """With the end of each tag that is open, the last one first."""
    ends = (found[2] for tag in reversed(opened) if (found := TAG.match(tag)) is not None)
    return part.rstrip("\n") + "".join(f"</{name}>" for name in ends)
