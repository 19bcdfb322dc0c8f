"""What open pages are shown, each piece with a number; who missed some gets them again, in order.

A part (the account, the health) is replaced by its next one, so only its newest is kept. A line of the story is not:
the newest few thousand are kept, and who was away for longer is told of the gap. Nobody has a queue of his own: a page
asks for what is newer than the number that it has, so a slow one costs no memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

LINES: Final = 5000
"""Of the story that can be said again: more than comes in hours."""
STORY: Final = "told"
"""The name under which lines of the story are sent."""


class Piece(NamedTuple):
    """A fragment of the page, and where it belongs."""

    number: int
    name: str
    html: str


class Missed(NamedTuple):
    """What somebody has not seen yet, and how many lines of the story are not there any more."""

    pieces: list[Piece]
    gap: int


class Board:
    """The pieces of one language, in one life of this process."""

    def __init__(self, *, life: str = "", lines: int = LINES, looked_at: Callable[[], None] = lambda: None) -> None:
        """`looked_at` is called when somebody begins to read, and when he ceases to."""
        self._looked_at = looked_at
        self.life = life or secrets.token_hex(4)
        self.newest = 0
        self.readers = 0
        self._parts: dict[str, Piece] = {}
        self._lines: deque[Piece] = deque(maxlen=lines)
        self._dropped = 0  # number of the newest line that is not kept any more
        self._lost = 0  # how many are not
        self._news = asyncio.Event()

    @contextlib.contextmanager
    def read(self) -> Iterator[None]:
        """Somebody reads for as long as the block runs."""
        self.readers += 1
        self._looked_at()
        try:
            yield
        finally:
            self.readers -= 1
            self._looked_at()

    def show(self, name: str, html: str) -> bool:
        """This part looks like this from now on; whether that is new."""
        known = self._parts.get(name)
        if known is not None and known.html == html:
            return False
        self._parts[name] = self._next(name, html)
        return True

    def tell(self, html: str) -> None:
        """One more line of the story."""
        if len(self._lines) == self._lines.maxlen:
            self._dropped, self._lost = self._lines[0].number, self._lost + 1
        self._lines.append(self._next(STORY, html))

    def wake(self) -> None:
        """Let every page look again, since we end."""
        self._news.set()
        self._news = asyncio.Event()

    def part(self, name: str) -> str:
        """How it looks now; empty when it was never shown."""
        return self._parts[name].html if name in self._parts else ""

    def story(self, most: int) -> list[str]:
        """The newest lines, the newest first."""
        return [line.html for line, _ in zip(reversed(self._lines), range(most), strict=False)]

    def number_in(self, said: str) -> int | None:
        """The number in what a page says that it saw last; None where that was another life of ours."""
        life, _, number = said.rpartition("-")
        known = number.isascii() and number.isdigit() and len(number) < 20
        return min(int(number), self.newest) if life == self.life and known else None

    def after(self, number: int) -> Missed:
        """What is newer than that."""
        parts = [piece for piece in self._parts.values() if piece.number > number]
        lines = []
        for line in reversed(self._lines):
            if line.number <= number:
                break
            lines.append(line)
        return Missed(sorted([*parts, *lines]), self._lost if self._dropped > number else 0)

    async def more_than(self, number: int, within_seconds: float) -> bool:
        """Wait until there is something newer, or so long; whether there is."""
        if self.newest > number:
            return True
        news = self._news
        try:
            async with asyncio.timeout(within_seconds):
                await news.wait()
        except TimeoutError:
            return False
        return self.newest > number

    def _next(self, name: str, html: str) -> Piece:
        self.newest += 1
        piece = Piece(self.newest, name, html)
        self.wake()
        return piece
