"""Where the page is served. A port that is taken keeps nothing else from its work: the door is tried again later."""

from __future__ import annotations

import socket

from core.errors import ConfigurationError
from core.settings import WebSettings
from services.gateway.binding import address_of, bound
from services.gateway.store.notes import Notes

ADDRESS_NOTE = "address"
"""Under which the store has where the page is, for `sorte web`; empty while it is nowhere."""
UNSERVED_NOTE = "unserved"
"""And why it is nowhere."""


class Door:
    """One page's."""

    def __init__(self, web: WebSettings, notes: Notes) -> None:
        self._web, self._notes = web, notes
        self._listener: socket.socket | None = None
        self.address = ""
        self.trouble: ConfigurationError | None = None

    def open(self) -> socket.socket:
        """The socket that listens, for good. Raises ConfigurationError where there is none to be had."""
        if self._listener is None:
            try:
                self._listener = bound(self._web)
            except ConfigurationError as error:
                self.trouble = error
                self._notes.set(UNSERVED_NOTE, f"{error.message}\n{error.hint}")
                raise
            self.trouble, self.address = None, address_of(self._listener)
            self._notes.drop(UNSERVED_NOTE)
            self._notes.set(ADDRESS_NOTE, self.address)
        return self._listener

    def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.close()
