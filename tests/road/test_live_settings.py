"""A running platform takes an edit of `sorte.toml` in, tells it, and keeps it when its commander is started again."""

from __future__ import annotations

from pathlib import Path

from core.contracts.asking import Question
from tests.road.world import World, in_loop, world


async def expires(it: World) -> None:
    """A proposal that nobody confirms is dropped in time; with the default it would take five minutes."""
    talk = await it.talk()
    talk.say(Question(do="change", text="size 0.2"))
    await talk.until("confirm")
    assert (await talk.rest())[-1]["state"] == "rejected"


@in_loop
async def test_an_edit_of_the_file_holds_at_once_and_over_a_commander_that_dies(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        file = tmp_path / "sorte.toml"
        file.write_text("[commander]\nconfirm_secnds = 0.2\n", encoding="utf-8")
        refused = await it.running.hears("setting_refused")
        assert "did you mean commander.confirm_seconds?" in refused["reason"]
        file.write_text("[commander]\nconfirm_seconds = 0.2\n[trader]\ntimeframe = '5m'\n", encoding="utf-8")
        told = await it.running.hears("setting", key="commander.confirm_seconds")
        assert (told["old"], told["new"], told["live"]) == (300, 0.2, True)
        await it.running.hears("setting", key="trader.timeframe", live=False)
        await expires(it)
        told_before = len(it.running.heard("setting"))
        await it.kill("commander")
        await it.serving()
        await expires(it)
        assert len(it.running.heard("setting")) == told_before
        it.check()
