"""A box made ready: its strategy loaded, and compiled unless an earlier box of the same tree has compiled it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sandbox.compiled import JUDGED, BoxCode
from services.guardian.answers import Prepared


def make_ready(tree: str, ask: Callable[..., Prepared], *, keeps: bool) -> Prepared:
    """Ask a box to prepare the `tree` that was laid out in it, with the code that an earlier box compiled of it.

    `keeps`: what it compiles instead is kept for the next. It is the first that a box is asked, so that nothing of the
    strategy has run by then but its import. `ask` puts the question, and raises what it raises.
    """
    code = BoxCode(JUDGED)
    prepared = ask(compiled=code.find(tree))
    if keeps and not prepared.fault and prepared.tree == tree:
        code.keep(tree, prepared.made)
    return msgspec.structs.replace(prepared, made=b"")
