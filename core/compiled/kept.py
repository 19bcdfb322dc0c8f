"""Where compiled code comes from and goes to, as those see it who would compile otherwise."""

from __future__ import annotations

from typing import Any, Protocol

from core.compiled.carrying import pack, unpack
from core.compiled.fingerprint import UnknownValueError, fingerprint


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
    """One kernel's code that was handed in from outside, and what there is to be handed out."""

    def __init__(self, given: bytes = b"") -> None:
        self._given = given
        self.made = b""
        """What was compiled here instead; empty when nothing was, or when it cannot be carried."""

    def restore(self, kernel: Any) -> bool:
        """Whether the code that was given is just that of this kernel."""
        made_from = made_from_of(kernel)
        return bool(self._given) and made_from is not None and unpack(kernel, made_from, self._given)

    def keep(self, kernel: Any) -> None:
        """Lay it ready for who asks outside."""
        made_from = made_from_of(kernel)
        self.made = (made_from and pack(kernel, made_from)) or b""


def made_from_of(kernel: Any) -> str | None:
    """The fingerprint of a kernel; None for plain Python, and for what has values that nobody can vouch for."""
    try:
        return fingerprint(kernel) if hasattr(kernel, "overloads") else None
    except (UnknownValueError, ValueError):
        return None
