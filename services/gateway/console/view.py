"""What a run shows, when there is nothing left to show it on."""

from __future__ import annotations

import errno
import os
import signal
import sys

from core.contracts.told import Tell, Telling


def until_gone(tell: Tell) -> Tell:
    """`tell`, until its terminal was closed; then the run is asked to end in order, and nothing more is told.

    An owner who sees nothing decides nothing. Any other trouble of `tell` is raised.
    """
    gone = False

    def hear(told: Telling) -> None:
        nonlocal gone
        if gone:
            return
        try:
            tell(told)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            gone = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be flushed goes nowhere
            signal.raise_signal(signal.SIGTERM)

    return hear
