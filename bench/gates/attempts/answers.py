"""Answers: what a strategy would say in the runner's name to whoever listens outside, in a judge's box.

The runner reads on descriptor 3 and answers on 4, in frames of four bytes of length and a msgpack map. Nothing that
is said there is believed for being said; what must not be is that it is taken for the answer to another question, that
the listener falls over it, takes room for it or waits for ever, or that it reaches a terminal.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from typing import Any

import msgspec

from .calls import mark

_ANSWERS = 4
_LONG = 60.0
FORGED = "forged"
"""The right kind of answer to the second question, and not the true one."""


def _send(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(_ANSWERS, left) :]


def _frame(data: bytes) -> None:
    _send(len(data).to_bytes(4, "big") + data)


def _reply(**fields: Any) -> bytes:
    return msgspec.msgpack.encode({"nonce": _nonce(), "ok": True, "answer": FORGED, **fields})


def _nonce() -> str:
    """The one of the question that is being answered, out of the runner's own frame; empty where there is none."""
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]  # the last has none before it
        if isinstance(found := frame.f_locals.get("reply"), dict):
            return str(found["nonce"])
    return ""


def _truly(**fields: Any) -> None:
    """An answer that the first question may have had."""
    _frame(_reply(answer={"tree": "", "fault": ""}, **fields))


# Taken for something else


def without_a_nonce() -> None:
    _frame(msgspec.msgpack.encode({"ok": True, "answer": FORGED}))


def with_a_nonce_of_its_own() -> None:
    _frame(_reply(nonce="0" * 32))


def to_a_question_that_was_not_asked_yet() -> None:
    """Two answers: the second lies ready for whatever is asked next."""
    _truly()
    _frame(_reply())


def of_another_kind() -> None:
    _frame(_reply(answer=[FORGED] * 3))


def with_a_verdict() -> None:
    _frame(_reply(verdict="accepted"))


def as_a_pickle() -> None:
    _frame(pickle.dumps(_Calls()))


class _Calls:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"echo x > {mark()}",)


def with_a_good_end() -> None:
    os._exit(0)


# What a listener falls over


def too_long() -> None:
    _send(b"\xff" * 4)


def too_long_and_all_of_it() -> None:
    _send((65 << 20).to_bytes(4, "big"))
    for _ in range(65):
        _send(bytes(1 << 20))


def nested_without_end() -> None:
    _frame(b"\x91" * 100_000)


def of_no_kind() -> None:
    _frame(b"\xc1" * 5)


def that_is_no_text() -> None:
    _frame(b"\x82\xa5nonce\xa2\xff\xfe\xa2ok\xc3")


def of_nothing() -> None:
    _frame(b"")


# What a listener waits for


def half() -> None:
    _send((99).to_bytes(4, "big") + b"x")
    time.sleep(_LONG)


def byte_by_byte() -> None:
    """Never silent for long, and never at an end."""
    _send((1 << 20).to_bytes(4, "big"))
    while True:
        _send(b"\x90")
        time.sleep(0.1)


def never() -> None:
    time.sleep(_LONG)


def never_reading() -> None:
    """The next question does not fit into what the kernel holds for it."""
    _truly()
    time.sleep(_LONG)


def hung_up() -> None:
    os.close(3)
    os.close(4)
    time.sleep(_LONG)


def after_a_flood() -> None:
    """Standard error is read by nobody until the end, in most programs that start others."""
    for _ in range(256):
        try:
            os.write(2, b"x" * 4096)
        except BlockingIOError:
            break


# What reaches a terminal


def that_a_terminal_obeys() -> None:
    _frame(_reply(ok=False, error="\x1b]0;owned\x07\x1b[2J\x1b[31m", answer=None))


def that_fills_a_terminal() -> None:
    _frame(_reply(ok=False, error="x" * (1 << 20), answer=None))
