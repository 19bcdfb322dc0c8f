"""A conversation as its keeper has it: bytes in, bytes out. What cannot be read any more is a new conversation."""

from __future__ import annotations

import contextlib
from typing import Final

import msgspec

from core.contracts import Situation, Status
from core.symbols import Symbols
from services.interpreter.dialogue.state import Dialogue, Reply
from services.interpreter.dialogue.stepping import Understand, by_grammar, step

_decode: Final = msgspec.json.Decoder(Dialogue).decode


def heard(
    kept: bytes,
    text: str,
    symbols: Symbols,
    situation: Situation,
    now_ns: int,
    understand: Understand = by_grammar,
) -> tuple[bytes, Reply, bool]:
    """One turn of a conversation that is kept, and whether it answers, corrects or takes back what was open in it."""
    state, reply = step(before := read(kept), text, symbols, situation, now_ns, understand)
    changed = (state.waiting, state.asked) != (before.waiting, before.asked)
    return msgspec.json.encode(state), reply, changed and _is_about_it(reply)


def _is_about_it(reply: Reply) -> bool:
    """A question without offers is about something else, and what is open stays open."""
    return reply.meant.status is not Status.ASK or bool(reply.meant.offers)


def ended(kept: bytes, *, done: bool) -> bytes:
    """The conversation once the plan that waited was done, or was not."""
    state = read(kept)
    return msgspec.json.encode(state.confirmed if done else state.settled)


def read(kept: bytes) -> Dialogue:
    """The state; a new one where there is none, or another version wrote it."""
    with contextlib.suppress(msgspec.MsgspecError, ValueError):
        return _decode(kept)
    return Dialogue()
