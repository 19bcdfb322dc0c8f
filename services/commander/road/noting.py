"""What the log says of a change: a line for each step, and one at its end that sums it up. Pure."""

from __future__ import annotations

from typing import Any, Final

from core.contracts import Change, Event, GateReport, Interpretation, State

SECONDS_DIGITS: Final = 4


def step(change: Change) -> dict[str, Any]:
    """The last step of a change; `after` is what happened, `state` what came of it."""
    said: dict[str, Any] = {"change": change.id, "after": change.steps[-1].event, "state": change.state}
    if change.candidate is not None:
        said["release"] = change.candidate.tree
    return said | ({"reason": change.reason} if change.reason else {})


def interpreted(understood: Interpretation) -> dict[str, Any]:
    """What became of the sentence, who understood it, and in how many milliseconds."""
    return {
        "status": understood.status,
        "backend": understood.backend,
        "ms": understood.ms,
        "language": understood.language,
    }


def gate(report: GateReport) -> dict[str, Any]:
    """What a gate came to."""
    said = {"gate": report.name, "outcome": report.outcome, "seconds": round(report.seconds, SECONDS_DIGITS)}
    return said | {"findings": report.findings}


def is_over(before: Change, after: Change) -> bool:
    """Whether the last step ended the road of a change; what is taken back long after its watch ended before."""
    if not after.state.ended or after.state is State.HELD or (after.state is State.LIVE and after.watch == "running"):
        return False
    over = before.state.ended and before.state is not State.HELD and before.watch != "running"
    return not over and not was_kept(before)


def was_kept(change: Change) -> bool:
    """Whether a watch over it has ended well."""
    return any(step.event is Event.KEPT for step in change.steps)


def summary(change: Change) -> dict[str, Any]:
    """One line for a change that is over: what was said, what came of it, and how long each part took, in seconds.

    `gates` are those that were held; `watch` is from the switch to the end of the watch.
    """
    gates = {} if change.verdict is None else {gate.name: gate.seconds for gate in change.verdict.gates}
    return step(change) | {
        "text": change.utterance.text,
        "language": change.language,
        "summary": change.candidate.summary if change.candidate is not None else "",
        "commit": change.commit,
        "watched": change.watch,
        "seconds": change.seconds | watched(change),
        "gates": {name: round(seconds, SECONDS_DIGITS) for name, seconds in gates.items()},
        "refused_by": refused_by(change),
    }


def watched(change: Change) -> dict[str, float]:
    """How long it was watched; empty when it was not."""
    moments = {each.event: each.time_ns for each in change.steps}
    began = moments.get(Event.SWITCHED)
    ended = moments.get(Event.KEPT) or moments.get(Event.RETURNING)
    return {} if began is None or ended is None else {"watch": round((ended - began) / 1e9, SECONDS_DIGITS)}


def refused_by(change: Change) -> str:
    """The gate that refused it; empty when none did."""
    gate = change.verdict.refused_by if change.verdict is not None else None
    return gate.name if gate is not None else ""
