"""What goes back by a sentence is asked about first, as what goes forward is; but for the bare word after a change."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contracts import (
    Action,
    Change,
    EditPlan,
    Interpretation,
    Language,
    RemoveRule,
    SetParameter,
    Situation,
    State,
    Status,
)
from core.contracts.asking import Question
from core.owner import OwnersWord
from core.symbols import Symbols
from core.wording import owners_language
from services.commander.desk.desk import Desk
from services.commander.road.context import rollback_utterance
from services.commander.road.situation import situation
from tests.commander import rig as rigs
from tests.commander.rig import Rig, rig
from tests.lines import line_of, said
from tests.simulator.client import in_loop

WORDS = {"desfaz": {}, "Rollback!": {}, "undo": {}, "volta": {}, "go back": {}, "volta duas": {"steps": 2}}
NEEDS_NONE = ("desfaz", "Rollback!", "undo")


def understand(text: str, symbols: Symbols, now: Situation) -> Interpretation:
    """As the interpreter does with these words; others as everywhere in these tests."""
    if text in WORDS:
        return Interpretation(Status.ACTION, Language.PT, "test", 0.1, action=Action("rollback", WORDS[text]))
    if text == "status":
        return Interpretation(Status.ACTION, Language.PT, "test", 0.1, action=Action(text, {}))
    return rigs.interpret(text, symbols, now)


class Owner:
    """Says the same to every question, and remembers what he was asked."""

    def __init__(self, it: Rig, answer: bool | str) -> None:
        self.desk, self._answer = Desk(it.deployment), answer
        self.asked: list[str] = []
        self.told: list[tuple[str, dict[str, Any]]] = []
        it.context.rooms = replace(it.context.rooms, interpret=understand)

    async def says(self, ask: Question | str) -> dict[str, Any]:
        async def asked(change: Change) -> bool | str:
            self.asked.append(change.id)
            return self._answer

        question = Question(do="change", text=ask) if isinstance(ask, str) else ask
        return line_of(await self.desk.answer(question, lambda step: self.told.append(said(step)), asked))


@pytest.mark.parametrize("runs", [True, False], ids=["with a trader", "with none"])
@pytest.mark.parametrize("word", WORDS)
def test_a_no_leaves_everything_as_it_is_and_a_yes_goes_back(word: str, runs: bool, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=runs) as it:
            for text in ("stop_loss 0.03", "stop_loss 0.04"):
                await it.say(text)
            refs = it.workspace.refs("refs/")
            owner = Owner(it, answer=False)
            OwnersWord(it.context.settings.data_dir).pause()  # as a trader that is told so does
            declined = await owner.says(word)
            assert (declined["state"], len(owner.asked)) == ("rejected", 1)
            assert it.workspace.refs("refs/") == refs
            kind, line = next((kind, line) for kind, line in owner.told if kind == "returning")
            assert "Desfaz: “stop_loss 0.0" in line["text"]  # in the owner's words, where git's are another language's
            assert "“stop_loss 0.04”" in line["text"]
            assert kind == "returning"
            agreeing = Owner(it, answer=True)
            back = await agreeing.says(word)
            assert (back["state"], len(agreeing.asked)) == ("rolled_back", 1)
            wanted = 0.02 if WORDS[word] else 0.03
            assert it.parameter("stop_loss") == wanted
            await owner.desk.watcher.close()
            await agreeing.desk.watcher.close()

    scene()


@pytest.mark.parametrize("word", NEEDS_NONE)
def test_the_bare_word_right_after_a_change_asks_nothing(word: str, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True) as it:
            owner = Owner(it, answer=False)
            await it.say("stop_loss 0.03")
            for talk in ("?", "-", "status", "volta"):
                await owner.says(talk)
            assert len(owner.asked) == 1  # about `volta`, which was declined and did nothing
            assert (await owner.says(word))["state"] == "rolled_back"
            assert len(owner.asked) == 1
            assert it.parameter("stop_loss") == 0.02
            await owner.desk.watcher.close()

    scene()


@pytest.mark.parametrize("between", ["a pause", "a rollback", "an hour"])
def test_it_is_not_right_after_any_more_when_there_was(between: str, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True) as it:
            owner = Owner(it, answer=False)
            await it.say("stop_loss 0.05")
            change = await it.say("stop_loss 0.03")
            if between == "a pause":
                OwnersWord(it.context.settings.data_dir).pause()
            elif between == "a rollback":
                await it.say("back")
            else:
                hour = 3600 * 10**9
                steps = tuple(msgspec.structs.replace(step, time_ns=time.time_ns() - hour) for step in change.steps)
                it.context.changes.save(msgspec.structs.replace(change, steps=steps, watch="passed"))
            live = it.workspace.live
            assert (await owner.says("desfaz"))["state"] == "rejected"
            assert len(owner.asked) == 1
            assert it.workspace.live == live
            await owner.desk.watcher.close()

    scene()


@in_loop
async def test_while_it_is_watched_a_change_is_the_last_thing_done_however_long_the_watch(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=7200) as it:
        owner = Owner(it, answer=False)
        change = await it.say("stop_loss 0.03")
        steps = tuple(msgspec.structs.replace(step, time_ns=step.time_ns - 3600 * 10**9) for step in change.steps)
        it.context.changes.save(msgspec.structs.replace(change, steps=steps))
        assert (await owner.says("desfaz"))["state"] == "rolled_back"
        await owner.desk.watcher.close()


@in_loop
async def test_the_command_asks_nothing_and_what_is_typed_at_the_prompt_does(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        owner = Owner(it, answer=False)
        for text in ("stop_loss 0.03", "stop_loss 0.04"):
            await it.say(text)
        typed = await owner.says(Question(do="rollback", steps=2, asks=True))
        assert (typed["state"], len(owner.asked), it.parameter("stop_loss")) == ("rejected", 1, 0.04)
        first = it.first
        assert (await owner.says(Question(do="rollback", to=first, asks=True)))["state"] == "rejected"
        assert (await owner.says(Question(do="rollback", steps=2)))["state"] == "rolled_back"
        assert (len(owner.asked), it.parameter("stop_loss")) == (2, 0.02)
        await it.say("stop_loss 0.03")
        assert (await owner.says(Question(do="rollback", asks=True)))["state"] == "rolled_back"  # the word, right after
        assert len(owner.asked) == 2
        await owner.desk.watcher.close()


@in_loop
async def test_a_yes_goes_where_it_was_asked_to_go_whatever_came_between(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        await it.say("stop_loss 0.03")
        await it.say("stop_loss 0.04")
        owner = Owner(it, answer=True)
        asked_at = it.deployment.known_way
        assert asked_at is not None
        real = it.context.rooms

        async def asked(change: Change) -> bool:
            it.context.rooms = real
            await it.say("stop_loss 0.06")  # somebody else, from another terminal
            return change.target == asked_at.commit

        final = line_of(await owner.desk.answer(Question(do="change", text="volta"), lambda _: None, asked))
        assert final["state"] == "rolled_back", final
        assert it.parameter("stop_loss") == 0.03
        await owner.desk.watcher.close()


@in_loop
async def test_where_there_is_nothing_to_go_back_to_nothing_is_asked(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        owner = Owner(it, answer=True)
        final = await owner.says("volta")
        assert (final["state"], owner.asked) == ("none", [])
        assert final["reason"] == "Não há mudança para desfazer."
        assert {change.state for change in it.context.changes.latest(9)} == {State.NONE}


@in_loop
async def test_the_interpreter_is_told_which_language_was_spoken_last(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        owner, told = Owner(it, answer=False), []

        def listening(text: str, symbols: Symbols, now: Situation) -> Interpretation:
            told.append(now.language)
            return understand(text, symbols, now)

        it.context.rooms = replace(it.context.rooms, interpret=listening)
        for text in ("status", "hm", "hm"):
            await owner.says(text)
        assert told[:2] == [owners_language(), Language.PT]


def test_the_interpreter_is_told_which_values_went_live_and_which_they_were_before(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        for number, (state, value) in enumerate(((State.LIVE, 0.03), (State.REJECTED, 0.04), (State.ACCEPTED, 0.05))):
            plan = EditPlan((SetParameter("stop_loss", value, 0.02), RemoveRule("cooldown")))
            meant = Interpretation(Status.PLAN, Language.PT, "grammar", 0.0, plan=plan)
            said = rollback_utterance("ana", f"m{number}")
            it.context.changes.save(Change(id=f"c{number}", utterance=said, state=state, interpretation=meant))
        assert [step.value for step in situation(it.context).past] == [0.03, 0.05]
