"""A log line: one JSON object that begins with its time, so that it is found again behind a torn one.

    {"time":"2026-11-27T20:42:19.123456Z","level":"info","component":"trader","pid":71,"event":"fill","pair":"BTCUSDT"}

Inside a JSON string every quotation mark has a backslash before it, and no object within a line has `time` as its first
key: so `MARK` stands at the beginning of a line and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from core.zone import NANOSECONDS

LEVELS: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
"""The names, and their order."""
MARK: Final = b'{"time":"'
FIRST: Final = ("time", "level", "component", "pid", "event")
"""What every line has, in this order; `time` is UTC."""
EXCEPTION: Final = "exception"
"""The field of a traceback, of several lines."""

Line = dict[str, Any]


def encode(line: Mapping[str, Any]) -> bytes:
    """One line with its end. Every value must be one of JSON's, as `Redactor.clean` leaves it."""
    return msgspec.json.encode(line) + b"\n"


def decode(raw: bytes) -> Line | None:
    """The object in one line; None when there is none. What a writer that was killed left before it is dropped."""
    begin = raw.rfind(MARK)
    if begin < 0:
        return None
    try:
        line: Line = msgspec.json.decode(raw[begin:], type=Line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return line


def stamp(time_ns: int) -> str:
    """A moment (nanoseconds, UTC) as a line tells it, to the microsecond."""
    seconds, rest = divmod(time_ns, NANOSECONDS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


def time_of(line: Line) -> int:
    """The moment of a line, nanoseconds UTC; 0 when it tells none that can be read."""
    try:
        told = datetime.fromisoformat(str(line["time"]))
        return int(told.replace(microsecond=0).timestamp()) * NANOSECONDS + told.microsecond * 1000
    except (KeyError, ValueError, OverflowError):
        return 0


def level_of(line: Line) -> int:
    """The weight of its level; of a level that we do not know, the heaviest."""
    return LEVELS.get(str(line.get("level")), max(LEVELS.values()))
