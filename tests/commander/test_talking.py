"""A conversation with the commander: offers taken, plans corrected at “(yes/no)”, over restarts and from two places."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from typing import Any

import pytest

from core.contracts import Situation, Utterance
from core.contracts.asking import Question
from core.kernel import NANOSECONDS
from core.owner import CLOSE_FILE, PAUSE_FILE
from core.strategy import Source
from core.symbols import Symbols
from core.workspace import user_name
from services.commander.road.conversations import Conversation
from services.commander.road.situation import with_yesterday
from services.commander.road.talking import taken
from services.commander.rooms import real_rooms
from tests.commander.rig import Rig, rig
from tests.commander.test_desk import ask, listening
from tests.commander.test_questioning import asked
from tests.simulator.client import in_loop

SYMBOLS = Symbols.of(Source.shipped().files)
Said = tuple[dict[str, Any], list[dict[str, Any]], int]


def talks(it: Rig) -> None:
    """Let it understand whole sentences, and remember."""
    real = real_rooms()
    rooms = replace(it.context.rooms, interpret=real.interpret, converse=real.converse, conclude=real.conclude)
    it.context.rooms = rooms


async def turns(folder: Path, *said: tuple[str, Sequence[str | bool]]) -> list[Said]:
    """What each sentence comes to, with the owner's words at its questions."""
    with rig(folder) as it:
        talks(it)
        async with listening(it):
            return [await asked(it, text, words) for text, words in said]


def value(final: dict[str, Any]) -> Any:
    (operation,) = final["plan"]["operations"]
    return operation["value"]


@in_loop
@pytest.mark.parametrize(
    ("words", "stop"),
    [
        (["não, 5%", "sim"], 0.05),
        (["make it 4", "yes"], 0.04),
        (["quer dizer, 4", "não, 6%", "sim"], 0.06),
        (["stop em 7%", "pode"], 0.07),
    ],
)
async def test_a_plan_is_corrected_at_the_question_and_asked_again(
    words: list[str], stop: float, tmp_path: Path
) -> None:
    ((final, steps, count),) = await turns(tmp_path, ("stop em 3%", words))
    assert (final["state"], value(final), count) == ("accepted", stop, len(words))
    assert [step["kind"] for step in steps].count("diff") == len(words)


@in_loop
async def test_nothing_of_what_was_corrected_is_left(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        talks(it)
        async with listening(it):
            before = it.context.workspace.main
            final, _, count = await asked(it, "stop em 3%", ["não, 5%", "não"])
            assert it.context.workspace.main == before
        states = [change.state for change in it.context.changes.latest(9)]
    assert (final["state"], count, states) == ("rejected", 2, ["rejected", "rejected"])


@in_loop
@pytest.mark.parametrize("answer", ["o segundo", "2", "2,02%", "the lower one"])
async def test_an_offer_is_taken_with_the_next_sentence(answer: str, tmp_path: Path) -> None:
    (first, _, _), (final, _, count) = await turns(tmp_path, ("raise the stop by 1%", []), (answer, ["sim"]))
    assert first["state"] == "ask"
    assert "1) stop_loss: 2% -> 3%; 2) stop_loss: 2% -> 2.02%" in first["reason"]
    assert (final["state"], value(final), count) == ("accepted", 0.0202, 1)


@in_loop
async def test_who_confirms_beforehand_takes_no_offer(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        talks(it)
        async with listening(it):
            await asked(it, "raise the stop by 1%", [])
            for text in ("o segundo", "sim", "2", "3%"):
                final, _ = await ask(it, Question(do="change", text=text, yes=True))
                assert final["plan"] is None, text


@in_loop
async def test_the_version_of_yesterday_is_the_one_that_was_accepted_before_midnight(tmp_path: Path) -> None:
    noon_ns, seconds = 1_764_331_200 * NANOSECONDS, 1_764_288_000 - 1  # of 28 November 2025, and before its midnight
    with rig(tmp_path) as it:
        talks(it)
        before, workspace = it.context.workspace.main, it.context.workspace
        async with listening(it):
            await asked(it, "stop em 3%", ["sim"])
        looked, git = list[str](), workspace.git

        def at_midnight(*words: str, **options: Any) -> str:
            looked.extend(word for word in words if word.startswith("--before"))
            return before if "--first-parent" in words else git(*words, **options)

        workspace.git = at_midnight  # type: ignore[method-assign]  # the commits are of now
        now = with_yesterday(it.context, Situation(), "a versão de ontem", noon_ns)
        assert (now.yesterday, looked) == (before, [f"--before={seconds}"])
        before = workspace.main
        assert with_yesterday(it.context, Situation(), "a versão de ontem", noon_ns).yesterday == ""
    assert with_yesterday(it.context, Situation(), "stop em 3%", noon_ns) == Situation()


@in_loop
async def test_a_yes_to_our_question_back_is_no_yes_to_the_change(tmp_path: Path) -> None:
    words = ["não, 5%", "sim", "o segundo", "sim"]
    ((final, _, count),) = await turns(tmp_path, ("stop em 3% e take em 6%", words))
    first, second = final["plan"]["operations"]
    assert (final["state"], first["value"], second["value"], count) == ("accepted", 0.05, 0.06, 4)


@in_loop
async def test_what_was_asked_for_is_taken_back(tmp_path: Path) -> None:
    ((final, _, _),) = await turns(tmp_path, ("stop em 3%", ["deixa pra lá"]))
    assert final["state"] == "rejected"


@in_loop
@pytest.mark.parametrize("trap", ["e se o stop fosse 5%?", "ele disse 5%", "“stop em 5%”", "não mexa no take"])
async def test_what_is_no_order_changes_nothing_at_the_question(trap: str, tmp_path: Path) -> None:
    ((final, _, count),) = await turns(tmp_path, ("stop em 3%", [trap, "sim"]))
    assert (final["state"], value(final), count) == ("accepted", 0.03, 2)


@in_loop
async def test_words_that_stop_are_heard_before_everything(tmp_path: Path) -> None:
    ((final, _, count),) = await turns(tmp_path, ("stop em 3%", ["não, 5%", "não compra mais", "pânico"]))
    assert (final["state"], count) == ("rejected", 3)
    assert (tmp_path / "data" / PAUSE_FILE).exists()
    assert (tmp_path / "data" / CLOSE_FILE).exists()


@in_loop
async def test_a_question_is_answered_after_a_restart(tmp_path: Path) -> None:
    await turns(tmp_path, ("raise the stop by 1%", []))
    ((final, _, _),) = await turns(tmp_path, ("the second", ["yes"]))
    assert value(final) == 0.0202


@in_loop
async def test_what_an_unreadable_file_held_is_forgotten(tmp_path: Path) -> None:
    await turns(tmp_path, ("raise the stop by 1%", []))
    (kept,) = (tmp_path / "data" / "dialogues").glob("*.json")
    kept.write_bytes(b'{"turn": ')
    ((final, _, _),) = await turns(tmp_path, ("the second", []))
    assert final["state"] == "none"


def killed_in_the_middle(folder: Path, holding: Signal) -> None:
    conversation = Conversation(folder, "owner", "cli")
    with conversation.held():
        conversation.write(conversation.read())
        holding.set()
        signal.pause()


def test_a_turn_that_was_killed_in_the_middle_keeps_nobody_out_and_loses_nothing(tmp_path: Path) -> None:
    conversation = Conversation(tmp_path, "owner", "cli")
    with conversation.held():
        conversation.write(b"what was open")
    spawn = multiprocessing.get_context("spawn")
    holding = spawn.Event()
    process = spawn.Process(target=killed_in_the_middle, args=(tmp_path, holding))
    process.start()
    assert holding.wait(30)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with conversation.held():
        assert conversation.read() == b"what was open"


@in_loop
async def test_of_two_who_answer_one_question_only_one_is_heard(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        talks(it)

        def say(text: str) -> Any:
            turn = taken(it.context, Utterance(text, "owner", "cli:1", 0), SYMBOLS, Situation(), always=True)
            assert turn is not None
            return turn.meant.plan

        assert say("raise the stop by 1%") is None
        with ThreadPoolExecutor(2) as both:
            found = [plan for plan in both.map(say, ["o primeiro", "the second"]) if plan is not None]
    assert len(found) == 1


@in_loop
async def test_the_machines_user_goes_on_wherever_he_speaks(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        talks(it)
        for message, text, answered in (("cli:1", "raise the stop by 1%", 0), ("telegram:7:1", "2", 1)):
            said = Utterance(text, user_name(), message, 0)
            turn = taken(it.context, said, SYMBOLS, Situation(), always=True)
            assert turn is not None
            assert (turn.meant.plan is not None) == bool(answered)


@in_loop
async def test_each_surface_has_a_conversation_of_its_own(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        talks(it)
        for message, text, answered in (("cli:1", "raise the stop by 1%", 0), ("chat:1", "2", 0), ("cli:2", "2", 1)):
            turn = taken(it.context, Utterance(text, "owner", message, 0), SYMBOLS, Situation(), always=True)
            assert turn is not None
            assert (turn.meant.plan is not None) == bool(answered)
