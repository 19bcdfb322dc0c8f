"""One candidate and its parent at work: a box for each, and the tapes that they are shown.

The trading gates share a Trial, so that each strategy is compiled once and plays each tape once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from core.strategy import Source
from services.guardian.answers import in_one_line
from services.guardian.lending import lent, own_of
from services.guardian.parents import Parents
from services.guardian.session import OpenBox
from services.guardian.shape import shape_of
from services.guardian.side import Side
from services.guardian.tape import Tape

Answer = TypeVar("Answer")


class Trial:
    """The boxes of one case. Close it when the case is over."""

    def __init__(
        self,
        candidate: Source,
        parent: Source,
        *,
        history: Tape,
        rehearsal: Tape,
        open_box: OpenBox,
        gate_seconds: float,
        parents: Parents | None,
        keeps: bool = False,
    ) -> None:
        """Start three boxes; they load and compile side by side while the caller goes on.

        `parents` may have the parent's box open already, and keeps those of this trial for the next one. `keeps`: what
        the candidate compiles is kept too, because its syntax is known to be harmless.
        """
        self._own = tuple(own_of(source) for source in (candidate, parent))
        self.history, self.rehearsal = self.dressed(history), self.dressed(rehearsal)
        self._open_box, self._gate_seconds, self._parents = open_box, gate_seconds, parents
        self._keeps = keeps
        self._pool = ThreadPoolExecutor(3, "trial")
        self._sides: list[Side] = []
        try:
            self.candidate = self._open("candidate", candidate, blamed=True)
            self.parent = self._kept_parent(parent) or self._open("parent", parent, blamed=False)
            self.plain = self._open("candidate in plain Python", candidate, blamed=True, jit=False)
        except BaseException:
            self.close()
            raise

    def _open(self, name: str, source: Source, *, blamed: bool, jit: bool = True) -> Side:
        session = self._open_box(source, jit=jit)
        side = Side(name, source.tree_hash, session, self._gate_seconds, blamed=blamed)
        side.keeps = side.keeps or self._keeps
        side.shape = shape_of(source) if jit else ""
        self._sides.append(side)
        side.ready = self._pool.submit(side.prepare)
        return side

    def _kept_parent(self, parent: Source) -> Side | None:
        side = None if self._parents is None else self._parents.take(parent.tree_hash)
        if side is None:
            return None
        side.name, side.blamed = "parent", False
        self._sides.append(side)
        return side

    @property
    def tapes(self) -> tuple[Tape, Tape]:
        """What everything is played on: the history, and events with all that a history lacks."""
        return self.history, self.rehearsal

    def dressed(self, tape: Tape) -> Tape:
        """The tape with values of pairs that are not on it worn by some that are; see `services.guardian.lending`."""
        return replace(tape, lent=lent(tape.symbols, *self._own))

    def ask_both(self, ask: Callable[[Side], Answer]) -> tuple[Answer, Answer]:
        """The same of candidate and parent, side by side."""
        of_parent = self._pool.submit(self._after_start, ask, self.parent)
        of_candidate = self._after_start(ask, self.candidate)
        return of_candidate, of_parent.result()

    def wait_for(self, side: Side) -> Side:
        """The side, once its strategy is ready."""
        return self._after_start(lambda side: side, side)

    @staticmethod
    def _after_start(ask: Callable[[Side], Answer], side: Side) -> Answer:
        prepared = side.ready.result()
        if prepared.fault:
            side.refuse(f"It could not be made ready: {in_one_line(prepared.fault)}")
        return ask(side)

    def begin_gate(self) -> None:
        """From now on the boxes have the time of one gate to answer in."""
        for side in self._sides:
            side.deadline = time.monotonic() + self._gate_seconds

    def close(self) -> None:
        """End the boxes, but for those that the next case may want."""
        for side in self._sides:
            if self._parents is not None and side.usable and side is not self.plain:
                self._parents.keep(side)
            else:
                side.session.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
