"""What a box says that a strategy remembers, sees and answers at each event; decoded strictly, as a stranger's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from core.kernel import Records
from services.guardian.answers import decisions_of, in_one_line
from services.guardian.grade import CandidateFault
from services.guardian.known.values import Values
from services.guardian.side import Side

Column = np.ndarray[Any, Any]
Answers = list[list[float] | str]
NO_ANSWER: Final = "Its box answers with what is no memory, and no features."


class Watched(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `sandbox.tasks.witness`."""

    decisions: bytes
    states: bytes
    features: bytes
    verdicts: bytes
    fault: str
    layout: list[tuple[str, str, int]]
    seen: list[str]
    warm: int
    edges: list[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Sight:
    """The same in columns: one row for each event."""

    events: Records
    decisions: Records
    states: Mapping[str, Column]
    features: Mapping[str, Column]
    verdicts: Column
    warm: int
    edges: Sequence[tuple[float, float, float]]


def watch(side: Side, values: Values, events: Records, tables: Sequence[bytes]) -> Sight:
    """Show it the events. CandidateFault when it raises, or its answer is none."""
    told = side.ask("trading.watch", Watched, values=dict(values.given), events=events.tobytes(), tables=list(tables))
    if told.fault:
        raise CandidateFault(f"It raised on events made by chance: {in_one_line(told.fault)}")
    count = len(events)
    fields = [(name, {"i": "<i8", "f": "<f8"}.get(kind, "V8"), (length,)) for name, kind, length in told.layout]
    try:
        states = np.frombuffer(told.states, np.dtype(fields))
        features = np.frombuffer(told.features, "<f8").reshape(count, -1)
        verdicts = np.frombuffer(told.verdicts, "<i8").reshape(count, -1)
    except (ValueError, TypeError):
        raise CandidateFault(NO_ANSWER) from None
    if len(states) != count or features.shape[1] != len(told.seen):
        raise CandidateFault(NO_ANSWER)
    return Sight(
        events=events,
        decisions=decisions_of(told.decisions, count),
        states={name: states[name][:, 0] if length == 1 else states[name] for name, _, length in told.layout},
        features=dict(zip(told.seen, features.T, strict=True)),
        verdicts=verdicts,
        warm=told.warm,
        edges=told.edges,
    )


def warm_at(side: Side, values: Values) -> int:
    """For how many bars it waits at these values."""
    return side.ask("trading.watch", Watched, values=dict(values.given), events=b"", tables=[]).warm


def call(side: Side, values: Values, place: str, rows: Sequence[Sequence[Any]], replaced: str = "") -> Answers:
    """What a function answers to each row; see `sandbox.tasks.witness.Witness.call`."""
    if not rows:
        return []
    answers: Answers = side.ask(
        "trading.call",
        list[list[float] | str],
        values=dict(values.given),
        place=place,
        rows=list(rows),
        replaced=replaced,
    )
    if len(answers) != len(rows):
        raise CandidateFault(f"Its box answers {len(rows):,} questions with {len(answers):,} answers.")
    return answers
