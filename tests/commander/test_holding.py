"""A change that is held: nobody waits with it, a yes is for exactly what was shown, and it is given once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contracts import State
from core.contracts.answers import ChangeEnded, CloseSaid, Held, HeldShown, Resumed, Said
from core.contracts.asking import Question
from core.contracts.figures import Position
from core.errors import SorteError
from core.owner import OwnersWord
from services.commander.desk.desk import Desk
from tests.commander.rig import Rig, rig
from tests.lines import said
from tests.simulator.client import in_loop

STOP = Question(do="change", text="stop_loss 0.03", holds=True, owner="telegram:7", message="telegram:7:1")


@contextlib.asynccontextmanager
async def desk_of(it: Rig) -> AsyncIterator[Desk]:
    desk = Desk(it.deployment)
    try:
        yield desk
    finally:
        await desk.watcher.close()


async def ask(desk: Desk, question: Question) -> Any:
    async def nobody(_: object) -> bool:
        raise AssertionError("who holds is not asked")

    return await desk.answer(question, lambda told: desk.context.tell(told), nobody)


def yes(held: Held, **other: Any) -> Question:
    return msgspec.structs.replace(Question(do="approve", id=held.id, hash=held.hash, sure=True), **other)


@in_loop
async def test_a_sentence_is_held_with_its_lines_and_diff_and_nothing_moves(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
            assert isinstance(held, Held)
            assert held.lines == ("stop_loss: 2% -> 3%",)
            assert "stop_loss" in held.diff
            assert held.question == "Apply this change?"
            assert (held.text, held.owner, held.message) == ("stop_loss 0.03", "telegram:7", "telegram:7:1")
            assert len(held.hash) == 64
            assert it.workspace.main == it.first
            assert it.deployment.underway is None
            assert await ask(desk, Question(do="held")) == HeldShown(held=[held])


@in_loop
async def test_a_yes_to_its_hash_brings_it_live_once_however_often_it_is_given(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
            ended = await ask(desk, yes(held))
            assert isinstance(ended, ChangeEnded)
            assert (ended.id, ended.state) == (held.id, State.LIVE)
            assert it.parameter("stop_loss") == 0.03
            assert ended.seconds.keys() >= {"interpret", "edit", "judge", "commit", "shadow", "switch", "total"}
            assert it.trader is not None
            asked = list(it.trader.asked)
            again = await ask(desk, yes(held))
            assert again.state is State.LIVE
            assert it.trader.asked == asked
            assert await ask(desk, Question(do="held")) == HeldShown(held=[])


@in_loop
async def test_what_gives_the_agent_more_wants_a_second_yes(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
            assert held.twice
            with pytest.raises(SorteError, match="a second time"):
                await ask(desk, yes(held, sure=False))
            assert it.workspace.main == it.first
            tighter = await ask(desk, msgspec.structs.replace(STOP, text="stop_loss 0.01"))
            assert not tighter.twice
            assert (await ask(desk, yes(tighter, sure=False))).state is State.LIVE


@in_loop
async def test_two_yeses_at_once_walk_one_road(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
            both = await asyncio.gather(*(ask(desk, yes(held)) for _ in range(4)), return_exceptions=True)
            assert [isinstance(each, ChangeEnded) and each.state is State.LIVE for each in both].count(True) == 1
            assert all(isinstance(each, ChangeEnded | SorteError) for each in both)
            assert it.trader is not None
            assert it.trader.asked.count("switch") == 1
            kept = it.context.changes.get(held.id)
            assert kept is not None
            assert kept.state is State.LIVE


@in_loop
async def test_a_yes_to_something_else_changes_nothing_and_the_change_waits_on(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held, other = await ask(desk, STOP), await ask(desk, msgspec.structs.replace(STOP, text="stop_loss 0.05"))
            assert held.hash != other.hash
            for wrong in (yes(held, hash=other.hash), yes(held, hash=""), yes(held, hash=held.hash[:-1])):
                with pytest.raises(SorteError, match="not what this change does"):
                    await ask(desk, wrong)
            with pytest.raises(SorteError, match="no change"):
                await ask(desk, yes(held, id="ffffffff"))
            assert it.workspace.main == it.first
            assert (await ask(desk, yes(held))).state is State.LIVE


@in_loop
async def test_what_was_shown_before_another_change_is_stale_and_says_what_came_between(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
            assert (await it.say("rsi_period 20")).state is State.LIVE
            main = it.workspace.main
            ended = await ask(desk, yes(held))
            assert ended.state is State.REJECTED
            assert "Set rsi_period to 20" in ended.reason
            assert it.workspace.main == main
            assert it.deployment.underway is None


@in_loop
async def test_a_no_drops_it_and_a_yes_after_it_is_too_late(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
            assert (await ask(desk, Question(do="reject", id=held.id))).state is State.REJECTED
            assert it.workspace.refs("refs/sorte/candidates") == {}
            assert (await ask(desk, yes(held))).state is State.REJECTED
            assert it.workspace.main == it.first


@in_loop
async def test_nobody_answers_in_time(tmp_path: Path) -> None:
    with rig(tmp_path, hold_seconds=1e-6) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
            assert (await ask(desk, Question(do="held"))).held == []
            ended = await ask(desk, yes(held))
            assert (ended.state, ended.reason) == (State.REJECTED, "Nobody confirmed in time; nothing changed.")
            assert it.workspace.main == it.first


@in_loop
async def test_it_waits_over_restarts_and_what_nobody_answered_ends_there(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held = await ask(desk, STOP)
    with rig(tmp_path, trader=True) as it:
        assert it.recovered == []
        async with desk_of(it) as desk:
            assert await ask(desk, Question(do="held")) == HeldShown(held=[held])
            assert (await ask(desk, yes(held))).state is State.LIVE
            again = await ask(desk, msgspec.structs.replace(STOP, text="stop_loss 0.05"))
        kept = it.context.changes.get(again.id)
        assert kept is not None
        assert kept.held is not None
        over = msgspec.structs.replace(kept.held, expires_ns=time.time_ns() - 1)
        it.context.changes.save(msgspec.structs.replace(kept, held=over))
    with rig(tmp_path, trader=True) as it:
        assert [change.state for change in it.recovered if change.id == again.id] == [State.REJECTED]
        assert it.workspace.refs("refs/sorte/candidates") == {}


@in_loop
async def test_a_rollback_is_held_and_goes_where_it_was_shown_to_go(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            await it.say("stop_loss 0.03")
            for question in (
                Question(do="rollback", to=it.first, asks=True, holds=True),
                msgspec.structs.replace(STOP, text=f"back {it.first}"),
            ):
                held = await ask(desk, question)
                assert isinstance(held, Held)
                assert (held.diff, held.target) == ("", it.first)
                assert held.question == "Go back?"
                assert it.parameter("stop_loss") == 0.03
            assert (await ask(desk, yes(held))).state is State.ROLLED_BACK
            assert it.parameter("stop_loss") == 0.02


@in_loop
async def test_a_rollback_that_was_shown_before_another_change_is_stale(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            await it.say("stop_loss 0.03")
            held = await ask(desk, Question(do="rollback", to=it.first, asks=True, holds=True))
            await it.say("rsi_period 20")
            ended = await ask(desk, yes(held))
            assert ended.state is State.REJECTED
            assert "rsi_period" in ended.reason
            assert it.parameter("stop_loss") == 0.03


@in_loop
async def test_what_is_no_edit_is_answered_at_once(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            asked = await ask(desk, msgspec.structs.replace(STOP, text="?"))
            assert (asked.state, asked.reason) == (State.ASK, "Which one?")
            assert (await ask(desk, msgspec.structs.replace(STOP, text="status"))).main == it.first
            assert [said(each)[0] for each in (await ask(desk, Question(do="held"))).held] == []


@in_loop
async def test_another_change_has_the_road_and_the_held_one_waits_on(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        async with desk_of(it) as desk:
            held, other = await ask(desk, STOP), await ask(desk, msgspec.structs.replace(STOP, text="rsi_period 20"))
            change = it.context.changes.get(other.id)
            assert change is not None
            it.deployment.take_road(change)
            with pytest.raises(SorteError, match="is under way"):
                await ask(desk, yes(held))
            it.deployment.leave_road(change)
            assert (await ask(desk, yes(held))).state is State.LIVE


@in_loop
async def test_a_close_is_asked_about_and_closes_nothing(tmp_path: Path) -> None:
    from services.commander.desk.closing import close_asked

    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        held = Position(pair="BTCUSDT", quantity=0.01, entry_price=64_000, price=65_000, profit=0.0, protected=None)
        it.trader.positions = [held]
        told = await close_asked("btc", it.trader)
        assert isinstance(told, Said)
        assert told.action is not None
        assert told.action.args == {"pair": "BTCUSDT"}
        assert told.text == "Close BTCUSDT now: 0.01 at about 65000, 650.00 in all?"
        assert isinstance(await close_asked("eth", it.trader), CloseSaid)
        assert it.trader.asked == []


@in_loop
async def test_a_sentence_that_goes_on_is_asked_about_where_nobody_waits_with_it(tmp_path: Path) -> None:
    """Resuming after a panic gives the agent more to do: chat and page ask, twice, before they say `resume`."""
    with rig(tmp_path, trader=True) as it:
        word = OwnersWord(it.context.settings.data_dir)
        async with desk_of(it) as desk:
            sentence = msgspec.structs.replace(STOP, text="resume")
            for stop, stands, words in ((word.panic, "closing", "after everything"), (word.pause, "paused", "again?")):
                stop()
                told = await ask(desk, sentence)
                assert isinstance(told, Said)
                assert (told.done, getattr(told.action, "name", "")) == (False, "resume")
                assert words in told.text
                assert getattr(word, stands)
                word.resume()
            assert isinstance(await ask(desk, sentence), Resumed)  # nothing is stopped
