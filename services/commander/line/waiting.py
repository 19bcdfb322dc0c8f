"""Whether a trader runs whose commander does not answer, and how long it is waited for: it comes back by itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

from core.presence import holder
from core.settings import Settings
from core.workspace import find, starting_file, trader_file

PATIENCE_SECONDS: Final = 15.0
"""A commander that has died once is back by then."""
STARTING_SECONDS: Final = 60.0
"""For one that is being started meanwhile, on a busy machine."""
LOOK_SECONDS: Final = 0.1


def trader_of(settings: Settings) -> int | None:
    """The process that trades our workspace, or begins to; None when none does."""
    workspace = find(settings)
    return holder(trader_file(workspace)) if workspace is not None else None


def wait(
    settings: Settings,
    connect: Callable[[], socket.socket | None],
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> socket.socket | None:
    """A connection to its commander, as soon as it is there; None when it is not in time, or the trader has ended."""
    began = clock()
    while (connection := connect()) is None and trader_of(settings) is not None:
        if clock() - began > (STARTING_SECONDS if _starts(settings) else PATIENCE_SECONDS):
            break
        pause(LOOK_SECONDS)
    return connection


def _starts(settings: Settings) -> bool:
    workspace = find(settings)
    return workspace is not None and holder(starting_file(workspace)) is not None
