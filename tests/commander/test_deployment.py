"""The one owner of what moves: the trader goes first, refs follow or it goes back, no way back is known meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from core.contracts import Change, Event, State
from core.workspace import LIVE, MAIN, WorkspaceError
from services.commander.records import RecordsUnusable
from services.commander.road import commits
from services.commander.road.context import rollback_utterance
from services.commander.road.returning import move_back
from services.commander.road.ways import way_back
from services.commander.trader_port import TraderRefused
from tests.commander.rig import Rig, rig
from tests.simulator.client import in_loop

Moves = Mapping[str, tuple[str, str]]


def at_each_move(it: Rig, look: Callable[[Moves], None]) -> None:
    """Call `look` just before refs that decide what trades are moved, in the thread that moves them."""
    move = it.workspace.update_refs

    def looked_at(moves: Moves) -> None:
        if MAIN in moves:
            look(moves)
        move(moves)

    it.workspace.update_refs = looked_at  # type: ignore[method-assign] # to look in between


def leaving(it: Rig, change: Change, target: str) -> Change:
    return it.context.advance(change, Event.RETURNING, target=target, reason="worse")


@in_loop
async def test_no_way_back_is_known_while_refs_move_forward_or_back(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        first = await it.say("stop_loss 0.03")
        known: list[object] = []
        at_each_move(it, lambda _: known.append(it.deployment.known_way))
        before = it.deployment.known_way
        assert before is not None
        assert before.commit == it.first
        second = await it.say("stop_loss 0.04")
        way = it.deployment.known_way
        assert way is not None
        assert way.commit == first.commit
        async with it.deployment.moving:
            await it.deployment.back(leaving(it, second, way.commit), way, "worse")
        assert it.deployment.known_way == before == way_back(it.context)
        assert known == [None, None]


@in_loop
async def test_a_trader_that_refuses_leaves_refs_and_the_way_back_as_they_were(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        change = await it.say("stop_loss 0.03")
        known = it.deployment.known_way
        it.trader.refuses["switch"] = "not warm"
        async with it.deployment.moving:
            with pytest.raises(TraderRefused):
                await it.deployment.forward(it.trader, change.commit, it.first)
        assert it.workspace.main == it.workspace.live == change.commit
        assert it.deployment.known_way == known
        assert not it.deployment.heads_for(it.first)


@in_loop
async def test_a_trader_whose_refs_cannot_follow_goes_back_and_the_way_back_is_asked_of_git(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        first = await it.say("stop_loss 0.03")
        blue = it.trader.blue

        def full(_: Moves) -> None:
            assert not it.deployment.heads_for(first.commit)
            raise WorkspaceError("no space left")

        at_each_move(it, full)
        second = await it.say("stop_loss 0.04")
        assert (second.state, "no space left" in second.reason) == (State.FAILED, True)
        assert it.trader.blue == blue == it.workspace.tree(it.workspace.main)
        assert it.workspace.main == it.workspace.live == first.commit
        assert not it.deployment.heads_for(second.commit)
        assert it.deployment.known_way is None
        way = await it.deployment.way_back()
        assert way is not None
        assert way.commit == it.first


@in_loop
async def test_what_heads_for_a_commit_is_finished_and_not_taken_back(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        headed: list[bool] = []
        at_each_move(it, lambda moves: headed.append(it.deployment.heads_for(moves[MAIN][1])))
        change = await it.say("stop_loss 0.03")
        assert (headed, it.deployment.heads_for(change.commit)) == ([True], True)
        assert not it.deployment.heads_for("")


@in_loop
async def test_nothing_moves_unless_the_lock_is_held(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        change = await it.say("stop_loss 0.03")
        deployment, trader, way = it.deployment, it.trader, it.deployment.known_way
        assert way is not None
        asked = list(trader.asked)
        verbs: list[Callable[[], Awaitable[object]]] = [
            lambda: deployment.forward(trader, change.commit, it.first),
            lambda: deployment.defer(change.commit, it.first),
            lambda: deployment.back(change, way, "worse"),
            deployment.look_back,
        ]
        for verb in verbs:
            with pytest.raises(RuntimeError, match="held"):
                await verb()
        assert trader.asked == asked
        assert it.workspace.main == it.workspace.live == change.commit
        assert deployment.known_way == way


@in_loop
async def test_deferred_only_main_moves(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        live = it.workspace.live
        moved: list[set[str]] = []
        at_each_move(it, lambda moves: moved.append(set(moves)))
        change = await it.say("stop_loss 0.03")
        assert (moved, it.workspace.main, it.workspace.live) == ([{MAIN}], change.commit, live)


def test_one_change_has_the_road_and_only_that_one_leaves_it(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        said = rollback_utterance("ana", "test:road")
        first, second = (Change(id=name, utterance=said) for name in ("first", "second"))
        assert it.deployment.take_road(first) is None
        assert it.deployment.take_road(second) == first
        it.deployment.leave_road(second)
        assert it.deployment.underway == first
        it.deployment.leave_road(first)
        assert it.deployment.take_road(second) is None


@in_loop
async def test_a_return_that_git_has_and_the_records_have_not_is_finished_with_the_same_commit(tmp_path: Path) -> None:
    """By the commander that runs, or by its next start: both write it by the same function."""
    for finished_by in ("settle", "start"):
        folder = tmp_path / finished_by
        with rig(folder, trader=True) as it:
            change = await it.say("stop_loss 0.03")
            way = it.deployment.known_way
            assert way is not None
            begun = leaving(it, change, way.commit)
            save = it.context.changes.save
            it.context.changes.save = refuse  # type: ignore[method-assign] # a disk that is full
            async with it.deployment.moving:
                told = await it.deployment.back(begun, way, "worse")
            it.context.changes.save = save  # type: ignore[method-assign]
            assert (told.state, "could not be written down yet" in told.reason) == (State.ROLLING_BACK, True)
            made = it.workspace.main
            if finished_by == "settle":
                await it.deployment.settle()
        with rig(folder, trader=True) as it:
            known = it.context.changes.get(change.id)
            assert known is not None
            assert (known.state, known.returned, known.reason) == (State.ROLLED_BACK, made, "worse")
            assert it.workspace.main == it.workspace.live == made


def refuse(_: Change) -> Change:
    raise RecordsUnusable("The database cannot be used: database or disk is full.")


@in_loop
async def test_a_stranger_with_our_trailers_is_not_taken_for_the_return(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        change = await it.say("stop_loss 0.03")
        begun = it.context.changes.save(msgspec.structs.replace(change, state=State.ROLLING_BACK, target=it.first))
        trailers = f"{commits.CHANGE}: {change.id}\n{commits.TARGET}: {it.first}"
        tree = f"{change.commit}^{{tree}}"
        stranger = it.workspace.git("commit-tree", tree, "-p", change.commit, "-m", f"Mine\n\n{trailers}").strip()
        it.workspace.update_refs({MAIN: (change.commit, stranger)})
        made = move_back(it.context, begun, live=True)
        assert made != stranger
        it.workspace.verify(made)
        assert it.workspace.refs(LIVE)[LIVE] == it.workspace.main == made == move_back(it.context, begun, live=True)
        assert it.workspace.tree(made) == it.workspace.tree(it.first)
