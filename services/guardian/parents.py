"""Boxes that stay open from one case to the next, because what they hold is compiled already.

The parent of the next case is either the candidate that was accepted now or the parent that stayed, so both are kept,
and what neither turns out to be is closed then. A kept box is no more trusted than a fresh one: it ran the same code.
"""

from __future__ import annotations

import threading

from core.errors import SandboxError
from core.strategy import Source
from services.guardian.session import OpenBox, Session
from services.guardian.shape import shape_of
from services.guardian.side import Side

PATIENCE_SECONDS = 5.0


class Parents:
    """Who judges more than once owns one, puts it on the `Bench` of each case, and closes it at its own end."""

    def __init__(self) -> None:
        self._kept: dict[str, Side] = {}
        self._lock = threading.Lock()

    def take(self, tree: str) -> Side | None:
        """The box of that tree, if one is open and answers; it is the caller's then. All others are closed."""
        with self._lock:
            kept, self._kept = self._kept, {}
        wanted = kept.pop(tree, None)
        for side in kept.values():
            side.session.close()
        if wanted is None:
            return None
        try:
            wanted.session.ask("trading.anchor", int, seconds=PATIENCE_SECONDS, rounds=1)
        except SandboxError:
            wanted.session.close()
            return None
        return wanted

    def make_ready(self, source: Source, open_box: OpenBox, seconds: float) -> None:
        """Compile what will be the next parent, before anybody waits for it. Raises SandboxError when that fails.

        Call it in a thread that outlives the box.
        """
        if self.lend(source.tree_hash) is not None:
            return
        side = Side("parent", source.tree_hash, open_box(source, jit=True), seconds, blamed=False)
        side.shape = shape_of(source)
        try:
            side.ready.set_result(side.prepare())
        except BaseException:
            side.session.close()
            raise
        self.keep(side)

    def lend(self, tree: str) -> Side | None:
        """The box of that tree, to be asked something between two judgements; it stays here."""
        with self._lock:
            side = self._kept.get(tree)
        return side if side is not None and side.usable else None

    def keep(self, side: Side) -> None:
        """Keep a box whose strategy is ready, under the tree that was laid out in it."""
        with self._lock:
            before, self._kept[side.tree] = self._kept.get(side.tree), side
        if before is not None and before is not side:
            before.session.close()

    def rest(self) -> None:
        """Take less memory until the next judgement."""
        with self._lock:
            kept = list(self._kept.values())
        for side in kept:
            side.rest()

    def holds(self, session: Session) -> bool:
        """Whether this box is one of those that stay open."""
        with self._lock:
            return any(side.session is session for side in self._kept.values())

    def close(self) -> None:
        """End every box."""
        with self._lock:
            kept, self._kept = self._kept, {}
        for side in kept.values():
            side.session.close()
