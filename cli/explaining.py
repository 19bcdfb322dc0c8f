"""What `sorte judge --explain` adds: what was passed how well, where it decides otherwise, and on what evidence."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cli.texts import say

if TYPE_CHECKING:
    from core.contracts import GateReport, Verdict
    from services.guardian.case import Evidence
    from services.guardian.differing import Answered, Example

WIDTH: Final = 110
HIDDEN: Final = ("changed", "functions", "fingerprint_before", "fingerprint_after")
"""Figures that are for machines."""


def explained(verdict: Verdict, examples: Sequence[Example], evidence: Evidence) -> Iterator[str]:
    """The lines, in the owner's language."""
    passed = sum(gate.outcome == "passed" for gate in verdict.gates)
    yield say("judge.explain_gates", passed=passed, gates=len(verdict.gates))
    for market in evidence.markets:
        first, last = (_moment(int(market.rows["time_ns"][at])) for at in (0, -1))
        yield say("judge.explain_market", pair=market.symbol, bars=len(market.rows), first=first, last=last)
    for gate in verdict.gates:
        yield from _figures(gate)
    behaviour = next((gate.figures for gate in verdict.gates if gate.name == "behaviour"), {})
    if "decisions_changed" in behaviour:
        yield say("judge.explain_changed", changed=behaviour["decisions_changed"], of=behaviour["decisions"])
    for example in examples:
        about = {"tape": example.tape, "event": example.event, "when": _moment(example.time_ns), "pair": example.pair}
        yield say("judge.explain_example", **about, kind=example.kind, price=example.price)
        yield say("judge.explain_before", said=_said(example.before))
        yield say("judge.explain_after", said=_said(example.after))


def _figures(gate: GateReport) -> Iterator[str]:
    told = ", ".join(f"{name} {figure}" for name, figure in gate.figures.items() if name not in HIDDEN)
    if told:
        yield textwrap.fill(f"{gate.name}: {told}", WIDTH, initial_indent="  ", subsequent_indent="      ")


def _said(answered: Answered) -> str:
    rule = f" ({answered.rule})" if answered.rule else ""
    prices = "".join(
        f", {name} {price:.8g}"
        for name, price in (("stop", answered.stop), ("target", answered.target))
        if price is not None
    )
    return f"{answered.action}{rule}, score {answered.score:g}, size {answered.size:g}{prices}"


def _moment(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M")
