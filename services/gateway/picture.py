"""How everything stands, as chat and page show it: one frozen value, made anew by whatever is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.contracts.answers import ChangeEnded, StatusShown
from core.contracts.road import GateReport
from services.gateway.alert import Alert


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the road that a change has come to."""

    name: str  # received, plan, diff, gate:NAME, commit, staged, shadow, switch
    time_ns: int
    seconds: float | None = None  # that it took, where it says


@dataclass(frozen=True, slots=True)
class Underway:
    """A change on its road; `ended` is there for a while after its end."""

    id: str
    lines: tuple[str, ...] = ()  # of its plan, in its owner's language
    diff: str = ""
    gates: tuple[GateReport, ...] = ()
    stages: tuple[Stage, ...] = ()
    ended: ChangeEnded | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """One process of ours; `well` is None when nobody knows."""

    name: str  # trader, commander, telegram, web
    well: bool | None
    since_ns: int  # of this state
    pid: int | None = None
    said: str = ""  # a short code: away, deaf, conflict, refused


@dataclass(frozen=True, slots=True)
class Counted:
    """What a run had counted at a moment; the next rates are set against it."""

    time_ns: int
    events: int
    decisions: int


@dataclass(frozen=True, slots=True)
class Picture:
    """How everything stands. A time of 0 is never."""

    number: int = 0  # grows with each picture
    time_ns: int = 0
    status: StatusShown | None = None  # the last that was answered, however old
    status_ns: int = 0  # when that was
    deaf: bool = True  # the commander cannot be heard at the moment
    underway: Underway | None = None
    alerts: tuple[Alert, ...] = ()  # the last ones, newest first
    heard_ns: dict[str, int] = field(default_factory=dict)  # pair -> when something was last told of it
    counted: Counted | None = None
    events_per_second: float | None = None
    decisions_per_second: float | None = None
    processes: tuple[Process, ...] = ()
    paused: bool = False  # by the owner's files, which are read anew each time
    closing: bool = False
    killed: bool = False

    @property
    def stopped(self) -> str:
        """How the owner has stopped it: killed, closing or paused; empty while he has not."""
        states = (("killed", self.killed), ("closing", self.closing), ("paused", self.paused))
        return next((name for name, is_so in states if is_so), "")

    def age_seconds(self, of_ns: int) -> float | None:
        """How old something of this picture is; None for what never was."""
        return (self.time_ns - of_ns) / 1e9 if of_ns else None
