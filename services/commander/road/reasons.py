"""Why a change ended as it did: a change, and a report where there is one, in; a sentence in its owner's language out.

Pure: nothing is read but the texts.
"""

from __future__ import annotations

from core.contracts import Change, GateReport, Outcome, Verdict
from services.commander.road.shadowing import Agreement
from services.commander.texts import say
from services.guardian.advice import advice


def refused_by_judge(change: Change, gate: GateReport | None) -> str:
    """Why the judge says no: what the gate stands for, in the owner's language, and what it found, in its own words.

    `gate` is the one that refuses; None when a verdict names no gate, which is no verdict that can be relied on.
    """
    language = change.language
    if gate is None:
        return say("gate_not_held", language, gate="-", finding=say("no_finding", language))
    finding = gate.findings[0] if gate.findings else say("no_finding", language)
    if gate.outcome is not Outcome.FAILED:
        told = say("gate_not_held", language, gate=gate.name, finding=finding)
    else:
        told = say("gate", language, gate=gate.name, why=say(f"gate_{gate.name}", language), finding=finding)
    refuses = gate.name if gate.outcome is Outcome.FAILED else ""
    return f"{told} {advice(finding, language, refuses)}".rstrip()


def disagreement(change: Change, agreement: Agreement) -> str:
    """Why a shadow run refuses: decisions differ from what was judged, or there were none."""
    figures = {"count": agreement.differing, "total": agreement.total, "first": agreement.first}
    return say("shadow_differs", change.language, **figures)


def now_live(change: Change, summary: str, watch_seconds: float) -> str:
    """What a change is told as when it has become live. `summary`: of its plan, in the owner's language."""
    return say("live", change.language, summary=summary, seconds=watch_seconds) + _worse_on_history(change)


def accepted(change: Change, summary: str) -> str:
    """What a change is told as that waits for the next trader."""
    return say("accepted", change.language, summary=summary) + _worse_on_history(change)


def _worse_on_history(change: Change) -> str:
    """What the owner should know of a change that passes and earns less on the history; empty when it does not."""
    figures = _backtest_figures(change.verdict)
    before, after = (figures.get(f"usual_total_return_{when}") for when in ("before", "after"))
    if not (isinstance(before, float) and isinstance(after, float) and after < before):
        return ""
    history = change.verdict.data if change.verdict is not None else ""
    told = " " + say("worse_on_history", change.language, before=before, after=after, history=history)
    low, high, days = (figures.get(f"usual_difference_{name}") for name in ("low", "high", "days"))
    if isinstance(low, float) and isinstance(high, float) and high > 0.0:
        told += " " + say("worse_by_chance", change.language, low=low, high=high, days=days)
    return told


def _backtest_figures(verdict: Verdict | None) -> dict[str, float | int | str | None]:
    gates = verdict.gates if verdict is not None else ()
    return next((gate.figures for gate in gates if gate.name == "backtest"), {})
