"""The words that cross the wall, for both sides: what a message is, and how a control message is told from decisions.

The channel is a SOCK_SEQPACKET pair, so one send is one message. The first message into the box is a JSON object (see
`sandbox.runner`), the next ones are the compiled code that it speaks of, every later one is a whole number of EVENT
records, at most BATCH. What comes back is as many DECISION records, or a control message, which is a JSON object:

    {"ready": nonce, "tree": hash, "compile_seconds": x, "rss_mb": x}   once, before the first event is answered
    {"failed": nonce, "error": one line}                                instead of it; the box then ends
    {"fault": sequence, "error": one line}                              the kernel raised at that event; the box ends

Decisions begin with a sequence number, whose first byte is `{` for every 256th event, so the first byte tells nothing.
The length does: a control message is never a whole number of decisions long (it is padded with one space if need be).

Everything that comes out of the box is data from a stranger. The nonce says which box answered, not that it is honest:
strategy code shares the process with the runner and can read it.
"""

from __future__ import annotations

import json
from typing import Any, Final

DECISION_BYTES: Final = 120
"""`core.kernel.DECISION.itemsize`, repeated so that this file needs no NumPy; a test compares them."""
EVENT_BYTES: Final = 184
"""`core.kernel.EVENT.itemsize`, likewise."""
BATCH: Final = 256
"""Most events in one message."""
CONTROL_BYTES: Final = 4096
"""A longer control message is not one."""


def encode_control(**fields: Any) -> bytes:
    """A control message: JSON in ASCII whose length is no multiple of `DECISION_BYTES`."""
    message = json.dumps(fields).encode("ascii")
    return message if len(message) % DECISION_BYTES else message + b" "


def decode_control(message: bytes | memoryview) -> dict[str, Any] | None:
    """The fields of a control message, of any type; None when `message` is decisions, or is neither.

    Never raises on what a hostile box may send: too long, not JSON, no object, NaN, nested without end are all None.
    """
    if not 0 < len(message) <= CONTROL_BYTES or len(message) % DECISION_BYTES == 0:
        return None
    try:
        fields = json.loads(bytes(message).decode("ascii"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def one_line(error: BaseException) -> str:
    """What went wrong, on one short line; never raises, whatever the error's own text does."""
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 - an exception class of the strategy may have any __str__
        text = type(error).__name__
    return " ".join(text.split())[:500]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
