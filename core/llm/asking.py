"""The chain for who waits in a thread: its event loop runs in a thread of its own, which also keeps the worker alive.

Nothing is imported, connected to or started before the first question.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from core.llm.chain import Attempt, Chain
    from core.llm.request import Request
    from core.settings import ModelSettings

CLOSE_SECONDS: Final = 5.0


class Models:
    """The models of an owner's settings. Safe for threads."""

    def __init__(self, settings: ModelSettings, hear: Callable[[Attempt], None] = lambda _: None) -> None:
        """`hear` is told of each attempt, in a thread of ours, after the log."""
        self.settings = settings
        self._hear = hear
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, threading.Thread, Chain] | None = None

    @property
    def any(self) -> bool:
        """Whether the settings name one."""
        return bool(self.settings.chain)

    def ask(self, request: Request) -> tuple[Attempt, ...]:
        """Every attempt; the last one has the reply, if any has. Empty when the settings name nobody."""
        if not self.any:
            return ()
        loop, _, chain = self._started()
        return asyncio.run_coroutine_threadsafe(chain.ask(request), loop).result()

    def warm(self, request: Request) -> None:
        """Let the first model load and read what will be the same in every question; waits for nothing."""
        if self.any:
            loop, _, chain = self._started()
            asyncio.run_coroutine_threadsafe(chain.warm(request), loop)

    def close(self) -> None:
        """End the worker, close the connections."""
        with self._lock:
            running, self._running = self._running, None
        if running is None:
            return
        loop, thread, chain = running
        with contextlib.suppress(Late):
            asyncio.run_coroutine_threadsafe(chain.close(), loop).result(CLOSE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(CLOSE_SECONDS)

    def _started(self) -> tuple[asyncio.AbstractEventLoop, threading.Thread, Chain]:
        from core.llm.building import chain_of

        with self._lock:
            if self._running is None:
                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=_serve, args=(loop,), name="models", daemon=True)
                thread.start()
                self._running = loop, thread, chain_of(self.settings, self._tell)
            return self._running

    def _tell(self, attempt: Attempt) -> None:
        from core.llm.telling import note

        note(attempt)
        self._hear(attempt)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


@contextlib.contextmanager
def models_of(settings: ModelSettings, hear: Callable[[Attempt], None] = lambda _: None) -> Iterator[Models]:
    """The models, closed at the end of the block."""
    models = Models(settings, hear)
    try:
        yield models
    finally:
        models.close()
