"""An event loop whose clock runs on when nothing happens: ten minutes of waiting take a second, and nothing sleeps.

Sockets and threads are real. As long as a thread works for the loop its clock stands still, so that no deadline passes
for want of a disk.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
STEP_SECONDS = 2.0
MOMENT = 0.0005
"""Real seconds in which a socket may have something before the clock runs on."""


class Busy(ThreadPoolExecutor):
    """Threads that are counted."""

    def __init__(self) -> None:
        super().__init__(max_workers=8)
        self.working = 0
        self._lock = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with self._lock:
            self.working += 1
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: Future[Any]) -> None:
        with self._lock:
            self.working -= 1


class Skipping(selectors.DefaultSelector):
    """Does not wait for what only the clock brings."""

    def __init__(self, threads: Busy) -> None:
        super().__init__()
        self.skipped = 0.0
        self._threads = threads

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or timeout is None or timeout <= 0:
            return found or (super().select(None) if timeout is None else [])
        found = super().select(min(timeout, MOMENT))
        if not found and not self._threads.working:
            self.skipped += min(timeout, STEP_SECONDS)
        return found


class WarpedLoop(asyncio.SelectorEventLoop):
    """`time` runs on by what was skipped."""

    def __init__(self) -> None:
        self._threads = Busy()
        self._skipping = Skipping(self._threads)
        super().__init__(self._skipping)
        self.set_default_executor(self._threads)

    def time(self) -> float:
        return super().time() + self._skipping.skipped


def warped(body: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `body` in such a loop; what it came to."""
    with asyncio.Runner(loop_factory=WarpedLoop) as runner:
        return runner.run(body())
