"""How an error is told: one sentence and what to do next, on standard error; an object when JSON was asked for."""

from __future__ import annotations

import sys

from core.encoding import json_line
from core.errors import SorteError


def report(error: SorteError) -> None:
    """Tell the operator what happened and what to do next; as JSON when he asked for JSON."""
    if "--json" in sys.argv:
        print(json_line({"kind": "error", "message": error.message, "hint": error.hint}))
        return
    from core.retelling import retold

    print(f"sorte: {retold(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"       {retold(error.hint)}", file=sys.stderr)
