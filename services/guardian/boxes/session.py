"""Questions to a box and its answers: a frame out, a frame back within a deadline, and nothing of it is believed.

The same for every kind of box; what carries the bytes is a Line.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec

from core.errors import SandboxError
from core.text import printable

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one answer. A box that announces more is not listened to."""
LENGTH_BYTES: Final = 4

Result = TypeVar("Result")


class Line(Protocol):
    """Bytes to and from one box. Its calls raise TimeoutError at `deadline` (monotonic), ConnectionError at its end."""

    @property
    def pid(self) -> int:
        """Of the program inside, as the machine sees it; 0 when nobody tells."""

    def send(self, data: bytes, deadline: float) -> None: ...

    def receive(self, count: int, deadline: float) -> bytes: ...

    def close(self) -> str:
        """End the box, whatever it does, and all that it had. Says why it had ended; does nothing the second time."""

    def cpu_ns(self) -> int | None:
        """Processor time that it has used; None when nobody tells."""


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    nonce: str
    ok: bool
    answer: msgspec.Raw = msgspec.Raw()
    error: str = ""


class BoxSession:
    """A `guardian.session.Session` on a line. A box that broke the protocol ends; a failed task ends nothing."""

    def __init__(self, line: Line, lay_out: Callable[[Mapping[str, bytes]], None] = lambda _files: None) -> None:
        self.line = line
        self.lay_out = lay_out
        """Writes the files of a strategy into its folder, of a box that was opened with none."""
        self.ended = ""
        self._used_ns: int | None = None
        self._ending = threading.Lock()  # who asks in one thread may be closed from another

    def __enter__(self) -> BoxSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, task: str, answer: type[Result], *, seconds: float, **arguments: Any) -> Result:
        """What the box says to `task`; see `guardian.session.Session`."""
        if self.ended:
            raise SandboxError(f"{task}: the box has ended: {self.ended}.")
        nonce = secrets.token_hex(16)  # of this question: what was said before it came is no answer to it
        frame = msgspec.msgpack.encode({"nonce": nonce, "task": task, "arguments": arguments})
        try:
            reply = self._exchange(task, nonce, frame, time.monotonic() + seconds)
            result = msgspec.msgpack.decode(reply.answer, type=answer) if reply.ok else None
        except TimeoutError:
            raise self._broken(f"{task}: no answer within {seconds:g} s") from None
        except ConnectionError:
            raise self._broken(f"{task}: the box ended") from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._broken(f"{task}: the box answered nonsense ({error})") from None
        except BaseException as error:
            self._end(str(error))
            raise
        if not reply.ok:
            raise SandboxError(f"{task} failed inside the box: {shown(reply.error)}")
        return result  # type: ignore[return-value]  # just decoded as that type

    def _exchange(self, task: str, nonce: str, frame: bytes, deadline: float) -> _Reply:
        self.line.send(len(frame).to_bytes(LENGTH_BYTES, "big") + frame, deadline)
        length = int.from_bytes(self.line.receive(LENGTH_BYTES, deadline), "big")
        if length > MOST_BYTES:
            raise SandboxError(f"{task}: the box announced an answer of {length:,} bytes.")
        reply = msgspec.msgpack.decode(self.line.receive(length, deadline), type=_Reply)
        if not secrets.compare_digest(reply.nonce.encode(), nonce.encode()):
            raise SandboxError(f"{task}: the box answered without its nonce.")
        return reply

    def close(self) -> None:
        """End the box."""
        self._end("closed")

    def cpu_ns(self) -> int | None:
        """Processor time that it has used so far, or had when it was ended; None when nobody tells."""
        return self._used_ns if self.ended else self.line.cpu_ns()

    def _broken(self, what: str) -> SandboxError:
        return SandboxError(f"{what}: {self._end(what)}.")

    def _end(self, why: str) -> str:
        with self._ending:
            if not self.ended:
                self._used_ns = self.line.cpu_ns()
            cause = shown(self.line.close())
        self.ended = self.ended or why
        return cause


def shown(text: str) -> str:
    """A stranger's words as one line that can be shown: no control characters, not too long."""
    return printable(text, instead=" ", most=500)
