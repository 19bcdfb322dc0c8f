"""`sorte interpret --dialogue -`: a conversation a line at a time, in which nothing is edited either.

Each line is a turn, an empty one begins a new conversation. What was confirmed counts as in force from there on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.contracts import Situation
    from core.llm.asking import Models
    from core.symbols import Symbols
    from services.interpreter.dialogue import Reply


def converse(lines: Iterable[bytes], symbols: Symbols, now: Situation, models: Models, *, as_json: bool) -> None:
    """Answer each turn at once."""
    from core.encoding import decoded
    from services.commander.vetting import vet
    from services.interpreter.dialogue import Dialogue, step
    from services.interpreter.dialogue.plans import assumed
    from services.interpreter.model import with_models

    state, strategy = Dialogue(), symbols
    for line in lines:
        text = decoded(line).strip()
        if not text:
            state, strategy = Dialogue(), symbols
            continue
        state, reply = step(state, text, strategy, now, time.time_ns(), with_models(models, text, vet))
        _show(reply, strategy, now.time_zone, as_json=as_json)
        if reply.confirmed and reply.meant.plan is not None:
            strategy = assumed(strategy, reply.meant.plan)


def _show(reply: Reply, symbols: Symbols, zone: str, *, as_json: bool) -> None:
    import msgspec

    from core.encoding import json_line
    from services.interpreter.rendering import rendered

    fields = {**msgspec.to_builtins(reply.meant), "confirmed": reply.confirmed}
    sys.stdout.write((json_line(fields) if as_json else rendered(reply.meant, symbols, zone)) + "\n")
    sys.stdout.flush()
