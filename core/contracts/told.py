"""What an owner is told: the steps of a change, the answers to what he asks, and the events of a run.

One frozen value for each kind of line. `kind` and the names of the fields are the wire, in this order: `--json` and the
local socket carry them, in no language; texts for people are in theirs. A reader is a `match` over `Step`, `Answer` or
`Event`, which the type checker looks over for holes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from core.contracts.answers import Answer, DiffShown, Outcome
from core.contracts.change import State
from core.contracts.events import Event, NeverBegan, Told
from core.contracts.plan import Interpretation
from core.contracts.road import GateReport

# Steps of a change ----------------------------------------------------------------------------------------------------


class Received(Told, frozen=True, kw_only=True, tag="received"):
    """A sentence was written down as a change."""

    id: str


class Understood(Told, frozen=True, kw_only=True, tag="plan"):
    """What a sentence asks for."""

    id: str
    interpretation: Interpretation
    lines: list[str]  # one for each operation, in the owner's language
    seconds: float


class Returning(Told, frozen=True, kw_only=True, tag="returning"):
    """Where a rollback would go, before it is asked about."""

    id: str
    target: str  # commit
    undoes: list[str]  # ids of the changes that would be taken back
    text: str


class GateHeld(Told, frozen=True, kw_only=True, tag="gate"):
    """A gate of the guardian was held."""

    id: str
    gate: GateReport


class Committed(Told, frozen=True, kw_only=True, tag="commit"):
    """A change was accepted, and has its release commit."""

    id: str
    commit: str


class HostStaged(Told, frozen=True, kw_only=True, tag="staged"):
    """A host of the new release is warm."""

    id: str
    ready_seconds: float
    compile_seconds: float
    warmed_until: int  # sequence of the last event that it was warmed up with


class Shadowed(Told, frozen=True, kw_only=True, tag="shadow"):
    """The shadow run ended."""

    id: str
    events: int
    differing: int  # decisions that the judged code would not have made
    changed: int  # decisions whose action is another than that of the release that trades


class Switched(Told, frozen=True, kw_only=True, tag="switch"):
    """The new release decides."""

    id: str
    epoch: int
    first: int | None  # sequence of the first event that it answered; None when none came in time
    events_lost: int
    events_doubled: int


class Note(Told, frozen=True, kw_only=True, tag="note"):
    """Something beside the road."""

    id: str | UnsetType = UNSET
    text: str


class Watched(Told, frozen=True, kw_only=True, tag="watch"):
    """What the watch over a live change says."""

    id: str
    state: State
    watch: str  # running, passed, failed or what came in between
    reason: str


class UpgradeOffered(Told, frozen=True, kw_only=True, tag="upgrade"):
    """A newer strategy is shipped than the owner's was made from."""

    text: str


class SettingChanged(Told, frozen=True, kw_only=True, tag="setting"):
    """The owner has edited a setting. Values are as TOML and JSON have them; secrets are stars, None is not set."""

    key: str
    old: object
    new: object
    live: bool  # it takes hold at once; else at the next start
    reason: str  # what he is told


class SettingRefused(Told, frozen=True, kw_only=True, tag="setting_refused"):
    """The owner's settings file has a fault, and nothing of it is taken in."""

    reason: str


class Recovered(Outcome, frozen=True, kw_only=True, tag="recovered"):
    """A change that was cut short before, and was brought to its end at this start."""


Step = (
    Received
    | Understood
    | Returning
    | DiffShown
    | GateHeld
    | Committed
    | HostStaged
    | Shadowed
    | Switched
    | Note
    | Watched
    | UpgradeOffered
    | SettingChanged
    | SettingRefused
    | Recovered
)
Telling = Step | Answer | Event
"""All that is told; `Told` is what its kinds have in common."""
Tell = Callable[[Telling], None]
TellStep = Callable[[Step | Answer], None]
"""Hears what comes before an answer; words at a question have answers of their own."""

encode_line: Final = msgspec.json.Encoder(enc_hook=str, decimal_format="string").encode
"""The JSON of a line, without its end."""


def kind_of(told: Telling) -> str:
    """The kind of a line, as `kind` on the wire."""
    return str(told.__struct_config__.tag)


def fields_of(told: Telling) -> dict[str, object]:
    """What else is on the wire, by name and in its order."""
    names = told.WIRE if isinstance(told, NeverBegan) else told.__struct_fields__
    named = ((name, getattr(told, name)) for name in names)
    return {name: value for name, value in named if value is not UNSET}
