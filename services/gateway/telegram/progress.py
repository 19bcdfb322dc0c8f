"""A change on its road, as one message: what was understood, each gate with its time, and what came after. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from core.contracts import GateReport, Interpretation
from core.contracts.answers import Answer, DiffShown
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Note,
    Received,
    Returning,
    Shadowed,
    Step,
    Switched,
    Understood,
)
from core.formats import figure
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.cards.changed import before_after, gates, seconds
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import italic, joined, worded
from services.gateway.telegram.texts import said

DONE = "\N{CHECK MARK}"
RUNS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Walk:
    """What was told of one change so far."""

    text: str = ""  # the owner's sentence; empty of what he did not say in words
    id: str = ""
    lines: tuple[str, ...] = ()
    interpretation: Interpretation | None = None
    diff: str = ""
    gates: tuple[GateReport, ...] = ()
    stages: tuple[Step, ...] = field(default=())  # what came after the gates, and notes

    def after(self, told: Step | Answer) -> Walk:
        """The same once this was told."""
        match told:
            case Received(id=change):
                return replace(self, id=change)
            case Understood():
                return replace(self, id=told.id, lines=tuple(told.lines), interpretation=told.interpretation)
            case DiffShown(diff=diff):
                return replace(self, diff=diff)
            case GateHeld(gate=gate):
                return replace(self, gates=(*self.gates, gate))
            case Committed() | HostStaged() | Shadowed() | Switched() | Note() | Returning():
                return replace(self, stages=(*self.stages, told))
        return self

    @property
    def begun(self) -> bool:
        """Whether there is more to be seen than that something was said."""
        return bool(self.gates or self.stages)


def walk_card(walk: Walk, reader: Reader, *, ended: str = "") -> Card:
    """How far it has come; with `ended` how it did."""
    head = italic(walk.text) if walk.text else ""
    plan = "\n".join(f"\N{BULLET} {worded(line)}" for line in walk.lines)
    going = "" if ended else f"{RUNS} {said('walk.going', reader.language)}"
    stages = "\n".join(_stages(walk, reader))
    return Card(joined(head, plan, _gates(walk, reader), stages, ended or going))


def _gates(walk: Walk, reader: Reader) -> str:
    return gates(walk.gates, reader) if walk.gates else ""


def measured(walk: Walk, reader: Reader) -> str:
    """What the backtest measured before and after, where it got that far."""
    figures = next((each.figures for each in walk.gates if each.name == "backtest" and each.figures), {})
    return before_after(figures, reader.language)


def _stages(walk: Walk, reader: Reader) -> Iterator[str]:
    language = reader.language
    for told in walk.stages:
        match told:
            case Committed(commit=commit):
                yield f"{DONE} {said('walk.commit', language, commit=commit[:12])}"
            case HostStaged(ready_seconds=spent):
                yield f"{DONE} {said('walk.staged', language, seconds=seconds(spent, language))}"
            case Shadowed(events=events, changed=changed):
                counts = {"events": figure(events, ",", language), "changed": figure(changed, ",", language)}
                yield f"{DONE} {said('walk.shadow', language, **counts)}"
            case Switched(events_lost=lost, events_doubled=doubled):
                yield f"{DONE} {said('walk.switch', language, lost=lost, doubled=doubled)}"
            case Note(text=text) | Returning(text=text):
                yield worded(text)
