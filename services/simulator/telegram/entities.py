"""Telegram's HTML: what it shows of a text, or the words with which it refuses one.

The tags are those of the Bot API. A bare `<`, a tag that is not on the list, one that is not closed and one that is
closed out of order are each refused, as the real server does; an ampersand that begins no entity stands for itself.
"""

from __future__ import annotations

import html
import re
from typing import Final, NamedTuple

from services.simulator.telegram.refusing import bad

TAGS: Final = frozenset(
    {
        *("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre"),
        *("a", "span", "tg-spoiler", "tg-emoji", "blockquote"),
    }
)
MOST_ENTITIES: Final = 100
"""Further ones are passed over by the real server: the text then looks other than its bot meant."""
TAG: Final = re.compile(r"<(/?)([^\s>/]*)([^>]*)>")


class Shown(NamedTuple):
    """A text as a reader sees it, and how many stretches of it are marked."""

    text: str
    entities: int


def parse_html(source: str) -> Shown:
    """What is shown. Raises ApiRefusal for what Telegram cannot parse."""
    shown, opened, entities, place = "", list[str](), 0, 0
    while (start := source.find("<", place)) >= 0:
        shown += html.unescape(source[place:start])
        tag = TAG.match(source, start)
        offset = len(source[:start].encode())
        if tag is None:
            raise bad(f"can't parse entities: Unclosed start tag at byte offset {offset}")
        closing, name = tag[1], tag[2].lower()
        if closing:
            _close(opened, name, offset)
            entities += 1
        elif name not in TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {offset}')
        else:
            opened.append(name)
        place = tag.end()
    if opened:
        end = len(source.encode())
        told = f'Can\'t find end tag corresponding to start tag "{opened[-1]}"'
        raise bad(f"can't parse entities: {told} at byte offset {end}")
    return Shown(shown + html.unescape(source[place:]), entities)


def _close(opened: list[str], name: str, offset: int) -> None:
    if not opened:
        raise bad(f"can't parse entities: Unexpected end tag at byte offset {offset}")
    expected = opened.pop()
    if name != expected:
        told = f'Unmatched end tag at byte offset {offset}, expected "</{expected}>", found "</{name}>"'
        raise bad(f"can't parse entities: {told}")


def units(text: str) -> int:
    """The length of a text as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2
