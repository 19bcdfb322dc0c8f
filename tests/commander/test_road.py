"""A sentence to its end: with a trader and without, accepted and refused at each place where the road can end."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.contracts import State, Utterance
from core.errors import SorteError
from core.workspace import CANDIDATES, MAIN, Workspace, create
from services.commander.road import commits, walker
from services.commander.road.walk import walk
from tests.commander.rig import rig
from tests.simulator.client import in_loop
from tests.trader.harness import until

STOP = "stop_loss 0.03"


def nothing_moved(it: Any, before: str) -> None:
    assert it.workspace.main == it.workspace.live == before
    assert not it.workspace.refs(CANDIDATES)
    assert it.deployment.underway is None
    assert it.workspace.git("status", "--porcelain") == ""


@in_loop
async def test_with_a_trader_an_accepted_change_is_staged_shadowed_switched_and_live(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        base = it.workspace.live
        change = await it.say(STOP)
        assert (change.state, change.watch) == (State.LIVE, "running")
        assert [step.state for step in change.steps] == [
            *(
                State.PLANNED,
                State.PROPOSED,
                State.JUDGING,
                State.COMMITTED,
                State.SHADOWING,
                State.SWITCHING,
                State.LIVE,
            )
        ]
        assert it.trader is not None
        assert it.trader.asked == ["stage", "shadow", "switch"]
        assert it.workspace.main == it.workspace.live == change.commit
        assert it.trader.blue == it.workspace.tree(change.commit)
        assert (it.parameter("stop_loss"), it.parameter("stop_loss", base)) == (0.03, 0.02)
        assert not it.workspace.refs(CANDIDATES)
        assert not list((tmp_path / "data" / "shadow").glob("*"))


@in_loop
async def test_the_release_commit_says_what_who_and_by_which_verdict(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        base = it.workspace.live
        change = await it.say(STOP)
        assert change.verdict is not None
        message = it.workspace.git("show", "-s", "--format=%B%P", change.commit)
        assert message.startswith("Set stop_loss to 0.03 (was 0.02)\n")
        assert message.endswith(base)
        for key, value in {
            commits.CHANGE: change.id,
            commits.OWNER: "ana",
            commits.MESSAGE: f"test:{STOP}",
            commits.VERDICT: change.verdict.digest,
        }.items():
            assert commits.trailer(it.workspace, change.commit, key) == value


@in_loop
async def test_words_of_the_owner_cannot_become_a_trailer(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        change = await it.say("stop_loss\n\nSorte-Verdict:evil\n0.03".replace("\n\nSorte-Verdict:evil\n", " "))
        hostile = change.utterance.text + "\n\nSorte-Target: 0000"
        quoted = commits.one_line(hostile)
        assert "\n" not in quoted
        assert commits.trailer(it.workspace, change.commit, commits.TARGET) == ""


@in_loop
async def test_without_a_trader_it_is_on_main_and_goes_live_at_the_next_start(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        base = it.workspace.live
        change = await it.say(STOP)
        assert change.state is State.ACCEPTED
        assert change.reason.startswith("Accepted and committed: stop_loss: 2% -> 3%. It trades from")
        assert (it.workspace.main, it.workspace.live) == (change.commit, base)
    with rig(tmp_path, trader=True) as it:
        assert [(c.id, c.state, c.watch) for c in it.recovered] == [(change.id, State.LIVE, "running")]
        assert it.workspace.main == it.workspace.live == change.commit


@in_loop
async def test_the_owners_files_show_what_is_on_main(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        await it.say(STOP)
        assert "= 0.03" in (it.workspace.path / "strategy/parameters.py").read_text(encoding="utf-8")
        assert it.workspace.git("status", "--porcelain") == ""


@in_loop
async def test_files_that_the_owner_edited_stay_and_what_is_accepted_is_read_from_git(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        file = it.workspace.path / "strategy/parameters.py"
        file.write_text("# mine\n", encoding="utf-8")
        change = await it.say(STOP)
        assert change.state is State.ACCEPTED
        assert file.read_text(encoding="utf-8") == "# mine\n"
        assert it.parameter("stop_loss") == 0.03
        assert any(kind == "note" for kind, _ in it.told)


@pytest.mark.parametrize(
    ("text", "state", "reason"),
    [("?", State.ASK, "Which one?"), ("-", State.NONE, "That is no command.")],
)
def test_what_is_no_plan_ends_with_its_question_or_reason(text: str, state: State, reason: str, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            before = it.workspace.main
            change = await it.say(text)
            assert (change.state, change.reason) == (state, reason)
            nothing_moved(it, before)

    scene()


@in_loop
async def test_without_the_owners_yes_nothing_is_judged(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        before = it.workspace.main
        change = await it.say(STOP, yes=False)
        assert change.state is State.REJECTED
        assert "did not confirm" in change.reason
        assert not any(kind == "gate" for kind, _ in it.told)
        nothing_moved(it, before)


@pytest.mark.parametrize(("reads", "made_ready"), [(True, 1), (False, 0)])
def test_a_candidate_is_made_ready_while_its_owner_reads_and_not_when_he_says_yes_at_once(
    reads: bool, made_ready: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walker, "READING_SECONDS", 0.0 if reads else 600.0)
    ahead: list[str] = []

    @in_loop
    async def scene() -> None:
        with rig(tmp_path) as it:
            it.context.rooms = replace(it.context.rooms, ahead=lambda candidate, *_: ahead.append(candidate.tree))

            async def confirm(_change: Any) -> bool:
                await until(lambda: len(ahead) == made_ready)
                return True

            utterance = Utterance(STOP, "ana", "test:reads", time.time_ns())
            change = await walk(it.deployment, utterance, it.tell, confirm)
            assert change.candidate is not None
            assert ahead == [change.candidate.tree] * made_ready
            assert change.verdict is not None

    scene()


@in_loop
async def test_a_gate_that_refuses_is_named_with_its_finding(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, refused_by="latency") as it:
        before = it.workspace.main
        change = await it.say(STOP)
        assert change.state is State.REJECTED
        assert change.reason == (
            "The gate latency refused: it takes too long to decide. Nothing changed. It found: It is too slow. "
            "While the strategy works the price moves on. Keep what you need in the state and bring it up to date with "
            "each bar, instead of working it out anew for each event. What is worked out already gets a name "
            "(f = features(...)) and is not asked for again."
        )
        assert it.trader is not None
        assert it.trader.asked == []
        nothing_moved(it, before)


@pytest.mark.parametrize(("returns", "warned"), [((0.025, 0.014), True), ((0.01, 0.02), False)])
def test_a_change_that_passes_and_earns_less_says_so(
    returns: tuple[float, float], warned: bool, tmp_path: Path
) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True, returns=returns) as it:
            change = await it.say(STOP)
            assert change.state is State.LIVE
            assert ("it earns less, 1.4% instead of 2.5%" in change.reason) is warned

    scene()


@in_loop
async def test_a_green_host_that_does_not_start_changes_nothing(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        before = it.workspace.main
        it.trader.refuses["stage"] = "host_failed: no"
        change = await it.say(STOP)
        assert (change.state, "did not become ready" in change.reason) == (State.REJECTED, True)
        nothing_moved(it, before)


@in_loop
async def test_a_green_host_that_dies_in_the_shadow_run_changes_nothing(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        before = it.workspace.main
        it.trader.refuses["shadow"] = "host_died: crashed with SIGSEGV"
        change = await it.say(STOP)
        assert (change.state, "SIGSEGV" in change.reason) == (State.REJECTED, True)
        nothing_moved(it, before)


@in_loop
async def test_a_green_host_that_decides_otherwise_than_the_judged_code_never_decides(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, predicts=1) as it:
        assert it.trader is not None
        before = it.workspace.main
        change = await it.say(STOP)
        assert change.state is State.REJECTED
        assert "250 of 250" in change.reason
        assert it.trader.asked == ["stage", "shadow", "unstage"]
        nothing_moved(it, before)


@in_loop
async def test_too_few_decisions_are_no_agreement(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, shadow_events=251) as it:
        before = it.workspace.main
        change = await it.say(STOP)
        assert change.state is State.REJECTED
        assert "250 decisions" in change.reason
        nothing_moved(it, before)


@in_loop
async def test_a_switch_that_the_trader_refuses_leaves_refs_and_records_as_they_were(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        before = it.workspace.main
        it.trader.refuses["switch"] = "there is no warm host in the green slot"
        change = await it.say(STOP)
        assert change.state is State.FAILED
        nothing_moved(it, before)


@in_loop
async def test_when_the_refs_cannot_move_the_trader_goes_back(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        before, blue = it.workspace.main, it.trader.blue
        lock = it.workspace.git_dir / "refs/heads/main.lock"
        it.trader.before = lambda what: lock.touch() if what == "switch" else None
        change = await it.say(STOP)
        lock.unlink()
        assert change.state is State.FAILED
        assert it.trader.blue == blue
        nothing_moved(it, before)


@in_loop
async def test_of_two_that_are_confirmed_at_once_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        first, second = await asyncio.gather(it.say(STOP), it.say("take_profit 0.05"))
        assert {first.state, second.state} == {State.LIVE, State.REJECTED}
        winner, loser = (first, second) if first.state is State.LIVE else (second, first)
        assert winner.id in loser.reason
        assert it.workspace.live == winner.commit
        assert not it.workspace.refs(CANDIDATES)


@in_loop
async def test_a_proposal_that_was_overtaken_is_refused(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        overtaken = False

        def move() -> None:
            nonlocal overtaken
            overtaken = True

        async def slow(_: Any) -> bool:
            other = await it.say("take_profit 0.05")
            assert other.state is State.ACCEPTED
            move()
            return True

        from core.contracts import Utterance
        from services.commander.road.walk import walk

        change = await walk(it.deployment, Utterance(STOP, "ana", "m", 0), it.tell, slow)
        assert overtaken
        assert change.state is State.REJECTED
        assert "changed while" in change.reason


@in_loop
async def test_what_nobody_planned_ends_the_change_and_is_told(tmp_path: Path) -> None:
    def explode() -> None:
        raise ZeroDivisionError("judge")

    with rig(tmp_path, judging=explode) as it:
        before = it.workspace.main
        change = await it.say(STOP)
        assert change.state is State.FAILED
        assert "ZeroDivisionError" in change.reason
        nothing_moved(it, before)
        assert (await it.say("?")).state is State.ASK  # and the next sentence is heard


@in_loop
async def test_each_step_is_in_the_records_before_the_next_begins(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        seen = []
        assert it.trader is not None

        def look(what: str) -> None:
            seen.append((what, it.context.changes.latest(1)[0].state))

        it.trader.before = look
        await it.say(STOP)
        assert seen == [("stage", State.SHADOWING), ("shadow", State.SHADOWING), ("switch", State.SWITCHING)]


@in_loop
async def test_who_is_cancelled_while_refs_move_leaves_the_end_to_the_next_start(tmp_path: Path) -> None:
    """The git command goes on without us, so nobody knows yet how it ends: to say `failed` would be a guess."""
    with rig(tmp_path, trader=True) as it:
        moving = asyncio.Event()
        loop = asyncio.get_running_loop()
        move = it.workspace.update_refs

        def tell_and_move(moves: Any) -> None:
            if MAIN in moves:
                loop.call_soon_threadsafe(moving.set)
            move(moves)

        it.workspace.update_refs = tell_and_move  # type: ignore[method-assign] # to know when
        walking = asyncio.ensure_future(it.say(STOP))
        await moving.wait()
        walking.cancel()
        await asyncio.gather(walking, return_exceptions=True)
        assert it.context.changes.latest(1)[0].state is State.SWITCHING
    with rig(tmp_path, trader=True) as it:
        (recovered,) = it.recovered
        assert recovered.state is State.LIVE
        assert it.workspace.main == it.workspace.live == recovered.commit


@in_loop
async def test_a_work_tree_that_cannot_be_brought_along_does_not_undo_what_is_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig(tmp_path, trader=True) as it:

        def full(_workspace: Workspace, _old: str) -> list[str]:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("services.commander.road.context.show_main", full)  # a disk that is full at that moment
        change = await it.say(STOP)
        assert it.trader is not None
        assert change.state is State.LIVE
        assert it.workspace.main == it.workspace.live == change.commit
        assert it.trader.blue == it.workspace.tree(change.commit)
        assert ["No space left" in fields["text"] for kind, fields in it.told if kind == "note"] == [True]


@in_loop
async def test_nothing_is_built_on_a_commit_that_somebody_else_made(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        live = it.workspace.live
        tree = it.workspace.git("rev-parse", f"{live}^{{tree}}").strip()
        foreign = it.workspace.git("commit-tree", tree, "-p", live, "-m", "by hand").strip()
        it.workspace.update_refs({MAIN: (live, foreign)})
        change = await it.say(STOP)
        assert change.state is State.FAILED
        assert f"reset --soft {live[:12]}" in change.reason
        assert (it.workspace.main, it.workspace.live) == (foreign, live)
    with pytest.raises(SorteError, match="does not trade"), rig(tmp_path, trader=True):
        pass
    with rig(tmp_path) as it:
        assert it.workspace.live == live


@in_loop
async def test_a_change_that_another_workspace_signed_is_neither_built_on_nor_gone_back_to(tmp_path: Path) -> None:
    create(tmp_path / "theirs" / "w").close()  # with a key of its own
    with rig(tmp_path / "theirs") as theirs:
        made = (await theirs.say(STOP)).commit
        theirs.workspace.verify(made)
        objects = theirs.workspace.git_dir / "objects"
    with rig(tmp_path / "ours") as it:
        live = it.workspace.live
        shutil.copytree(objects, it.workspace.git_dir / "objects", dirs_exist_ok=True)
        with pytest.raises(SorteError):
            it.workspace.verify(made)
        it.workspace.update_refs({MAIN: (live, made)})
        change = await it.say("stop_loss 0.04")
        assert (change.state, made[:12] in (change.reason or "")) == (State.FAILED, True)
        back = await it.say("back")
        assert (back.state, made[:12] in (back.reason or "")) == (State.NONE, True)
        assert (it.workspace.main, it.workspace.live) == (made, live)
        assert it.context.changes.get(made) is None


@in_loop
async def test_when_the_refs_cannot_move_and_the_old_host_is_gone_another_is_started(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        before, blue = it.workspace.main, it.trader.blue
        lock = it.workspace.git_dir / "refs/heads/main.lock"
        it.trader.before = lambda what: lock.touch() if what == "switch" else None
        it.trader.refuses["switch_back"] = "the previous host is not warm"
        change = await it.say(STOP)
        lock.unlink()
        assert change.state is State.FAILED
        assert it.trader.asked[-3:] == ["switch_back", "stage", "switch"]
        assert it.trader.blue == blue
        nothing_moved(it, before)


@in_loop
async def test_who_goes_back_has_the_green_slot_before_who_comes(tmp_path: Path) -> None:
    """A rollback to a cold release starts a host too; a change that staged meanwhile would end it."""
    with rig(tmp_path, trader=True) as it:
        assert it.trader is not None
        async with it.deployment.moving:
            walking = asyncio.ensure_future(it.say(STOP))
            await until(lambda: it.context.changes.of_state(State.SHADOWING), "a change about to stage")
            await asyncio.sleep(0.1)
            assert it.trader.asked == []
        assert (await walking).state is State.LIVE


@in_loop
async def test_ctrl_c_with_no_trader_says_where_it_stood(tmp_path: Path) -> None:
    judging, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        judging.set()
        go_on.wait(100)

    with rig(tmp_path, judging=wait) as it:
        before = it.workspace.main
        walking = asyncio.ensure_future(it.say(STOP))
        await asyncio.to_thread(judging.wait, 60)
        walking.cancel()
        await asyncio.gather(walking, return_exceptions=True)
        ended = it.context.changes.latest(1)[0]
        assert (ended.state, "at the step judging" in ended.reason) == (State.FAILED, True)
        nothing_moved(it, before)
        began = time.monotonic()
        it.context.close()
        assert time.monotonic() - began < 50  # nobody waits for a judgement that nobody wants
        go_on.set()
