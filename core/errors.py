"""The one exception tree. A refusal that we expect is a value; these are for bad input and for what nobody planned."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final


class SorteError(Exception):
    """Something the operator can act on: what happened, to what, and `hint`, what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class ConfigurationError(SorteError):
    """A setting, limits file or argument that cannot be used as it is."""


class DataError(SorteError):
    """Market data that is missing, malformed or contradicts itself."""


class AbsentError(DataError):
    """Market data that is not there under the name that was given: a slip of the finger mostly, not a bad file."""


class StrategyError(SorteError):
    """A strategy package that cannot be loaded or compiled."""


class SandboxError(SorteError):
    """The box could not be built, or what is inside broke its protocol."""


class ExchangeError(SorteError):
    """The exchange refused a request, did not answer, or answered what cannot be understood.

    `code` is the exchange's own, 0 when it gave none. `unknown_order` says that it knows no such order, which is an
    answer; no answer at all is not. `retry_after_seconds` is for how long it wants no request, 0 when it does not say.
    `temporary` says that the same question may well be answered a little later.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        code: int = 0,
        unknown_order: bool = False,
        retry_after_seconds: float = 0.0,
        temporary: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.code = code
        self.retry_after_seconds = retry_after_seconds
        self.unknown_order = unknown_order
        self.temporary = temporary


SYSTEM: Final[Mapping[int, str]] = {
    errno.ENOENT: "there is no such file or folder",
    errno.EEXIST: "something of that name is there already",
    errno.ENOTDIR: "a file is where a folder is needed",
    errno.EISDIR: "it is a folder",
    errno.EACCES: "you may not read or write it",
    errno.EPERM: "you may not read or write it",
    errno.EROFS: "its disk can only be read",
    errno.ENOSPC: "its disk is full",
    errno.EDQUOT: "its disk is full for you",
    errno.ENAMETOOLONG: "its name is too long",
}
"""What the operating system says by number."""
OURS: Final = ".sorte-"
"""How the names of what is made on the way begin: who reads of one is told of the folder around it."""


def in_words(error: OSError) -> str:
    """What happened, as a part of a sentence, without its number."""
    return SYSTEM.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__


def system_error(error: OSError) -> SorteError:
    """A full disk, a folder that is a file, a permission: with the place where it happened."""
    place = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else None
    if place is None:
        return SorteError(f"{in_words(error)}.")
    place = place.parent if place.name.startswith(OURS) else place
    return SorteError(f"{place} cannot be used: {in_words(error)}.")


def first_line(error: BaseException, *, typed: bool = False) -> str:
    """The first line of what an error says, as a part of a sentence of ours; its type when it says nothing.

    `typed` puts the type before the words of what is not a SorteError, which alone may say little.
    """
    said = error.message if isinstance(error, SorteError) else str(error)
    line = next(iter(said.strip().splitlines()), "")
    if not line:
        return type(error).__name__
    return f"{type(error).__name__}: {line}" if typed and not isinstance(error, SorteError) else line
