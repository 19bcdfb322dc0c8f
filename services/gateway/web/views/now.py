"""How everything is at one moment, as the templates take it."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from core.contracts.answers import StatusShown
from services.gateway.picture import Picture

SILENT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Process:
    """One of our processes."""

    name: str  # trader, commander, gateway, telegram
    well: bool
    said: str  # what is to be known of it
    seen_ns: int  # when it was heard last; 0: never


@dataclass(frozen=True, slots=True)
class Feed:
    """The news of one pair."""

    pair: str
    seconds: float | None  # how old the last of them is
    silent: bool


@dataclass(frozen=True, slots=True)
class Now:
    """Everything that is told once a second. What is not known is None."""

    status: StatusShown | None = None
    status_ns: int = 0
    events_per_second: float | None = None
    decisions_per_second: float | None = None
    processes: tuple[Process, ...] = ()
    feeds: tuple[Feed, ...] = field(default=())


def now_of(picture: Picture) -> Now:
    """As the picture has it. What is too old is told with its age, not left out."""
    word = {"paused": picture.paused, "closing": picture.closing, "killed": picture.killed}
    status = replace(picture.status, **word) if picture.status is not None else None
    feeds = tuple(
        Feed(pair, seconds, seconds is not None and seconds > SILENT_SECONDS)
        for pair, heard_ns in sorted(picture.heard_ns.items())
        for seconds in (picture.age_seconds(heard_ns),)
    )
    processes = tuple(Process(each.name, each.well is True, each.said, each.since_ns) for each in picture.processes)
    rates = {"events_per_second": picture.events_per_second, "decisions_per_second": picture.decisions_per_second}
    return Now(status, picture.status_ns, processes=processes, feeds=feeds, **rates)
