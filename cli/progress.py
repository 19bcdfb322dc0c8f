"""What a command shows on standard error while it works, from the second second on; nothing where nobody looks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cli.texts import say

STEPS: Final = {
    "reading": "reading",
    "checking": "checking",
    "comparing with what is stored": "comparing",
    "writing": "writing",
}
"""What an import says that it does, and the text of it."""
PATIENCE_SECONDS: Final = 1.0
"""What is done by then needs no progress shown."""


@contextmanager
def progress_bar(patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Callable[[int, int], None]]:
    """A bar, by what is done and how much there is to do."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    trading = say("progress.trading")
    task = progress.add_task(say("progress.compiling"), total=None)
    with _after(patience_seconds, progress.start, progress.stop):
        yield lambda done, total: progress.update(task, description=trading, completed=done, total=total)


@contextmanager
def progress_line(name: str) -> Iterator[Callable[[str], None]]:
    """A line that says what is going on."""
    if not sys.stderr.isatty():
        yield lambda _step: None
        return
    from rich.console import Console

    status = Console(stderr=True).status(f"{name}: {say('progress.reading')}")
    with _after(PATIENCE_SECONDS, status.start, status.stop):
        yield lambda step: status.update(f"{name}: {say(f'progress.{STEPS[step]}')}")


@contextmanager
def _after(seconds: float, start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    patience = threading.Timer(seconds, start)
    patience.start()
    try:
        yield
    finally:
        patience.cancel()
        patience.join()
        stop()
