"""Where candidate and parent answer otherwise: what is told of it, and how `sorte judge --explain` says it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from cli.explaining import explained
from core.contracts import Box, GateReport, Language, Outcome, Verdict
from core.kernel import BAR, BUY, DECISION, EVENT, NANOSECONDS
from core.retelling import retold
from services.guardian.case import Evidence
from services.guardian.differing import examples, notes_by_hand
from services.guardian.made import made_markets
from tests.guardian.conftest import SHIPPED


def scene(count: int = 9) -> tuple[Any, np.ndarray[Any, Any]]:
    """A parent that holds, as a play, and the same answers once more."""
    shown, decisions = np.zeros(count, EVENT), np.zeros(count, DECISION)
    shown["time_ns"], shown["kind"], shown["price"] = np.arange(count) * 3600 * NANOSECONDS, BAR, 100.0
    decisions["rule"], decisions["stop"], decisions["target"] = -1, np.nan, np.nan
    tape = SimpleNamespace(name="history", symbols=("MADEAUSDT",))
    return SimpleNamespace(tape=tape, shown=shown, decisions=decisions), decisions.copy()


def test_three_events_are_shown_far_apart_and_first_those_where_they_act_differently() -> None:
    before, answers = scene()
    answers["score"] += 0.1
    assert [each.event for each in examples([(None, before)], [answers], SHIPPED, SHIPPED)] == [1, 5, 9]  # type: ignore[list-item]  # only the parent's is read
    answers["action"][3], answers["rule"][3], answers["stop"][3] = BUY, 0, 97.0
    (found,) = examples([(None, before)], [answers], SHIPPED, SHIPPED)  # type: ignore[list-item]  # likewise
    assert (found.event, found.pair, found.kind, found.time_ns) == (4, "MADEAUSDT", "bar", 3 * 3600 * NANOSECONDS)
    assert (found.before.action, found.before.rule, found.before.stop) == ("hold", "", None)
    assert (found.after.action, found.after.rule, found.after.stop) == ("buy", "stop_loss", 97.0)
    assert examples([(None, before)], [before.decisions], SHIPPED, SHIPPED) == ()  # type: ignore[list-item]  # likewise


def test_a_verdict_by_hand_says_how_many_decisions_are_others_and_names_three() -> None:
    before, answers = scene()
    answers["action"][3], answers["rule"][3], answers["stop"][3] = BUY, 0, 97.0
    found = examples([(None, before)], [answers], SHIPPED, SHIPPED)  # type: ignore[list-item]  # only the parent's is read
    count, example = notes_by_hand(1, 9, found)
    assert count == "By hand, 1 of 9 decisions are others than the parent's to the same events."
    assert example == (
        "At event 4 of the history (MADEAUSDT, 100): action hold -> buy, rule - -> stop_loss, stop - -> 97."
    )
    assert "No evento 4 de history (MADEAUSDT, 100): action hold -> buy" in retold(example, Language.PT)
    assert retold(count, Language.PT).startswith("À mão, 1 de 9 decisões")
    assert notes_by_hand(0, 9, ()) == ()


def test_the_explanation_names_gates_evidence_figures_and_both_answers() -> None:
    before, answers = scene()
    answers["action"][3] = BUY
    gates = (
        GateReport("scope", Outcome.PASSED, 0.1, (), {"changed": "rules.py"}),
        GateReport("behaviour", Outcome.PASSED, 0.1, (), {"decisions": 67_500, "decisions_changed": 1_234}),
    )
    verdict = Verdict("accepted", "t", "p", gates, Box("b", "", ""), "", {}, 0)
    found = examples([(None, before)], [answers], SHIPPED, SHIPPED)  # type: ignore[list-item]  # likewise
    told = "\n".join(explained(verdict, found, Evidence(made_markets()[:1], "made")))
    for said in (
        "passed 2 of 2 gates",
        "MADEAUSDT, 3,000 bars, 2024-01-01 00:00 to",
        "behaviour: decisions 67500, decisions_changed 1234",
        "on 1,234 of 67,500 events",
        "event 4 of the history, 1970-01-01 03:00 UTC",
        "before: hold, score 0, size 0",
        "after:  buy, score 0, size 0",
    ):
        assert said in told, told
    assert "rules.py" not in told, "that is for machines"
