"""The owner's standing word to every trader of a data folder: go on, only close, close everything, halt.

Each is a file, so that it can be said with no trader, no network and no database, and stands over restarts.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Final

from core.presence import holder, present

KILL_FILE: Final = "KILL"
"""The kill switch: while it exists no order is sent. A trader looks at it before each one."""
KILL_ALL_FILE: Final = "KILL-ALL"
"""Beside the kill switch: what rests at the exchange for positions is taken back too."""
PAUSE_FILE: Final = "PAUSED"
"""Positions are only closed."""
TRADER_FILE: Final = "trader.pid"
"""Held by every trader that obeys the folder (see `core.presence`)."""
CLOSE_FILE: Final = "CLOSE"
"""Beside the pause: every open position is closed with its pair's next event."""

CLOSE_PAIR: Final = "CLOSE."
"""With a symbol behind it: the open position of that pair is closed, and nothing else changes."""
HEARD_SECONDS: Final = 3.0
"""A trader looks every second; a word that is older was heard by all that run."""


class OwnersWord:
    """The files of one data folder."""

    def __init__(self, folder: Path, *, heard_seconds: float = HEARD_SECONDS) -> None:
        self.kill_file = folder / KILL_FILE
        self._folder, self._heard_seconds = folder, heard_seconds
        self._unwritten: set[str] = set()  # what was said here and no disk took; forgotten with us

    def heard(self) -> contextlib.AbstractContextManager[None]:
        """Be a trader that obeys, for as long as the block runs."""
        return present(self._folder / TRADER_FILE)

    @property
    def listener(self) -> int | None:
        """The process of a trader that obeys; None when none runs."""
        return holder(self._folder / TRADER_FILE)

    @property
    def killed(self) -> bool:
        """Whether no order may be sent."""
        return self.kill_file.exists()

    @property
    def paused(self) -> bool:
        """Whether positions are only closed."""
        return self._stands(PAUSE_FILE)

    @property
    def closing(self) -> bool:
        """Whether every open position is to be closed."""
        return self._stands(CLOSE_FILE)

    @property
    def takes_protection(self) -> bool:
        """Whether nothing may rest at the exchange either. Without the kill switch it says nothing."""
        return self._stands(KILL_ALL_FILE) and self.killed

    def pause(self) -> None:
        """Open no position any more."""
        self._say(PAUSE_FILE)

    def panic(self) -> None:
        """Open none, and close all that are open."""
        self._say(PAUSE_FILE, CLOSE_FILE)

    def close(self, symbol: str) -> None:
        """Close the open position of one pair."""
        self._say(f"{CLOSE_PAIR}{symbol}")

    def closed(self, symbol: str) -> None:
        """It is closed, or there was none."""
        self._unwritten.discard(f"{CLOSE_PAIR}{symbol}")
        (self._folder / f"{CLOSE_PAIR}{symbol}").unlink(missing_ok=True)

    def closing_pairs(self) -> dict[str, bool]:
        """The pairs whose position is to be closed; true for a word that every trader has had the time to hear."""
        found = {}
        for file in self._folder.glob(f"{CLOSE_PAIR}*"):
            try:
                age = time.time() - file.stat().st_mtime
            except FileNotFoundError:
                continue
            found[file.name.removeprefix(CLOSE_PAIR)] = age > self._heard_seconds
        return found

    def resume(self) -> None:
        """Trade again; the kill switch stays as it is."""
        for symbol in self.closing_pairs():
            self.closed(symbol)
        self._unwritten.clear()
        for name in (CLOSE_FILE, PAUSE_FILE):
            (self._folder / name).unlink(missing_ok=True)

    def kill(self, *, everything: bool = False) -> None:
        """Throw the kill switch; `everything` takes back protection too."""
        self._say(KILL_FILE, *([KILL_ALL_FILE] if everything else []))

    def unkill(self) -> None:
        """Take it back."""
        self.kill_file.unlink(missing_ok=True)
        (self._folder / KILL_ALL_FILE).unlink(missing_ok=True)

    def _stands(self, name: str) -> bool:
        return name in self._unwritten or (self._folder / name).exists()

    def _say(self, *names: str) -> None:
        """Write all of them. Raises OSError when one could not be; it stands for who asks us, all the same."""
        failed: OSError | None = None
        for name in names:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                (self._folder / name).touch()
            except OSError as error:
                self._unwritten.add(name)
                failed = error
        if failed is not None:
            raise failed
