"""What the commander asks of a running trader, and what it hears of it: one JSON line each, over a socket of their own.

The first line is the commander's `Live`. A `Reply` answers the request of its number; the other reports come by
themselves.
"""

from __future__ import annotations

from typing import Any

import msgspec

from core.contracts.plan import Value
from core.contracts.road import Release


class Program(Value, frozen=True):
    """A release laid out for a box: the folder that holds just its tree, and its rules in order."""

    release: Release
    folder: str
    rule_names: tuple[str, ...]


class Live(Value, frozen=True, tag_field="do", tag="live"):
    """What trades, once the commander has put the workspace in order; and what it had to bring to an end first."""

    program: Program
    recovered: tuple[dict[str, Any], ...] = ()


class Stage(Value, frozen=True, tag_field="do", tag="stage"):
    """Start a green host. Answered when it is warm; its warm-up events are then in the file `warm_file`."""

    number: int
    program: Program
    warm_file: str


class Shadow(Value, frozen=True, tag_field="do", tag="shadow"):
    """Answered when green has decided on so many live events, and for so long, beside blue."""

    number: int
    events: int
    seconds: float
    timeout: float


class Unstage(Value, frozen=True, tag_field="do", tag="unstage"):
    """End the green host."""

    number: int


class Switch(Value, frozen=True, tag_field="do", tag="switch"):
    """Make green blue. Answered at the first event that it answered."""

    number: int


class SwitchBack(Value, frozen=True, tag_field="do", tag="switch_back"):
    """Make the previous host blue, if it runs `tree` and is warm. Answered as Switch is."""

    number: int
    tree: str


class Pause(Value, frozen=True, tag_field="do", tag="pause"):
    """Only close positions from now on, or trade again."""

    number: int
    on: bool


class Panic(Value, frozen=True, tag_field="do", tag="panic"):
    """Open no position any more, and close all that are open."""

    number: int


class Close(Value, frozen=True, tag_field="do", tag="close"):
    """Close the open position of one pair. Refused when nothing of it is held, or nothing can be sold."""

    number: int
    pair: str


class Status(Value, frozen=True, tag_field="do", tag="status"):
    """The trader's figures."""

    number: int


class Tell(Value, frozen=True, tag_field="do", tag="tell"):
    """Let who looks at the run know of it. Not answered."""

    kind: str
    fields: dict[str, Any]


Request = Live | Stage | Shadow | Unstage | Switch | SwitchBack | Pause | Panic | Close | Status | Tell


class Reply(Value, frozen=True, tag_field="is", tag="reply"):
    """What became of a request: `error` is empty when it was done."""

    number: int
    error: str = ""
    result: dict[str, Any] = {}  # noqa: RUF012 - msgspec copies it for each value


class Health(Value, frozen=True, tag_field="is", tag="health"):
    """How the trader did in the last second. Latencies are from frame read to decision settled."""

    blue: str  # tree that decides
    events: int
    p99_us: int | None
    equity: float
    trading: str
    lost: int  # events, since the start
    doubled: int
    inherited: float = 0.0  # gained since the last epoch by positions of before it, while they were held
    previous_p99_us: int | None = None  # of the release before, on the same events


class Heard(Value, frozen=True, tag_field="is", tag="heard"):
    """Something that the trader told: a fault, a denied order, an epoch."""

    kind: str
    fields: dict[str, Any]


Report = Reply | Health | Heard

encode_line = msgspec.json.Encoder(enc_hook=str, decimal_format="string").encode
decode_request = msgspec.json.Decoder(Request).decode
decode_report = msgspec.json.Decoder(Report).decode
