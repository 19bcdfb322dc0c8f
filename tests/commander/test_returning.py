"""Going back: to the warm host in one step, to a cold one through a new host, and only to what was accepted."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import msgspec
import pytest

from core.contracts import Action, Change, Interpretation, Language, State, Status
from core.contracts.asking import Question
from core.workspace import WorkspaceError
from services.commander.desk.desk import Desk
from services.commander.road import commits
from services.commander.road.context import rollback_utterance
from services.commander.road.going_back import roll_back
from services.commander.texts import say
from services.commander.trader_port import TraderGone
from tests.commander.rig import Rig, rig
from tests.lines import line_of
from tests.simulator.client import in_loop
from tests.trader.harness import until


async def back(it: Rig, to: str | None = None, steps: int = 1) -> Change:
    said = rollback_utterance("ana", "test:rollback")
    change = it.context.changes.save(Change(id=f"r{len(it.context.changes.latest(99))}", utterance=said))
    return await roll_back(it.deployment, change, to, steps)


@in_loop
async def test_back_to_the_warm_host_switches_first_and_then_commits_the_old_tree(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        base = it.workspace.live
        change = await it.say("stop_loss 0.03")
        it.trader.asked.clear()
        returned = await back(it)
        assert returned.state is State.ROLLED_BACK
        assert it.trader.asked == ["switch_back"]
        assert it.workspace.main == it.workspace.live == returned.commit
        assert it.workspace.tree(returned.commit) == it.workspace.tree(base) == it.trader.blue
        assert it.workspace.is_ancestor(change.commit, returned.commit)  # nothing of history is lost
        assert commits.trailer(it.workspace, returned.commit, commits.TARGET) == base
        known = it.context.changes.get(change.id)
        assert known is not None
        assert (known.state, returned.id in known.reason) == (State.ROLLED_BACK, True)
        subject, _, why, *_ = it.workspace.git("show", "-s", "--format=%B", it.workspace.main).splitlines()
        assert subject == f"Go back to {it.first[:12]}: Start from the shipped strategy"
        assert why == f"Went back to {it.first[:12]}: Start from the shipped strategy."


@in_loop
async def test_back_to_a_cold_release_starts_a_host_for_it(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        base = it.workspace.live
        for value in ("0.03", "0.04"):
            await it.say(f"stop_loss {value}")
        it.trader.asked.clear()
        returned = await back(it, steps=2)
        assert returned.state is State.ROLLED_BACK
        assert it.trader.asked == ["switch_back", "stage", "switch"]
        assert it.trader.blue == it.workspace.tree(base)
        assert {change.state for change in it.context.changes.latest(9)} == {State.ROLLED_BACK}
        assert not list((tmp_path / "data" / "shadow").glob("*"))


@in_loop
async def test_a_second_rollback_goes_one_further_and_not_forth_and_back(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        shipped = it.workspace.tree(it.workspace.live)
        first = it.workspace.tree((await it.say("stop_loss 0.03")).commit)
        await it.say("stop_loss 0.04")
        for tree in (first, shipped):
            assert it.workspace.tree((await back(it)).commit) == tree
        last = await back(it)
        assert (last.state, last.reason) == (State.NONE, "There is no change to take back.")


@in_loop
async def test_what_was_taken_back_can_be_gone_to_again_by_its_name(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        change = await it.say("stop_loss 0.03")
        await back(it)
        again = await back(it, to=change.id)
        assert again.state is State.ROLLED_BACK
        assert it.workspace.tree(it.workspace.live) == it.workspace.tree(change.commit)


@in_loop
async def test_nobody_goes_back_to_what_was_never_accepted(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        workspace = it.workspace
        live = workspace.live
        stranger = workspace.git("commit-tree", f"{live}^{{tree}}", "-m", "not ours").strip()
        for to in (stranger, "no-such-thing", "--all", "HEAD~99"):
            refused = await back(it, to=to)
            assert refused.state is State.NONE
            assert "never accepted" in refused.reason
        assert workspace.main == workspace.live == live


@in_loop
async def test_going_to_what_trades_already_is_said_so(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        refused = await back(it, to=it.workspace.live)
        assert (refused.state, "already" in refused.reason) == (State.NONE, True)


@in_loop
async def test_a_sentence_may_ask_for_it(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        await it.say("stop_loss 0.03")
        returned = await it.say("back")
        assert returned.state is State.ROLLED_BACK
        assert it.parameter("stop_loss") == 0.02


@in_loop
async def test_without_a_trader_main_goes_back_and_live_follows_at_the_next_start(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        await it.say("stop_loss 0.03")
        returned = await back(it)
        assert returned.state is State.ROLLED_BACK
        assert it.parameter("stop_loss") == 0.02
    with rig(tmp_path, trader=True) as it:
        assert it.workspace.live == it.workspace.main == returned.commit


@in_loop
async def test_a_trader_that_cannot_go_back_leaves_refs_where_they_were(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        change = await it.say("stop_loss 0.03")
        it.trader.refuses |= {"switch_back": "not warm", "stage": "host_died"}
        failed = await back(it)
        assert failed.state is State.FAILED
        assert it.workspace.main == it.workspace.live == change.commit


@in_loop
async def test_what_the_watch_took_back_is_still_found_by_its_own_commit(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        change = await it.say("stop_loss 0.03")
        leaving = it.context.changes.save(msgspec.structs.replace(change, state=State.ROLLING_BACK, target=it.first))
        assert it.deployment.known_way is not None
        async with it.deployment.moving:
            taken = await it.deployment.back(leaving, it.deployment.known_way, "worse")
        assert (taken.commit, taken.returned) == (change.commit, it.workspace.live)
        again = await back(it, to=change.id)
        assert it.workspace.tree(it.workspace.live) == it.workspace.tree(change.commit)
        assert again.state is State.ROLLED_BACK


@in_loop
async def test_back_by_more_than_there_ever_was_is_answered_at_once(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        await it.say("stop_loss 0.03")
        began = time.monotonic()
        refused = await back(it, steps=10**8)
        assert (refused.state, refused.reason) == (State.NONE, "There is no change to take back.")
        assert time.monotonic() - began < 30  # to count so far takes many times that


@pytest.mark.parametrize("spoken", [False, True])
def test_a_trader_that_ends_in_a_rollback_does_not_end_the_rollback(spoken: bool, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True) as it:
            assert it.trader is not None
            base = it.workspace.tree(it.workspace.live)
            await it.say("stop_loss 0.03")

            def die(what: str) -> None:
                if what == "switch_back":
                    raise TraderGone("The trader ended.")

            it.trader.before = die
            with pytest.raises(TraderGone, match="next start"):
                await (it.say("back") if spoken else back(it))
            assert it.context.changes.latest(1)[0].state is State.ROLLING_BACK
        with rig(tmp_path, trader=True) as it:
            assert [change.state for change in it.recovered] == [State.ROLLED_BACK]
            assert it.workspace.tree(it.workspace.live) == it.workspace.tree(it.workspace.main) == base

    scene()


@in_loop
async def test_files_that_cannot_be_shown_keep_nobody_from_going_back(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        change = await it.say("stop_loss 0.03")
        with (it.workspace.git_dir / "index.lock").open("w"):  # the owner is in the middle of a git command
            returned = await back(it)
            assert returned.state is State.ROLLED_BACK
            known = it.context.changes.get(change.id)
            assert known is not None
            assert known.state is State.ROLLED_BACK
    with (it.workspace.git_dir / "index.lock").open("w"), rig(tmp_path, trader=True) as it:
        assert it.workspace.live == returned.commit
    (it.workspace.git_dir / "index.lock").unlink()
    with rig(tmp_path) as it:
        assert it.workspace.git("status", "--porcelain") == ""


@in_loop
async def test_a_way_back_that_could_not_be_found_at_the_switch_is_found_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one before it would lead a release too far."""
    with rig(tmp_path, trader=True) as it:
        first = await it.say("stop_loss 0.03")

        def fail(_: object) -> None:
            raise WorkspaceError("git is not well")

        with monkeypatch.context() as patched:
            patched.setattr("services.commander.road.deployment.way_back", fail)
            assert (await it.say("stop_loss 0.04")).state is State.LIVE
        await back(it)
        assert it.trader is not None
        assert it.trader.blue == it.workspace.tree(it.workspace.live) == it.workspace.tree(first.commit)


@in_loop
async def test_a_rollback_that_cannot_be_worked_out_ends_as_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig(tmp_path) as it:

        def fail(*_: object) -> None:
            raise WorkspaceError("git is not well")

        monkeypatch.setattr("services.commander.road.going_back.find_way", fail)
        failed = await back(it)
        assert (failed.state, "git is not well" in failed.reason) == (State.FAILED, True)


@in_loop
async def test_a_rollback_while_the_next_change_is_judged_wins(tmp_path: Path) -> None:
    judging, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        if judging.is_set():
            go_on.wait(10)

    with rig(tmp_path, trader=True, judging=wait) as it:
        assert it.trader is not None
        base = it.workspace.tree(it.workspace.live)
        await it.say("stop_loss 0.03")
        judging.set()
        walking = asyncio.ensure_future(it.say("stop_loss 0.04"))
        await until(lambda: it.context.changes.of_state(State.JUDGING), "a judgement under way")
        assert (await back(it)).state is State.ROLLED_BACK
        go_on.set()
        overtaken = await walking
        assert (overtaken.state, "changed while" in overtaken.reason) == (State.REJECTED, True)
        assert it.trader.blue == it.workspace.tree(it.workspace.live) == it.workspace.tree(it.workspace.main) == base


@in_loop
async def test_a_rollback_that_is_done_and_not_written_ends_the_watch_over_what_it_left(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=30) as it:
        desk = Desk(it.deployment)

        async def yes(_: Change) -> bool:
            return True

        change = line_of(await desk.answer(Question(do="change", text="stop_loss 0.03"), it.tell, yes))
        lock = it.workspace.git_dir / "refs/heads/main.lock"
        lock.touch()
        line = line_of(await desk.answer(Question(do="rollback"), it.tell, yes))
        lock.unlink()
        assert (line["state"], "could not be written down yet" in line["reason"]) == (State.ROLLING_BACK, True)
        known = it.context.changes.get(change["id"])
        assert known is not None
        assert (known.state, known.watch) == (State.LIVE, "taken back")
        await it.deployment.settle()
        assert {c.state for c in it.context.changes.latest(9)} == {State.ROLLED_BACK}
        await desk.watcher.close()


@in_loop
async def test_who_is_undone_by_another_reads_so_in_his_language(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        change = await it.say("stop_loss 0.03")
        understood = change.interpretation
        assert understood is not None
        spoken = msgspec.structs.replace(understood, language=Language.PT)
        it.context.changes.save(msgspec.structs.replace(change, interpretation=spoken))
        back = await it.say("back")
        known = it.context.changes.get(change.id)
        assert known is not None
        assert known.reason == f"Desfeita por {back.id}."


@in_loop
async def test_a_rollback_is_told_in_the_language_that_its_sentence_was_understood_in(tmp_path: Path) -> None:
    """The utterance itself need not know it."""
    with rig(tmp_path, trader=True) as it:
        await it.say("stop_loss 0.03")
        understood = Interpretation(Status.ACTION, Language.PT, "test", 0.1, action=Action("rollback"))
        said = rollback_utterance("ana", "test:volta", "volta")
        change = it.context.changes.save(Change(id="volta", utterance=said, interpretation=understood))
        returned = await roll_back(it.deployment, change)
        subject = "Start from the shipped strategy"
        assert returned.reason == say("rolled_back", Language.PT, target=it.first[:12], summary=subject)
