"""Reads journals on: each line once, however often somebody asks, from whichever thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from services.trader.accounts.story import Story, Teller
from services.trader.journal import decode
from services.trader.orders import Record

ANSWER: Final = b'{"type":"answer"'
"""How half of a journal's lines begin, behind the checksum: what became of an order, which moves no money."""
CHECKSUM: Final = 9
MOST: Final = 4
"""Journals that are remembered: the account, and a few that somebody looked back at."""


@dataclass(slots=True)
class _Read:
    """A journal so far."""

    file: int  # inode: another file of that name is another story
    offset: int
    symbols: dict[str, None]
    teller: Teller

    def go_on(self, journal: Path) -> None:
        """Take in what was written since. What was not traded before is read again with all before it."""
        while (new := self._take_all(journal)) is not None:
            self.symbols[new] = None
            self.offset, self.teller = 0, Teller(self.symbols)

    def _take_all(self, journal: Path) -> str | None:
        """Up to the last whole line, or to a pair that is new, which is returned."""
        for record, end in _records(journal, self.offset):
            if record is not None:
                if (new := self.teller.unknown(record)) is not None:
                    return new
                self.teller.take(record)
            self.offset = end
        return None


class Journals:
    """The stories of the journals that were asked for last."""

    def __init__(self) -> None:
        self._read: dict[Path, _Read] = {}
        self._turn = Lock()

    def story(self, journal: Path) -> Story:
        """All that a journal tells; a torn last line, which is being written, is left out. Raises OSError."""
        with self._turn:
            return self._story(journal)

    def _story(self, journal: Path) -> Story:
        known = self._read.pop(journal, None)
        about = journal.stat()
        if known is None or known.file != about.st_ino or known.offset > about.st_size:
            known = _Read(about.st_ino, 0, {}, Teller(()))
        known.go_on(journal)
        self._read[journal] = known
        while len(self._read) > MOST:
            del self._read[next(iter(self._read))]
        return known.teller.story()


def _records(journal: Path, offset: int) -> Iterator[tuple[Record | None, int]]:
    """What was written from there on that moves money or tells why, with where each line ends."""
    with journal.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield None if line.startswith(ANSWER, CHECKSUM) else decode(line), offset
