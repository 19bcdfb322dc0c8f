"""Text at the edges: what was typed comes in whatever the terminal is set to, and what we say goes out to it.

Files of ours are UTF-8 and are read and written so, whatever the locale. Bytes that are valid UTF-8 beyond ASCII are
hardly ever anything else, so they are taken for it even where the locale says Latin-1.
"""

from __future__ import annotations

import contextlib
import io
import locale
import os
import sys
from typing import Any, Final

LAST_RESORT: Final = "cp1252"
"""What is neither UTF-8 nor the locale's is most often Windows' or ISO's Latin-1, of which this is the larger."""
BARE: Final = frozenset({"ascii", "us-ascii", "ansi_x3.4-1968", "646", "utf-8", "utf8"})
"""Encodings of a locale that say nothing of bytes which are no UTF-8."""


def leave_ascii() -> None:
    """Begin again in Python's UTF-8 mode where the locale knows ASCII only, children included.

    A folder with an accent in its name could not be told to a child of ours there. What is printed stays ASCII.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding().lower() not in BARE - {"utf-8", "utf8"}:
        return
    shown = getattr(sys.stdout, "encoding", None) or "ascii"
    environment = {**os.environ, "PYTHONUTF8": "1"}
    environment.setdefault("PYTHONIOENCODING", f"{shown}:replace")
    os.execve(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]], environment)  # noqa: S606 - ourselves


def prepare_streams() -> None:
    """From here on nothing that is printed or read can raise for its characters; what has no sign is shown as `?`."""
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "replace"), (sys.stdin, "surrogateescape")):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):  # closed, or read from already
                stream.reconfigure(errors=errors)


def decoded(raw: bytes) -> str:
    """The text that somebody typed as these bytes."""
    with contextlib.suppress(UnicodeDecodeError):
        return raw.decode("utf-8")
    local = locale.getpreferredencoding(do_setlocale=False).lower()
    with contextlib.suppress(LookupError):
        return raw.decode(LAST_RESORT if local in BARE else local, "replace")
    return raw.decode(LAST_RESORT, "replace")


def as_typed(text: str) -> str:
    """An argument or a line of input as it was typed, however the locale had it decoded."""
    try:
        return decoded(os.fsencode(text))
    except UnicodeEncodeError:  # it came from no terminal
        return text


def as_argument(text: str) -> str:
    """Text for another program's arguments: it gets UTF-8, whatever the locale would make of it."""
    return os.fsdecode(text.encode("utf-8", "surrogateescape"))


def json_line(value: Any) -> str:
    """One line of JSON that standard output can carry: in ASCII where it is not UTF-8."""
    import json

    return json.dumps(value, ensure_ascii=(sys.stdout.encoding or "").lower() not in ("utf-8", "utf8"))
