"""What a release decides on given events, from a state of zeros: the judge's own copy of a live host.

The commander compares it bit for bit with a green host that answered the same events. Opening a replay starts its
compiler, so it can be opened while the host is still compiling too.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final

import numpy as np

from core.errors import SandboxError, StrategyError
from core.kernel import DECISION, EVENT, Records, Table
from core.settings import Settings
from core.strategy import Source
from services.guardian.answers import Fed, Prepared, in_one_line
from services.guardian.boxes import open_boxes
from services.guardian.preparing import make_ready
from services.guardian.session import OpenBox, Session
from services.guardian.side import Side

CHUNK: Final = 50_000
"""Events in one question; about 9 MB."""


class Replay:
    """One release in a box of its own. Its calls raise SandboxError when the box fails, StrategyError when it does."""

    def __init__(
        self, source: Source, session: Session, ready: Future[Prepared], *, seconds: float, chunk: int = CHUNK
    ) -> None:
        """`ready` is what `session` says once it has `source` compiled; `seconds` the patience with its answers."""
        self._source, self._session, self._ready, self._seconds = source, session, ready, seconds
        self._chunk = chunk
        self.on_close: Callable[[], None] = lambda: None

    @classmethod
    def opened(cls, source: Source, *, open_box: OpenBox, seconds: float, chunk: int = CHUNK) -> Replay:
        """In a box of its own, whose strategy compiles while the caller goes on."""
        session, pool = open_box(source, jit=True), ThreadPoolExecutor(1, "replay")
        ask = functools.partial(session.ask, "trading.prepare", Prepared, seconds=seconds)
        ready = pool.submit(make_ready, source.tree_hash, ask, keeps=False)
        replay = cls(source, session, ready, seconds=seconds, chunk=chunk)

        def close() -> None:
            session.close()
            pool.shutdown(wait=False, cancel_futures=True)

        replay.on_close = close
        return replay

    @classmethod
    def lent(cls, source: Source, side: Side, *, seconds: float) -> Replay:
        """In a box that a judgement has compiled it in; it stays open."""
        return cls(source, side.session, side.ready, seconds=seconds)

    def __enter__(self) -> Replay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def decisions(self, events: Records, tables: Sequence[Table | None] = (), symbols: Sequence[str] = ()) -> Records:
        """DECISION[n] on EVENT[n], as the events are, positions included. `tables` are the pairs' Q-tables.

        `symbols` are the pairs' names: some have values of their own; a pair without a name has the common ones.
        """
        prepared = self._ready.result()
        if prepared.fault:
            raise StrategyError(f"The strategy could not be made ready: {in_one_line(prepared.fault)}")
        if prepared.tree != self._source.tree_hash:
            raise SandboxError(f"The box loaded the tree {in_one_line(prepared.tree)[:40]}.")
        if not len(events):
            return np.zeros(0, DECISION)
        pairs = max(int(events["pair"].max()) + 1, len(tables), len(symbols))
        given = [None if table is None else np.ascontiguousarray(table, np.float64).tobytes() for table in tables]
        memory = {"pairs": pairs, "tables": given, "symbols": list(symbols)}
        self._session.ask("trading.begin", type(None), seconds=self._seconds, **memory)
        chunk = self._chunk
        parts = [self._feed(events[start : start + chunk], start) for start in range(0, len(events), chunk)]
        return np.concatenate(parts)

    def _feed(self, events: Records, start: int) -> Records:
        data = np.ascontiguousarray(events, EVENT).tobytes()
        fed = self._session.ask("trading.feed", Fed, seconds=self._seconds, events=data)
        if fed.fault:
            where = start + len(fed.decisions) // DECISION.itemsize + 1
            raise StrategyError(f"The strategy raised at event {where:,}: {in_one_line(fed.fault)}")
        if len(fed.decisions) != len(events) * DECISION.itemsize:
            raise SandboxError(f"The box answered {len(events):,} events with {len(fed.decisions):,} bytes.")
        return np.frombuffer(fed.decisions, DECISION)

    def close(self) -> None:
        """End the box, unless it was lent."""
        self.on_close()


def prepare(source: Source, settings: Settings) -> Replay:
    """A replay in a box as the settings want it, whose strategy compiles while the caller goes on. Close it.

    Call it in a thread that outlives it. Raises SandboxError when there is no box.
    """
    with contextlib.ExitStack() as stack:
        boxes = stack.enter_context(open_boxes(settings.guardian, settings.workspace))
        opened = Replay.opened(source, open_box=boxes.open, seconds=settings.guardian.gate_seconds)
        stack.callback(opened.on_close)
        opened.on_close = stack.pop_all().close
        return opened


def replay(
    source: Source,
    events: Records,
    tables: Sequence[Table | None] = (),
    *,
    open_box: OpenBox,
    seconds: float = 60.0,
) -> Records:
    """The decisions of a release on recorded events, in a box of the caller's."""
    with Replay.opened(source, open_box=open_box, seconds=seconds) as opened:
        return opened.decisions(events, tables)
