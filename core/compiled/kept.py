"""Where compiled code comes from and goes to, as those see it who would compile otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Protocol

from core.compiled.carrying import pack, unpack
from core.compiled.fingerprint import UnknownValueError, fingerprint

LENGTH_BYTES: Final = 8
"""Before each kernel's code."""


class Kept(Protocol):
    """Machine code of earlier processes.

    `restore` gives it to a kernel and says whether there was any; `keep` is for what was compiled instead.
    """

    def restore(self, kernel: Any) -> bool: ...

    def keep(self, kernel: Any) -> None: ...


class NothingKept:
    """Everything is compiled."""

    def restore(self, kernel: Any) -> bool:  # noqa: ARG002 - as in Kept
        """False: compile it."""
        return False

    def keep(self, kernel: Any) -> None:
        """Forget it."""


class Carried:
    """The code of a few kernels that was handed in from outside, and what there is to be handed out."""

    def __init__(self, given: bytes = b"") -> None:
        self._given = list(_parts(given))
        self.made = b""
        """What was compiled here instead, to be `given` as it is; empty when nothing was, or can be carried."""

    def restore(self, kernel: Any) -> bool:
        """Whether just that of this kernel is among the code that was given, or was kept here before: a strategy is
        compiled once for all pairs that have numbers of their own."""
        parts = (*self._given, *_parts(self.made))
        made_from = made_from_of(kernel) if parts else None
        return made_from is not None and any(unpack(kernel, made_from, part) for part in parts)

    def keep(self, kernel: Any) -> None:
        """Lay it ready for who asks outside, beside what was kept before."""
        made_from = made_from_of(kernel)
        if made_from is not None and (data := pack(kernel, made_from)) is not None:
            self.made += len(data).to_bytes(LENGTH_BYTES, "big") + data


def _parts(given: bytes) -> Iterator[bytes]:
    """What `made` was put together from; nothing of what is no such thing."""
    at = 0
    while 0 < (size := int.from_bytes(given[at : at + LENGTH_BYTES], "big")) <= len(given) - at - LENGTH_BYTES:
        yield given[at + LENGTH_BYTES : at + LENGTH_BYTES + size]
        at += LENGTH_BYTES + size


def made_from_of(kernel: Any) -> str | None:
    """The fingerprint of a kernel; None for plain Python, and for what has values that nobody can vouch for."""
    try:
        return fingerprint(kernel) if hasattr(kernel, "overloads") else None
    except (UnknownValueError, ValueError):
        return None
