"""How a dialogue is judged, and what the page of the language says of it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from bench.figure import Figure, at_least
from bench.language.counting import table
from bench.language.held_out import Answer, Dialogue
from bench.language.measuring import Told, stayed
from bench.language.page import GOOD, PARTS, THIRD, markdown
from bench.language.talking import Ended, ended

STOP = {"operation": "set_parameter", "name": "stop_loss", "value": 0.03, "was": 0.02}
OTHER = {**STOP, "value": 0.05}


def plan(operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A turn's answer that is a plan of one operation."""
    return {"status": "plan", "plan": {"operations": [operation]}, **more}


QUESTION: dict[str, Any] = {"status": "ask", "question": "?", "offers": [{"plan": {"operations": [STOP]}}]}
NOTHING: dict[str, Any] = {"status": "none", "reason": "Nothing changes."}


def talk(*turns: str, **more: Any) -> Dialogue:
    """One that expects the stop at 3 %, or whatever is said otherwise."""
    expected: dict[str, Any] = {"want": "do", "answers": (Answer(plan=[STOP]),), **more}
    return Dialogue(turns=turns, language="pt", family="f", **expected)


@pytest.mark.parametrize(
    ("expected", "turns", "end"),
    [
        (talk("a", "b"), [QUESTION, plan(STOP)], Ended.RIGHT),
        (talk("a", "b"), [QUESTION, plan(OTHER)], Ended.WRONG_EDIT),
        (talk("a", "b"), [QUESTION, QUESTION], Ended.SHORT),
        (talk("a", "b"), [], Ended.SHORT),
        (talk("a", "sim", confirmed=True), [plan(STOP), plan(STOP, confirmed=True)], Ended.RIGHT),
        (talk("a", "sim", confirmed=True), [plan(STOP), plan(STOP)], Ended.SHORT),
        (talk("a", "b"), [plan(STOP), plan(STOP, confirmed=True)], Ended.SHORT),
        (talk("a", "b", "c"), [plan(STOP), plan(STOP, confirmed=True), plan(STOP)], Ended.WRONG_EDIT),
        (talk("a", "não", want="nothing", answers=()), [plan(STOP), NOTHING], Ended.RIGHT),
        (talk("a", "não", want="nothing", answers=()), [plan(STOP), plan(STOP)], Ended.WRONG_EDIT),
        (talk("a", "1", offer=1), [QUESTION, plan(STOP)], Ended.RIGHT),
        (talk("a", "2", offer=2), [QUESTION, plan(STOP)], Ended.WRONG_EDIT),
    ],
)
def test_a_dialogue_is_judged_by_what_stands_at_its_end(
    expected: Dialogue, turns: list[dict[str, Any]], end: Ended
) -> None:
    assert ended(expected, turns) is end


def test_a_perturbation_may_turn_a_plan_into_an_offer_of_it_and_never_into_another_plan() -> None:
    meant = (Answer(plan=[STOP]),)
    assert stayed(QUESTION, plan(STOP), meant) == "same"
    assert stayed({"status": "ask", "question": "?", "offers": []}, plan(STOP), meant) == "asked"
    assert stayed(plan(OTHER), plan(STOP), meant) == "wrong plan"


def test_the_page_shows_what_was_before_and_lists_what_failed() -> None:
    told = [
        Told("pt", "set", "asked", "stop | 3%", "ask: What?", "stop_loss=0.03"),
        Told("pt", "set", "right", "", "", ""),
    ]
    parts: dict[str, list[Told]] = {title: told if title == "Sentences" else [] for title in PARTS}
    text = markdown(
        [Figure("exact", 50, "%", at_least(85))], parts, {"exact": 40.0}, "a machine", datetime.date(2026, 1, 2)
    )
    assert "| exact | 50.0 % | 40.0 % | ≥ 85 | **missed** |  |" in text
    assert "| asked | `stop \\| 3%` | ask: What? | stop_loss=0.03 |" in text
    assert table(told, ["right", "asked"]) == [("Portuguese", "set", "2", "1", "1")]
    assert {"right", "same", "right end"} == {str(word) for word in GOOD}


def test_the_page_counts_what_failed_of_the_unseen_set_by_family_and_shows_none_of_it() -> None:
    told = [
        Told("en", "set", "wrong plan", "said unseen", "got unseen", "meant unseen"),
        Told("en", "set", "right", "", "", ""),
    ]
    talked = [Told("pt", "yes", Ended.WRONG_EDIT, "turn unseen", "got unseen", "meant unseen")]
    parts: dict[str, list[Told]] = {title: [] for title in PARTS}
    parts |= {f"{THIRD}Sentences": told, f"{THIRD}Dialogues": talked}
    text = markdown([], parts, {}, "a machine", datetime.date(2026, 1, 2))
    assert "| English | set | 2 | 1 |  |  |  |  |  | 1 |" in text
    assert text.count("1 did not come out right. None of them is listed") == 2
    assert not any(f"{word} unseen" in text for word in ("said", "turn", "got", "meant"))
