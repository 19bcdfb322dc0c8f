"""At “(yes/no)” the owner's words are heard: answers, questions, what stops, and the rest is told how to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.contracts.answers import Paused
from core.contracts.asking import Question
from core.owner import CLOSE_FILE, PAUSE_FILE
from services.commander.line.alone import ask_here
from services.commander.line.client import ask_over
from services.commander.line.local_socket import connect
from tests.commander.rig import Rig, rig
from tests.commander.test_desk import listening
from tests.lines import line_of
from tests.simulator.client import in_loop

STOP = "stop_loss 0.03"


async def asked(it: Rig, text: str, words: Sequence[str | bool]) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """The last line, the steps before it, and how often the owner was asked, who says `words` one after the other."""
    steps: list[dict[str, Any]] = []
    left: Iterator[str | bool] = iter(words)
    count = 0

    def confirm(_: str) -> str | bool:
        nonlocal count
        count += 1
        return next(left)

    connection = connect(it.context.settings.data_dir)
    assert connection is not None
    with connection:
        question = Question(do="change", text=text)
        final = await asyncio.to_thread(
            ask_over, connection, question, lambda step: steps.append(line_of(step)), confirm
        )
    return line_of(final), steps, count


@in_loop
@pytest.mark.parametrize("word", ["ok", "SIM!", "pode", "isso", "yes please"])
async def test_a_yes_in_other_words_lets_the_change_go_on(word: str, tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, _, count = await asked(it, STOP, [word])
    assert (final["state"], count) == ("accepted", 1)


@in_loop
@pytest.mark.parametrize("word", ["Não.", "cancela", "nope"])
async def test_a_no_in_other_words_declines_it(word: str, tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, _, count = await asked(it, STOP, [word])
    assert (final["state"], count) == ("rejected", 1)
    assert "did not confirm" in final["reason"]


@in_loop
async def test_what_is_no_answer_is_told_how_to_answer_and_asked_again(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, steps, count = await asked(it, STOP, ["não, 5%", "stop_loss 0.04", "-", "no"])
    told = [step["text"] for step in steps if step["kind"] == "told"]
    assert (final["state"], count, len(told)) == ("rejected", 4, 3)
    assert all("“yes”" in text and "“no”" in text for text in told)


@in_loop
async def test_a_question_is_answered_and_the_confirmation_stays_open(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with listening(it):
            final, steps, count = await asked(it, STOP, ["status", "status", "yes"])
    assert [step["kind"] for step in steps].count("status") == 2
    assert (final["state"], count) == ("live", 3)


@in_loop
async def test_panic_at_a_question_acts_and_declines_it(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, steps, count = await asked(it, STOP, ["PÂNICO!!!"])
        folder = it.context.settings.data_dir
        assert (folder / CLOSE_FILE).exists()
    assert (final["state"], count) == ("rejected", 1)
    assert "panic" in [step["kind"] for step in steps]


@in_loop
async def test_a_pause_at_a_question_acts_and_leaves_it_open(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, steps, count = await asked(it, STOP, ["não compra mais nada", "sim"])
        folder = it.context.settings.data_dir
        assert (folder / PAUSE_FILE).exists()
        assert not (folder / CLOSE_FILE).exists()
    assert (final["state"], count) == ("accepted", 2)
    assert "paused" in [step["kind"] for step in steps]


@in_loop
@pytest.mark.parametrize("word", ["para tudo!", "pnaico"])
async def test_a_yes_after_our_own_question_may_be_for_that_and_is_asked_about_once(word: str, tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, steps, count = await asked(it, STOP, [word, "sim", "no"])
            again, _, twice = await asked(it, STOP, [word, "sim", "sim"])
        assert not (it.context.settings.data_dir / CLOSE_FILE).exists()
    assert (final["state"], count) == ("rejected", 3)
    assert any("another “yes”" in step.get("text", "") for step in steps)
    assert (again["state"], twice) == ("accepted", 3)


@in_loop
async def test_panic_with_a_slip_is_asked_about_and_closes_nothing_yet(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, steps, count = await asked(it, STOP, ["pnaico", "no"])
        assert not (it.context.settings.data_dir / CLOSE_FILE).exists()
    assert (final["state"], count) == ("rejected", 2)
    assert any("panic" in step.get("text", "") for step in steps)


@in_loop
async def test_a_sentence_that_stops_needs_no_records_and_no_road(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, steps, _ = await asked(it, "me tira do mercado", [])
        assert (it.context.settings.data_dir / CLOSE_FILE).exists()
    assert (final["kind"], steps) == ("panic", [])
    assert "fecha todas as posições" in final["text"]  # no trader runs here: the word is kept for the next one


@in_loop
async def test_stop_alone_pauses_to_be_safe_and_asks_whether_to_close_too(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with listening(it):
            final, _, _ = await asked(it, "para tudo!", [])
        folder = it.context.settings.data_dir
        assert (folder / PAUSE_FILE).exists()
        assert not (folder / CLOSE_FILE).exists()
    assert final["kind"] == "paused"
    assert "pânico" in final["text"]


def test_it_is_heard_while_another_commander_has_the_workspace(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        settings = it.context.settings.model_copy(update={"workspace": it.workspace.path})
        final = ask_here(
            Question(do="change", text="stop buying until I say so"), settings, lambda _: None, lambda _: False
        )
        assert (settings.data_dir / PAUSE_FILE).exists()
    assert isinstance(final, Paused)
