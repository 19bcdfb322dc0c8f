"""What the gateway keeps over restarts, in a file of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from services.gateway.store.approved import Approvals
from services.gateway.store.entering import Entering
from services.gateway.store.notes import Notes
from services.gateway.store.opening import open_file
from services.gateway.store.pairing import Pairing
from services.gateway.store.samples import Samples
from services.gateway.store.updates import Updates

__all__ = ["Store", "opened"]


class Store:
    """The file of one data folder; it may be open in several processes. Raises ConfigurationError."""

    def __init__(self, data_dir: Path) -> None:
        self.engine = open_file(data_dir)
        self.approvals = Approvals(self.engine)
        self.entering = Entering(self.engine)
        self.updates = Updates(self.engine)
        self.pairing = Pairing(self.engine)
        self.samples = Samples(self.engine)
        self.notes = Notes(self.engine)

    def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()


@contextlib.contextmanager
def opened(data_dir: Path) -> Iterator[Store]:
    """The store, for as long as the block runs."""
    store = Store(data_dir)
    try:
        yield store
    finally:
        store.close()
