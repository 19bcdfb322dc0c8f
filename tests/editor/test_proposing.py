"""A plan becomes a commit that only its own ref holds; and whatever happens, nothing else is left behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from core.contracts import Condition, DisableRule, EditPlan, Language, RemoveRule, SetParameter
from core.contracts.plan import AddRule
from core.workspace import CANDIDATES, Workspace, WorkspaceError
from core.workspace.leftovers import sweep
from services.editor import EditRefused, propose

STOP = EditPlan((SetParameter("stop_loss", value=0.03, was=0.02),))
VOLUME = Condition(feature="volume", op=">", other="volume_average")


def proposed(workspace: Workspace, plan: EditPlan = STOP, change: str = "7", base: str = "") -> Any:
    return propose(workspace, plan, change=change, base=base or workspace.live, language=Language.EN)


def leftovers(workspace: Workspace) -> list[str]:
    """Work trees, locks and temporary files in the git folder, whatever made them."""
    inside = [path.relative_to(workspace.git_dir).as_posix() for path in workspace.git_dir.rglob("*")]
    return [
        name
        for name in inside
        if name.startswith(("worktrees/", "sorte/worktrees/"))
        or (name.endswith(".lock") and name != "sorte.lock")
        or "tmp_obj" in name
    ]


def owners_files(workspace: Workspace) -> dict[str, bytes]:
    files = (path for path in workspace.path.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(workspace.path).as_posix(): path.read_bytes() for path in files}


def test_the_owners_files_main_and_live_stay_as_they_are(workspace):
    before = (owners_files(workspace), workspace.main, workspace.live, workspace.git("status", "--porcelain"))
    proposed(workspace)
    after = (owners_files(workspace), workspace.main, workspace.live, workspace.git("status", "--porcelain"))
    assert after == before


def test_the_candidate_is_a_commit_on_its_base_held_by_its_own_ref(workspace):
    candidate = proposed(workspace)
    assert workspace.refs(CANDIDATES) == {f"{CANDIDATES}7": candidate.commit}
    assert workspace.resolve(f"{candidate.commit}^") == candidate.base == workspace.live
    assert candidate.base_tree == workspace.source(candidate.base).tree_hash
    assert candidate.tree == workspace.source(candidate.commit).tree_hash == workspace.tree(candidate.commit)
    assert candidate.tests == ("tests/test_change_7.py::test_parameter_stop_loss_is_as_set",)
    assert b'"of entry price")] = 0.03\n' in workspace.source(candidate.commit).files["parameters.py"]


def test_the_diff_is_one_line_and_its_test(workspace):
    candidate = proposed(workspace)
    changed = [line for line in candidate.diff.splitlines() if line.startswith(("-", "+"))]
    assert changed[:4] == [
        "--- a/strategy/parameters.py",
        "+++ b/strategy/parameters.py",
        '-    stop_loss: Annotated[float, Range(0.001, 0.5, "of entry price")] = 0.02',
        '+    stop_loss: Annotated[float, Range(0.001, 0.5, "of entry price")] = 0.03',
    ]
    assert changed[4:6] == ["--- /dev/null", "+++ b/strategy/tests/test_change_7.py"]
    assert not [line for line in changed[6:] if line.startswith("-")]


def test_the_message_says_what_changes_and_for_which_change(workspace):
    candidate = proposed(workspace)
    message = workspace.git("show", "--no-patch", "--format=%B", candidate.commit)
    assert message.strip() == "Set stop_loss to 0.03 (was 0.02)\n\nSorte-Change: 7"


def test_a_change_builds_on_another_ones_commit_and_deletes_the_test_that_it_makes_untrue(workspace):
    first = proposed(workspace)
    second = proposed(
        workspace, EditPlan((SetParameter("stop_loss", value=0.05, was=0.03),)), change="8", base=first.commit
    )
    files = workspace.source(second.commit).files
    assert "tests/test_change_7.py" not in files
    assert b"Now 0.05; before, 0.03 (change 7), 0.02." in files["tests/test_change_8.py"]
    assert "rename from strategy/tests/test_change_7.py\nrename to strategy/tests/test_change_8.py" in second.diff


@pytest.mark.parametrize("language", list(Language))
def test_a_refusal_leaves_nothing_and_speaks_the_owners_language(workspace, language):
    objects = sorted((workspace.git_dir / "objects").rglob("*"))
    with pytest.raises(EditRefused) as told:
        propose(workspace, EditPlan((RemoveRule("x"),)), change="7", base=workspace.live, language=language)
    assert told.value.message == {"en": "There is no rule x.", "pt": "Não existe a regra x."}[language]
    assert leftovers(workspace) == []
    assert workspace.refs(CANDIDATES) == {}
    assert sorted((workspace.git_dir / "objects").rglob("*")) == objects


def test_a_change_has_one_candidate(workspace):
    first = proposed(workspace)
    with pytest.raises(WorkspaceError):
        proposed(workspace, EditPlan((DisableRule("cooldown"),)))
    assert workspace.refs(CANDIDATES) == {f"{CANDIDATES}7": first.commit}
    assert leftovers(workspace) == []


def test_a_hook_in_the_workspace_is_never_run(workspace, tmp_path):
    ran = tmp_path / "ran"
    for hook in ("pre-commit", "commit-msg", "post-commit", "post-checkout", "reference-transaction"):
        file = workspace.git_dir / "hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\necho {hook} >> {ran}\n", encoding="utf-8")
        file.chmod(0o755)
    proposed(workspace)
    assert not ran.exists()


def test_two_candidates_at_once_do_not_meet(workspace):
    plans = {
        "7": STOP,
        "8": EditPlan((DisableRule("cooldown"),)),
        "9": EditPlan((AddRule(side="entry", effect="require", when=VOLUME, name="volume_only"),)),
    }
    base, path = workspace.live, workspace.path
    start = threading.Barrier(len(plans))
    done: dict[str, Any] = {}

    def work(change: str) -> None:
        with Workspace(path) as own:
            start.wait()
            done[change] = proposed(own, plans[change], change, base)

    threads = [threading.Thread(target=work, args=(change,)) for change in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workspace.refs(CANDIDATES) == {f"{CANDIDATES}{change}": done[change].commit for change in plans}
    for change, file in (("7", "parameters.py"), ("8", "rules.py"), ("9", "rules.py")):
        named = workspace.git("diff", "--name-only", base, done[change].commit).split()
        assert named == [f"strategy/{file}", f"strategy/tests/test_change_{change}.py"]
    assert leftovers(workspace) == []


# Death in the middle --------------------------------------------------------------------------------------------------


class Mortal(Workspace):
    """A workspace whose process is killed before, or just after, its nth git command."""

    commands = 0
    fatal = -1
    after = False

    def git(self, *words: str, **options: Any) -> str:
        Mortal.commands += 1
        fatal = Mortal.commands == self.fatal
        if fatal and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        told = super().git(*words, **options)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return told


def propose_and_die(path: Path, base: str, fatal: int, after: bool) -> None:
    Mortal.commands, Mortal.fatal, Mortal.after = 0, fatal, after
    proposed(Mortal(path), base=base)


def test_a_kill_at_any_git_command_leaves_nothing_after_a_sweep(workspace):
    base = workspace.live
    context = multiprocessing.get_context("fork")
    before = owners_files(workspace)
    deaths = 0
    for fatal in range(1, 20):
        for after in (False, True):
            child = context.Process(target=propose_and_die, args=(workspace.path, base, fatal, after))
            child.start()
            child.join()
            sweep(workspace, keep=set())
            assert leftovers(workspace) == [], (fatal, after)
            assert workspace.refs(CANDIDATES) == {}
            if child.exitcode == 0:  # there is no such command any more: it lived
                break
            assert child.exitcode == -signal.SIGKILL
            deaths += 1
        if child.exitcode == 0:
            break
    assert deaths >= 12
    assert (owners_files(workspace), workspace.live, workspace.main) == (before, base, base)
    workspace.git("fsck", "--full", "--strict")
    assert proposed(workspace).base == base


def test_a_kill_of_git_itself_leaves_nothing_after_a_sweep(workspace):
    base = workspace.live
    context = multiprocessing.get_context("fork")
    for delay_ms in (15, 30, 45, 60, 80, 100):
        child = context.Process(target=grouped, args=(workspace.path, base))
        child.start()
        assert child.pid is not None
        with contextlib.suppress(PermissionError, ProcessLookupError):  # it has come first, or has ended
            os.setpgid(child.pid, child.pid)  # here too: on a busy machine it may not have run at all yet
        child.join(delay_ms / 1000)
        if child.is_alive():
            os.killpg(child.pid, signal.SIGKILL)
        child.join()
        sweep(workspace, keep=set())
        assert leftovers(workspace) == []
        assert workspace.refs(CANDIDATES) == {}
    workspace.git("fsck", "--full", "--strict")
    assert proposed(workspace).base == base


def grouped(path: Path, base: str) -> None:
    os.setpgid(0, 0)
    proposed(Workspace(path), base=base)


# Sweeping -------------------------------------------------------------------------------------------------------------


def test_sweep_keeps_the_candidates_that_it_is_told_to(workspace):
    kept = proposed(workspace, change="7")
    proposed(workspace, change="8")
    sweep(workspace, keep={"7", "99"})
    assert workspace.refs(CANDIDATES) == {f"{CANDIDATES}7": kept.commit}
    assert workspace.source(kept.commit).tree_hash == kept.tree


def test_sweep_leaves_the_lock_of_the_commander_and_work_trees_of_the_owner(workspace, tmp_path):
    (workspace.git_dir / "sorte.lock").touch()
    (workspace.git_dir / "index.lock").touch()
    (workspace.git_dir / "objects" / "tmp_obj_x1").touch()
    workspace.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "mine"), workspace.live)
    sweep(workspace, keep=set())
    assert (workspace.git_dir / "sorte.lock").exists()
    assert not (workspace.git_dir / "index.lock").exists()
    assert not (workspace.git_dir / "objects" / "tmp_obj_x1").exists()
    assert str(tmp_path / "mine") in workspace.git("worktree", "list")


def test_sweep_leaves_a_lock_that_somebody_holds(workspace):
    lock = workspace.git_dir / "index.lock"
    with lock.open("w"):
        sweep(workspace, keep=set())
        assert lock.exists()
    sweep(workspace, keep=set())
    assert not lock.exists()


def test_sweep_of_a_tidy_workspace_changes_nothing(workspace):
    before = sorted(path for path in workspace.git_dir.rglob("*"))
    sweep(workspace, keep=set())
    assert sorted(path for path in workspace.git_dir.rglob("*")) == before
