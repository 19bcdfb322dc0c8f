"""What the history says of a plan is told before the yes, in the owner's language; a yes is for that too."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.contracts import AddRule, Condition, EditPlan, Interpretation, Language, State, Status
from core.contracts.answers import Held
from services.commander.road.foreseeing import notes
from services.commander.road.holding import hold
from services.commander.rooms import real_rooms
from services.guardian.case import Evidence
from services.guardian.evidence import describe
from services.guardian.foreseen.foresee import Foreseen, Quiet, Speaks, foresee
from services.guardian.made import made_markets
from tests.commander.rig import Rig, rig
from tests.commander.test_holding import STOP, ask, desk_of
from tests.simulator.client import in_loop

MADE = functools.partial(
    foresee,
    evidence=Evidence(made_markets(), describe("no history of a real market; made from a seed", made_markets(), ())),
)
HISTORY = "no history of a real market; made from a seed: MADEAUSDT, MADEBUSDT, MADECUSDT, 9,000 bars of 1h"


def reads(text: str, *_: Any) -> Interpretation:
    rule = AddRule("entry", "require", Condition(feature="rsi", op="<", value=1), "mine")
    language = Language.PT if text.startswith("só") else Language.EN
    return Interpretation(Status.PLAN, language, "test", 0.0, plan=EditPlan((rule,)))


def noted(it: Rig) -> list[str]:
    return [fields["text"] for kind, fields in it.told if kind == "note"]


@in_loop
async def test_a_rule_that_never_speaks_is_told_before_the_question_with_figures_and_history(tmp_path: Path) -> None:
    with rig(tmp_path, foresee=MADE) as it:
        it.context.rooms = replace(it.context.rooms, interpret=reads, propose=real_rooms().propose)
        await it.say("only buy when rsi < 1", yes=False)
        never, quiet = noted(it)
        assert "the condition was not true at any bar: 0 of 8,8" in never
        assert HISTORY in never
        assert "With this rule nothing would have been bought there." in never
        assert "0 of 2,700 bars allow it" in quiet
        assert [kind for kind, _ in it.told].index("note") > [kind for kind, _ in it.told].index("diff")
        it.told.clear()
        await it.say("só compre quando rsi < 1", yes=False)
        never, _ = noted(it)
        assert "a condição não foi verdadeira em nenhuma barra: 0 de 8.8" in never
        assert "feito de uma semente" in never
        assert "9.000 barras de 1h" in never


@in_loop
async def test_who_answers_later_is_shown_it_too_and_a_fault_of_it_keeps_nobody_waiting(tmp_path: Path) -> None:
    def breaks(*_: Any) -> None:
        raise ArithmeticError("a fault")

    quiet = Foreseen("made", (), Quiet(9, 2700, "2024-03-01", "2024-05-04"))
    for foreseen, lines in ((lambda *_: quiet, 2), (breaks, 1)):
        with rig(tmp_path / str(lines), foresee=foreseen) as it:
            async with desk_of(it) as desk:
                held = await ask(desk, STOP)
                assert isinstance(held, Held)
                assert len(held.lines) == lines
                assert ("2024-03-01 to 2024-05-04" in held.lines[-1]) is (lines == 2)
                (change,) = it.context.changes.of_state(State.HELD)
                assert change.held is not None
                assert hold(it.context, change, change.held.lines, change.held.notes).hash == held.hash
                assert (hold(it.context, change, change.held.lines).hash == held.hash) is (lines == 1)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("side", ["entry", "exit"])
@pytest.mark.parametrize("effect", ["require", "forbid", "force"])
def test_what_a_rule_comes_to_is_said_for_every_kind_of_rule(language: Language, side: Any, effect: Any) -> None:
    rule = AddRule(side, effect, Condition(feature="rsi", op="<", value=1), "mine")
    told = [notes(Foreseen("made", (Speaks(rule, times, 10_000),)), language)[0] for times in (0, 3, 9_998, 10_000)]
    assert len(set(told)) == 4
    assert all("mine" in text and "made" in text and "{" not in text for text in told)
    nothing = "nada" if language is Language.PT else "changed nothing"
    assert (nothing in told[0], nothing in told[3]) == (effect != "require", effect == "require")
