"""The history is of changes: what was asked back, declined or never judged is there with --all alone."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from core.contracts import Change, Language, State
from services.commander.desk import showing
from services.commander.road.context import rollback_utterance
from services.commander.road.going_back import roll_back
from services.gateway.console.shown import Shown
from services.gateway.console.texts import say
from tests.commander.rig import rig
from tests.lines import line_of
from tests.simulator.client import in_loop


@in_loop
async def test_by_default_only_sentences_that_an_edit_came_of_and_the_row_says_what_trades(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        first = await it.say("stop_loss 0.03")
        for noise in ("?", "-"):
            await it.say(noise)
        assert (await it.say("stop_loss 0.05", yes=False)).state is State.REJECTED
        second = await it.say("stop_loss 0.04")
        history = line_of(await showing.history(it.deployment, 20, judged=True))
        assert [(line["id"], line["trades"]) for line in history["changes"]] == [(second.id, True), (first.id, False)]
        newest = line_of(await showing.history(it.deployment, 1, judged=True))
        assert [line["id"] for line in newest["changes"]] == [second.id]
        assert len(line_of(await showing.history(it.deployment, 20, everything=True))["changes"]) == 5
        back = await it.say("back")
        history = line_of(await showing.history(it.deployment, 20, judged=True))
        assert [(line["id"], line["state"], line["trades"]) for line in history["changes"]] == [
            (back.id, "rolled_back", False),
            (second.id, "rolled_back", False),
            (first.id, "live", True),
        ]
        assert history["changes"][0]["target"] == first.commit


def test_what_the_judge_refused_is_history(tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True, refused_by="latency") as it:
            refused = await it.say("stop_loss 0.03")
            (line,) = line_of(await showing.history(it.deployment, 20, judged=True))["changes"]
            assert (line["id"], line["state"]) == (refused.id, "rejected")

    scene()


def test_a_watch_that_nobody_holds_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    @in_loop
    async def change() -> None:
        with rig(tmp_path, trader=True) as it:
            assert (await it.say("stop_loss 0.03")).watch == "running"
            (line,) = line_of(await showing.history(it.deployment, 20, judged=True))["changes"]
            assert line["watch"] == "running"

    change()
    with rig(tmp_path) as it:
        history = asyncio.run(showing.history(it.deployment, 20, judged=True))
    assert [line.watch for line in history.changes] == ["waits"]
    from rich.console import Console

    Shown(Console(soft_wrap=True)).show(history)
    read = capsys.readouterr().out
    assert "live (waits)" in read
    assert "* its code trades" in read


@in_loop
async def test_a_change_that_was_taken_back_and_gone_back_to_says_so(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        first = await it.say("stop_loss 0.03")
        await it.say("back")
        await it.say("stop_loss 0.04")
        await roll_back(
            it.deployment, it.context.changes.save(Change("0badc0de", rollback_utterance("ana", "m"))), first.commit, 1
        )
        shown = await showing.history(it.deployment, 20, judged=True)
    screen = io.StringIO()
    Shown(Console(file=screen, width=200), language=Language.EN).show(shown)
    (row,) = [line for line in screen.getvalue().splitlines() if first.id in line]
    assert row.lstrip().startswith("*")
    assert "and back again" in row


@pytest.mark.parametrize("language", Language)
def test_each_way_in_which_a_watch_ends_has_its_words(language: Language) -> None:
    for watch in ("running", "waits", "passed", "failed", "superseded", "taken back"):
        assert "live" in say(f"watch.{watch}", language, state="live")
