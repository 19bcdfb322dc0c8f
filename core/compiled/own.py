"""The compiled code of the owner's own backtests: made in his process, kept for him, loaded in his process.

Only code that is trusted to run here is compiled here, so only that is kept; nothing that a box ever wrote is among it.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from core.compiled.carrying import pack, unpack
from core.compiled.kept import made_from_of
from core.compiled.store import Store

PURPOSE: Final = "own"


class OwnCode:
    """The kernels of one strategy. They are kept under its tree and all that they were compiled from."""

    def __init__(self, tree_hash: str, store: Store | None = None) -> None:
        self._tree_hash = tree_hash
        self._store = store or Store(PURPOSE)

    def restore(self, kernel: Any) -> bool:
        """Give a kernel the form that it was compiled to before; False when it has to be compiled."""
        if getattr(kernel, "overloads", None):  # by an earlier call of this process
            return True
        made_from = made_from_of(kernel)
        data = None if made_from is None else self._store.read(self._key(made_from))
        return made_from is not None and data is not None and unpack(kernel, made_from, data)

    def keep(self, kernel: Any) -> None:
        """Keep what was compiled now."""
        made_from = made_from_of(kernel)
        if made_from is not None and (data := pack(kernel, made_from)) is not None:
            self._store.write(self._key(made_from), data)

    def _key(self, made_from: str) -> str:
        return hashlib.sha256(f"{self._tree_hash} {made_from}".encode()).hexdigest()
