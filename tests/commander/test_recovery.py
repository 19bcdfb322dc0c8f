"""After a start every change has ended, once, and refs and records tell one story, wherever the last run was cut."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from core.contracts import Change, Language, State
from core.workspace import LIVE, MAIN
from services.commander.road import commits
from services.commander.texts import say
from tests.commander.rig import rig
from tests.simulator.client import in_loop


async def cut_at(folder: Path, state: State) -> Change:
    """A workspace whose change stands in `state`, with nothing of what comes after it done."""
    with rig(folder, trader=True) as it:
        base = it.workspace.live
        change = await it.say("stop_loss 0.03")
        commit = change.commit
        if state is not State.LIVE:
            it.workspace.update_refs(dict.fromkeys((MAIN, LIVE), (commit, base)))
        kept = list(change.steps)
        while kept and kept[-1].state is not state:
            kept.pop()
        cut = msgspec.structs.replace(change, state=state, steps=tuple(kept), watch="", reason="")
        return it.context.changes.save(cut)


@pytest.mark.parametrize(
    "state", [State.RECEIVED, State.PLANNED, State.PROPOSED, State.JUDGING, State.COMMITTED, State.SHADOWING]
)
def test_before_the_switch_it_is_taken_back_and_the_owner_is_told_where_it_stood(state: State, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        cut = await cut_at(tmp_path, state)
        with rig(tmp_path, trader=True) as it:
            assert [(c.id, c.state) for c in it.recovered] == [(cut.id, State.FAILED)]
            assert f"at the step {state}" in it.recovered[0].reason
            assert it.parameter("stop_loss") == 0.02
            assert it.workspace.main == it.workspace.live
        with rig(tmp_path, trader=True) as it:
            assert it.recovered == []  # once

    scene()


@in_loop
async def test_what_was_cut_before_it_was_understood_ends_in_the_language_that_it_was_asked_in(tmp_path: Path) -> None:
    cut = await cut_at(tmp_path, State.RECEIVED)
    said = msgspec.structs.replace(cut.utterance, language=Language.PT)
    with rig(tmp_path, trader=True) as it:
        it.context.changes.save(msgspec.structs.replace(cut, utterance=said, interpretation=None))
    with rig(tmp_path, trader=True) as it:
        wanted = say("interrupted", Language.PT, state=State.RECEIVED)
        assert [change.reason for change in it.recovered] == [wanted]


@pytest.mark.parametrize("moved", [(), (MAIN,), (LIVE,), (MAIN, LIVE)])
def test_from_the_switch_on_it_is_finished_whatever_had_moved(moved: tuple[str, ...], tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        cut = await cut_at(tmp_path, State.SWITCHING)
        with rig(tmp_path, trader=True) as it:
            base = it.workspace.live
        with rig(tmp_path, trader=True) as it:  # the first start finished it; cut it there again
            it.context.changes.save(cut)
            now = {MAIN: it.workspace.main, LIVE: it.workspace.live}
            wanted = {ref: cut.commit if ref in moved else commits.before(it.workspace, cut.commit) for ref in now}
            it.workspace.update_refs({ref: (now[ref], new or base) for ref, new in wanted.items() if now[ref] != new})
        with rig(tmp_path, trader=True) as it:
            assert [(c.id, c.state, c.watch) for c in it.recovered] == [(cut.id, State.LIVE, "running")]
            assert it.workspace.main == it.workspace.live == cut.commit
            assert it.parameter("stop_loss") == 0.03

    scene()


@pytest.mark.parametrize("committed", [False, True])
def test_a_return_that_was_begun_is_finished_with_one_commit(committed: bool, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True) as it:
            base = it.workspace.live
            change = await it.say("stop_loss 0.03")
            leaving = msgspec.structs.replace(change, state=State.ROLLING_BACK, target=base)
            it.context.changes.save(leaving)
            if committed:
                made = commits.commit_return(it.workspace, leaving, change.commit, base)
                it.workspace.update_refs({MAIN: (change.commit, made)})
        with rig(tmp_path, trader=True) as it:
            assert [(c.id, c.state) for c in it.recovered] == [(change.id, State.ROLLED_BACK)]
            assert it.workspace.main == it.workspace.live
            assert it.workspace.tree(it.workspace.live) == it.workspace.tree(base)
            assert it.workspace.git("rev-list", "--count", f"{change.commit}..{MAIN}").strip() == "1"

    scene()


@in_loop
async def test_a_manual_rollback_that_was_cut_also_marks_what_it_undid(tmp_path: Path) -> None:
    from tests.commander.test_returning import back

    with rig(tmp_path, trader=True) as it:
        change = await it.say("stop_loss 0.03")
        returned = await back(it)
        it.context.changes.save(msgspec.structs.replace(returned, state=State.ROLLING_BACK, commit=""))
        it.context.changes.save(change)
    with rig(tmp_path, trader=True) as it:
        assert {c.state for c in it.context.changes.latest(9)} == {State.ROLLED_BACK}
        assert it.workspace.main == it.workspace.live == returned.commit


@in_loop
async def test_accepted_on_main_but_not_yet_said_so_is_accepted(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        change = await it.say("stop_loss 0.03")
        it.context.changes.save(msgspec.structs.replace(change, state=State.COMMITTED, steps=change.steps[:-1]))
    with rig(tmp_path) as it:
        assert [c.state for c in it.recovered] == [State.ACCEPTED]
        assert it.workspace.main == change.commit


@in_loop
async def test_files_of_the_owner_are_brought_to_main(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        base = it.workspace.main
        change = await it.say("stop_loss 0.03")
        it.workspace.git("read-tree", "-m", "-u", change.commit, base)  # as if cut between ref and files
        assert it.workspace.git("status", "--porcelain") != ""
    with rig(tmp_path) as it:
        assert it.workspace.git("status", "--porcelain") == ""
        assert "= 0.03" in (it.workspace.path / "strategy/parameters.py").read_text(encoding="utf-8")


@in_loop
async def test_what_was_live_unwritten_does_not_take_the_place_of_what_followed(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        first = await it.say("stop_loss 0.03")
        second = await it.say("stop_loss 0.04")
        it.context.changes.save(msgspec.structs.replace(first, state=State.SWITCHING, steps=first.steps[:-1], watch=""))
    with rig(tmp_path, trader=True) as it:
        assert [(c.id, c.state, c.watch) for c in it.recovered] == [(first.id, State.LIVE, "superseded")]
        assert it.workspace.main == it.workspace.live == second.commit


@in_loop
async def test_a_return_that_was_cut_is_told_with_its_own_reason(tmp_path: Path) -> None:
    from tests.commander.test_returning import back

    with rig(tmp_path, trader=True) as it:
        await it.say("stop_loss 0.03")
        returned = await back(it)
        cut = msgspec.structs.replace(returned, state=State.ROLLING_BACK, steps=returned.steps[:-1], commit="")
        it.context.changes.save(cut)
    with rig(tmp_path, trader=True) as it:
        assert [c.reason for c in it.recovered] == [returned.reason]


@in_loop
async def test_half_a_release_that_was_laid_out_goes_and_so_does_what_git_left(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True) as it:
        half = it.context.settings.data_dir / "releases" / ".half"
        half.mkdir(parents=True)
        (half / "rules.py").touch()
        left = it.workspace.git_dir / "sorte" / "tmp" / ".git_signing_buffer_tmpX"
        left.touch()
    with rig(tmp_path, trader=True):
        assert not half.exists()
        assert not left.exists()


@in_loop
async def test_of_watches_that_were_cut_short_only_the_newest_goes_on(tmp_path: Path) -> None:
    """`live (running)` is for nobody for ever: what followed it is what trades."""
    with rig(tmp_path, trader=True) as it:
        first, second = await it.say("stop_loss 0.03"), await it.say("stop_loss 0.04")
        assert (first.watch, second.watch) == ("running", "running")
    with rig(tmp_path, trader=True) as it:
        known = [it.context.changes.get(change.id) for change in (first, second)]
        assert [(each.state, each.watch) for each in known if each is not None] == [
            (State.LIVE, "superseded"),
            (State.LIVE, "running"),
        ]
