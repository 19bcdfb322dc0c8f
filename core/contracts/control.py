"""What the commander asks of a running trader, and what it hears of it: one JSON line each, over a socket of their own.

The first line is the commander's `Live`. A `Reply` answers the request of its number; the other reports come by
themselves.
"""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts.answers import ChangeEnded
from core.contracts.events import Event
from core.contracts.plan import Value
from core.contracts.road import Release
from core.contracts.told import Step, Telling, fields_of, kind_of


class Program(Value, frozen=True):
    """A release laid out for a box: the folder that holds just its tree, and its rules in order."""

    release: Release
    folder: str
    rule_names: tuple[str, ...]


class Live(Value, frozen=True, tag_field="do", tag="live"):
    """What trades, once the commander has put the workspace in order; and what it had to bring to an end first."""

    program: Program
    recovered: tuple[ChangeEnded, ...] = ()


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


class PassOn(Value, frozen=True, tag_field="do", tag="tell"):
    """Let who looks at the run know of it. Not answered."""

    kind: str
    fields: dict[str, object]

    @classmethod
    def of(cls, told: Telling) -> PassOn:
        """What passes `told` on."""
        return cls(kind_of(told), fields_of(told))

    def told(self) -> Step:
        """What is passed on. Raises msgspec.ValidationError for what another version told."""
        told: Step = msgspec.convert({"kind": self.kind, **self.fields}, Step)
        return told


Request = Live | Stage | Shadow | Unstage | Switch | SwitchBack | Pause | Panic | Close | Status | PassOn


NOTHING: Final = msgspec.Raw(b"{}")


class Reply(Value, frozen=True, tag_field="is", tag="reply"):
    """What became of a request: `error` is empty when it was done.

    `result` is one of `core.contracts.figures`, by what was asked.
    """

    number: int
    error: str = ""
    result: msgspec.Raw = NOTHING


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
    fields: dict[str, object]

    @classmethod
    def of(cls, told: Telling) -> Heard:
        """What says that `told` was told."""
        return cls(kind_of(told), fields_of(told))

    def told(self) -> Event:
        """What was told. Raises msgspec.ValidationError for what another version told."""
        told: Event = msgspec.convert({"kind": self.kind, **self.fields}, Event)
        return told


Report = Reply | Health | Heard

decode_request: Final = msgspec.json.Decoder(Request).decode
decode_report: Final = msgspec.json.Decoder(Report).decode
