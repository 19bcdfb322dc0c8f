"""A log line as people read it: the moment on the owner's clock, how bad, who, what, and the values by name."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from core.telemetry.lines import EXCEPTION, FIRST, Line, time_of
from core.zone import local_time

INDENT: Final = "    "
LONGEST_VALUE: Final = 400
"""Characters of a value that are shown; all of them are in the file."""


def shown(line: Line, zone: str, *, dated: bool = True) -> str:
    """One line, and behind it those of a traceback. Nothing in it moves the cursor of a terminal.

    `zone` is an IANA name. Without `dated` only the time of the day is told.
    """
    moment = local_time(time_of(line), zone)
    told = f"{moment:%Y-%m-%d %H:%M:%S}" if dated else f"{moment:%H:%M:%S}"
    level, component, event = (printable(str(line.get(name, "?"))) for name in ("level", "component", "event"))
    head = f"{told}.{moment.microsecond // 1000:03d} {level:7} {component:11} {event}"
    values = (f"{printable(name)}={_value(value)}" for name, value in line.items() if name not in (*FIRST, EXCEPTION))
    said = "  ".join((head, *values))
    trace = str(line.get(EXCEPTION, "")).splitlines()
    return "\n".join((said, *(INDENT + printable(row) for row in trace)))


def printable(text: str) -> str:
    """Without what would move the cursor, ring the bell or turn the writing direction of a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
    text = printable(" ".join(text.split()) if "\n" in text else text)
    return f'"{text}"' if isinstance(value, str) and (" " in text or not text) else text
