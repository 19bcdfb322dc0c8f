"""Two things at once, in the orders that hurt: who goes back wins, and what could not be done has moved nothing."""

from __future__ import annotations

from pathlib import Path

from core.contracts.asking import Question
from tests.road.world import in_loop, world


@in_loop
async def test_a_rollback_while_the_next_change_is_in_its_shadow_run_wins(tmp_path: Path) -> None:
    """To a warm host, and to a cold one, which takes the green slot from the change."""
    async with world(tmp_path, shadow_events=500) as it:
        first = it.tree(it.live())
        for steps in (1, 2):
            it.flow()
            for size in range(steps):
                assert (await it.change(f"size 0.{steps}{size + 1}"))["state"] == "live"
            talk = await it.talk()
            talk.say(Question(do="change", text="size 0.05", yes=True))
            await talk.until("staged")
            back = (await it.ask(Question(do="rollback", steps=steps)))[-1]
            assert back["state"] == "rolled_back", back
            overtaken = (await talk.rest())[-1]
            assert overtaken["state"] == "rejected", overtaken
            assert overtaken["reason"]
            assert it.tree(it.live()) == first
            await it.still()
            await it.trades_live()
            it.check()


@in_loop
async def test_a_second_platform_in_one_workspace_says_so_and_ends(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        second = await it.launch("tests.road.platform", "5")
        assert await second.ended() != 0
        assert b"Another Sorte works on" in second.errors
        it.flow()
        assert (await it.change("size 0.2"))["state"] == "live"
        await it.still()
        await it.trades_live()
        it.check()


@in_loop
async def test_a_warm_up_that_cannot_be_written_refuses_the_change_and_not_the_trader(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        it.flow()
        live = it.live()
        (it.data / "shadow").touch()  # a file where the folder should be, as good as a full disk
        change = await it.change("size 0.2")
        assert change["state"] == "rejected", change
        assert "shadow" in change["reason"]
        assert it.live() == live
        await it.still()
        await it.trades_live()
        (it.data / "shadow").unlink()
        it.flow()
        assert (await it.change("size 0.2"))["state"] == "live"
        await it.still()
        it.check()
