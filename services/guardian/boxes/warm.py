"""Boxes that wait for a judgement: open, with all imported that their first question needs, and with no strategy yet.

Each is used once and by nobody else: what is laid out in it then is the one strategy that it will ever see, and it is
closed like any other. It waits behind the walls of every box; the second filter is in place from its first question
on, which is no more than whether it is ready. The strategy's folder is empty until then, and read-only inside always.

What they save is the start of the interpreter and its imports, a third of a second each; they take memory instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from core.errors import SandboxError
from core.strategy import Source
from services.guardian.boxes.session import BoxSession

ROOMS: Final = (("trading", True), ("trading", False), ("tests", False), ("lint", False), ("security", False))
"""What one judgement opens: the module of the first task, and whether the compiler is there."""
READY_SECONDS: Final = 60.0
"""For its imports; who takes it waits for the rest of them, as for those of a box that is opened for him."""
PATIENCE_SECONDS: Final = 5.0
"""For its word that it still is; after that a new one is opened."""
NOTHING: Final = Source({}, "")


class Opens(Protocol):
    """A maker of boxes, as `services.guardian.boxes.Boxes`."""

    def open(self, source: Source, *, jit: bool = True, room: str = "") -> BoxSession: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A box and its word that it is ready."""

    session: BoxSession
    ready: Future[str]


class WarmBoxes:
    """At most one for each of ROOMS. Who owns it fills it between judgements, and closes it at its own end."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, bool], Waiting] = {}
        self._made_by: object = None
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(len(ROOMS), "warm")

    def fill(self, boxes: Opens, made_by: object) -> None:
        """Open those that are missing; nobody waits for their imports. Raises SandboxError when none can be opened.

        `made_by` is all that a box depends on: those of others are closed. Call it in a thread that outlives them.
        """
        if made_by != self._made_by:
            self._end()
            self._made_by = made_by
        for room, jit in ROOMS:
            with self._lock:
                known = self._waiting.get((room, jit))
            if known is None:
                session = boxes.open(NOTHING, jit=jit)
                ready = self._pool.submit(session.ask, f"{room}.ready", str, seconds=READY_SECONDS)
                with self._lock:
                    self._waiting[room, jit] = Waiting(session, ready)

    def take(self, source: Source, made_by: object, *, jit: bool, room: str) -> BoxSession | None:
        """One with that strategy in it, which is the caller's; None when none waits or it is not ready for it."""
        with self._lock:
            fits = made_by == self._made_by
            found = self._waiting.pop((room, jit), None) if fits else None
        if found is None:
            return None
        try:
            found.ready.result()
            found.session.ask(f"{room}.ready", str, seconds=PATIENCE_SECONDS)  # one that died is nobody's fault
            found.session.lay_out(source.files)
        except (SandboxError, OSError):
            found.session.close()
            return None
        return found.session

    def close(self) -> None:
        """End every box."""
        self._end()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _end(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            with suppress(OSError):
                each.session.close()


def opener(boxes: Opens, warm: WarmBoxes | None, made_by: object) -> Callable[..., BoxSession]:
    """How a judgement opens a box: one that waits for it, else a new one."""

    def open_box(source: Source, *, jit: bool = True, room: str = "trading") -> BoxSession:
        taken = warm.take(source, made_by, jit=jit, room=room) if warm is not None else None
        return taken or boxes.open(source, jit=jit, room=room)

    return open_box
