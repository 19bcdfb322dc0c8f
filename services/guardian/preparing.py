"""A box made ready: its strategy loaded, and compiled unless an earlier box of the same tree has compiled it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from sandbox.compiled import JUDGED, BoxCode
from services.guardian.answers import Prepared

SHAPE: Final = "shape "
"""Before the shape of a tree where its hash would stand; no tree has a hash that begins so."""


def make_ready(tree: str, ask: Callable[..., Prepared], *, keeps: bool, shape: str = "") -> Prepared:
    """Ask a box to prepare the `tree` that was laid out in it, with the code that an earlier box compiled of it.

    Where there is none, with that of another tree of the same `shape` (`services.guardian.shape`), which differs in
    numbers that are no part of the code; the box says whether it was of use.

    `keeps`: what it compiles instead is kept for the next. It is the first that a box is asked, so that nothing of the
    strategy has run by then but its import. `ask` puts the question, and raises what it raises.
    """
    code = BoxCode(JUDGED)
    of_tree = code.find(tree)
    of_shape = code.find(SHAPE + shape) if shape and not of_tree else b""
    prepared = ask(compiled=of_tree or of_shape)
    if keeps and not prepared.fault and prepared.tree == tree:
        code.keep(tree, prepared.made or of_shape)
        if shape:
            code.keep(SHAPE + shape, prepared.made)
    return msgspec.structs.replace(prepared, made=b"")
