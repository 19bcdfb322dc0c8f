"""How everything is at one moment, as the templates take it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from core.contracts.answers import StatusShown
from services.gateway.alert import Alert
from services.gateway.picture import Picture

ALERTS: Final = 6
SILENT_SECONDS: Final = 60.0
"""A pair of which nothing was heard for so long is called silent."""


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
    alerts: tuple[Alert, ...] = field(default=())  # newest first


def now_of(picture: Picture) -> Now:
    """As the picture has it. What is too old is told with its age, not left out."""
    word = {"paused": picture.paused, "closing": picture.closing, "killed": picture.killed}
    status = replace(picture.status, **word) if picture.status is not None else None
    told = status.trader.feed_age_seconds if status is not None and status.trader is not None else UNSET
    since = picture.age_seconds(picture.status_ns) or 0.0
    ages = {} if isinstance(told, UnsetType) else told
    feeds = tuple(Feed(pair, age + since, age + since > SILENT_SECONDS) for pair, age in sorted(ages.items()))
    processes = tuple(Process(each.name, each.well is True, each.said, each.since_ns) for each in picture.processes)
    rates = {"events_per_second": picture.events_per_second, "decisions_per_second": picture.decisions_per_second}
    alerts = picture.alerts[:ALERTS]
    return Now(status, picture.status_ns, processes=processes, feeds=feeds, alerts=alerts, **rates)
