"""The workspace: made once, read from git's objects, moved by compare and swap, and nothing unsigned may trade."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from core.database import open_store, sqlite_url
from core.errors import ConfigurationError
from core.settings import Settings
from core.strategy import Source
from core.workspace import (
    LIVE,
    MAIN,
    NOBODY,
    Workspace,
    WorkspaceError,
    create,
    find,
    show_main,
    sole_commander,
    sole_keeper,
    user_name,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create(tmp_path / "w")


def stranger(workspace: Workspace, text: str = "a commit of nobody") -> str:
    tree = workspace.git("rev-parse", f"{MAIN}^{{tree}}").strip()
    return workspace.git("commit-tree", tree, "-p", workspace.main, "-m", text).strip()


def test_it_starts_from_the_shipped_strategy_which_is_main_and_live(workspace: Workspace) -> None:
    assert workspace.main == workspace.live
    source = workspace.source(workspace.live)
    assert source.tree_hash == workspace.tree(workspace.live) == Source.shipped().tree_hash
    assert source.files == Source.shipped().files
    assert workspace.git("status", "--porcelain") == ""
    assert workspace.git("fsck", "--full", "--strict") == ""


def test_making_it_again_changes_nothing(workspace: Workspace) -> None:
    refs = workspace.refs("refs/")
    with create(workspace.path) as again:
        assert again.refs("refs/") == refs


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not empty"):
        create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_somebody_elses_repository_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)  # noqa: S607 - the system's git
    with pytest.raises(ConfigurationError, match="did not make"):
        create(tmp_path)


def test_what_was_half_made_when_it_was_killed_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.workspace.Workspace.commit", die)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_the_callers_git_variables_lead_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.hooksPath'='/'")
    with create(tmp_path / "w") as made:
        assert made.main
    assert not (tmp_path / "elsewhere").exists()


def test_hooks_of_the_repository_do_not_run(workspace: Workspace) -> None:
    hooks = workspace.git_dir / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-commit", "pre-commit", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {workspace.path}/ran-$0\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    commit = stranger(workspace)
    workspace.update_refs({MAIN: (workspace.main, commit)})
    show_main(workspace, workspace.live)
    assert not list(workspace.path.glob("ran*"))


def test_the_source_is_that_of_the_object_and_not_of_the_file_somebody_touched(workspace: Workspace) -> None:
    (workspace.path / "strategy/rules.py").write_text("evil = True\n", encoding="utf-8")
    assert b"evil" not in workspace.source(workspace.main).files["rules.py"]


def test_refs_move_together_or_not_at_all(workspace: Workspace) -> None:
    main, commit = workspace.main, stranger(workspace)
    with pytest.raises(WorkspaceError):
        workspace.update_refs({MAIN: (main, commit), LIVE: (commit, main)})
    assert (workspace.main, workspace.live) == (main, main)
    workspace.update_refs({MAIN: (main, commit), LIVE: (main, commit)})
    assert (workspace.main, workspace.live) == (commit, commit)


def test_a_diff_is_one_that_git_applies(workspace: Workspace) -> None:
    """GitPython takes the last newline off what git prints, without which a patch is corrupt."""
    rules = workspace.path / "strategy/rules.py"
    before = rules.read_text(encoding="utf-8")
    rules.write_text(f"{before}# at the very end\n", encoding="utf-8")
    workspace.git("add", "strategy")
    said = workspace.diff(workspace.main, workspace.commit(workspace.git("write-tree"), workspace.main, "longer"))
    rules.write_text(before, encoding="utf-8")
    assert said.endswith("\n+# at the very end\n")
    subprocess.run(["git", "apply", "--check", "-"], cwd=workspace.path, input=said.encode(), check=True)  # noqa: S607


@pytest.mark.parametrize("word", ["--output=x", "HEAD", "main; touch x", "", "a" * 39, "g" * 40, "--"])
def test_only_a_hash_becomes_a_word_of_a_command(workspace: Workspace, word: str) -> None:
    for ask in (workspace.tree, workspace.source, workspace.verify):
        with pytest.raises(WorkspaceError, match="no commit hash"):
            ask(word)
    with pytest.raises(WorkspaceError):
        workspace.update_refs({MAIN: (workspace.main, word)})
    if word != "HEAD":
        with pytest.raises(WorkspaceError, match="There is no commit"):
            workspace.resolve(word)


def test_a_link_in_a_strategy_is_refused(workspace: Workspace) -> None:
    blob = workspace.git("rev-parse", f"{MAIN}:strategy/rules.py").strip()
    index = {"GIT_INDEX_FILE": str(workspace.git_dir / "other")}
    workspace.git("read-tree", MAIN, env=index)
    workspace.git("update-index", "--add", "--cacheinfo", f"120000,{blob},strategy/link.py", env=index)
    tree = workspace.git("write-tree", env=index).strip()
    with pytest.raises(WorkspaceError, match="no ordinary file"):
        workspace.source(workspace.commit(tree, workspace.main, "a link"))


def test_what_the_workspace_signed_is_verified_and_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    workspace.verify(workspace.main)
    tree = workspace.git("rev-parse", f"{MAIN}^{{tree}}").strip()
    workspace.verify(workspace.commit(tree, workspace.main, "ours"))
    with pytest.raises(WorkspaceError, match="does not trade"):
        workspace.verify(stranger(workspace))
    with create(tmp_path / "other") as other:
        forged = workspace.git(*other.signing.git_options, "commit-tree", "-S", tree, "-m", "another's key").strip()
    with pytest.raises(WorkspaceError, match="does not trade"):
        workspace.verify(forged)
    raw = workspace.git("cat-file", "commit", workspace.main)
    amended = tmp_path / "amended"
    amended.write_text(raw.replace("Start from", "Start after") + "\n", encoding="utf-8")
    changed = workspace.git("hash-object", "-t", "commit", "-w", str(amended)).strip()
    with pytest.raises(WorkspaceError, match="does not trade"):
        workspace.verify(changed)


def test_a_replaced_object_fools_nobody(workspace: Workspace) -> None:
    commit = stranger(workspace)
    workspace.git("replace", commit, workspace.main)
    with pytest.raises(WorkspaceError, match="does not trade"):
        workspace.verify(commit)


def test_the_key_is_for_its_owner_only(workspace: Workspace) -> None:
    assert (workspace.git_dir / "sorte" / "key").stat().st_mode & 0o077 == 0


def test_one_commander_at_a_time(workspace: Workspace) -> None:
    with sole_commander(workspace), pytest.raises(ConfigurationError, match="Another"), sole_commander(workspace):
        pass
    with sole_commander(workspace):
        pass


def test_files_that_the_owner_edited_are_not_overwritten(workspace: Workspace) -> None:
    base = workspace.main
    (workspace.path / "strategy/rules.py").write_text("mine", encoding="utf-8")
    index = {"GIT_INDEX_FILE": str(workspace.git_dir / "other")}
    workspace.git("read-tree", MAIN, env=index)
    workspace.git("update-index", "--force-remove", "strategy/rules.py", env=index)
    commit = workspace.commit(workspace.git("write-tree", env=index).strip(), base, "without rules")
    workspace.update_refs({MAIN: (base, commit)})
    assert show_main(workspace, base) == ["strategy/rules.py"]
    assert (workspace.path / "strategy/rules.py").read_text(encoding="utf-8") == "mine"


def test_it_is_found_where_we_are_or_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.model_construct(workspace=None)
    monkeypatch.chdir(tmp_path)
    assert find(settings) is None
    create(tmp_path / "workspace").close()
    assert find(settings) == Path("workspace")
    os.chdir("workspace")
    assert find(settings) == Path()
    assert find(Settings.model_construct(workspace=Path("/given"))) == Path("/given")


def test_nobody_is_the_old_value_of_a_new_ref(workspace: Workspace) -> None:
    workspace.update_refs({"refs/sorte/candidates/x": (NOBODY, workspace.main)})
    with pytest.raises(WorkspaceError):
        workspace.update_refs({"refs/sorte/candidates/x": (NOBODY, workspace.main)})
    workspace.update_refs({"refs/sorte/candidates/x": (workspace.main, NOBODY)})
    assert workspace.refs("refs/sorte/candidates/") == {}


def test_an_empty_folder_becomes_the_workspace_and_stays_the_folder_that_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody stands in it, or it is where a disk is mounted: neither may be renamed away."""
    (tmp_path / "w").mkdir()
    before = (tmp_path / "w").stat().st_ino
    monkeypatch.chdir(tmp_path / "w")
    with create(Path()) as made:
        assert made.path == tmp_path / "w"
        assert made.git("status", "--porcelain") == ""
    assert (tmp_path / "w").stat().st_ino == before
    assert sorted(path.name for path in Path.cwd().iterdir()) == [".git", ".gitignore", "strategy"]
    (tmp_path / "link").symlink_to(tmp_path / "w2")
    (tmp_path / "w2").mkdir()
    with create(tmp_path / "link") as linked:
        assert linked.path == tmp_path / "w2"


def test_a_file_and_a_work_tree_of_another_repository_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is no folder"):
        create(tmp_path / "file")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text("gitdir: /elsewhere", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="Give another folder"):
        create(tmp_path / "tree")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "tree"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away; CI runs it as root")
def test_a_workspace_of_another_user_is_refused_by_its_name(workspace: Workspace) -> None:
    for path in (workspace.path, workspace.git_dir):
        os.chown(path, 65534, 65534)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        Workspace(workspace.path)


def test_the_users_own_git_settings_and_a_repository_around_it_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    for name in ("reference-transaction", "post-commit", "pre-commit", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {home}/ran\nexit 1\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\nhooksPath = {hooks}\nautocrlf = true\neol = crlf\nbare = true\n[commit]\ngpgsign = true\n"
        "[gpg]\nprogram = /bin/false\nformat = openpgp\n[init]\ndefaultBranch = other\ndefaultObjectFormat = sha256\n"
        "[safe]\ndirectory =\n"
        "[user]\nuseConfigOnly = true\n[feature]\nmanyFiles = true\n[diff]\nexternal = /bin/false\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_INDEX_FILE", str(home / "index"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    around = tmp_path / "around"
    subprocess.run(["git", "init", "-q", str(around)], check=True, env={"PATH": os.environ["PATH"]})  # noqa: S607 - the system's git
    with create(around / "deep" / "w") as made:
        base = made.main
        tree = made.git("rev-parse", f"{base}^{{tree}}").strip()
        commit = made.commit(tree, base, "ours")
        made.update_refs({MAIN: (base, commit), LIVE: (base, commit)})
        made.verify(commit)
        assert show_main(made, base) == []
        assert made.source(commit).files == Source.shipped().files
        assert made.diff(base, commit) == ""
        assert made.git("status", "--porcelain") == ""
        made.git("pack-refs", "--all")
        made.update_refs({LIVE: (commit, base)})
        assert (made.main, made.live) == (commit, base)
    assert not (home / "ran").exists()
    assert not (home / "index").exists()


@pytest.mark.parametrize("place", ["mine", "--detach"])
def test_an_owner_who_looks_at_something_else_than_main_keeps_his_files_and_his_index(
    workspace: Workspace, place: str
) -> None:
    base = workspace.main
    workspace.git("checkout", "--quiet", *(["--detach"] if place == "--detach" else ["-b", place]))
    rules = workspace.path / "strategy/rules.py"
    rules.write_text(rules.read_text(encoding="utf-8") + "# staged\n", encoding="utf-8")
    workspace.git("add", "strategy/rules.py")
    rules.write_text(rules.read_text(encoding="utf-8") + "# not staged\n", encoding="utf-8")
    index = {"GIT_INDEX_FILE": str(workspace.git_dir / "other")}
    workspace.git("read-tree", MAIN, env=index)
    workspace.git("update-index", "--force-remove", "strategy/tests/test_rules.py", env=index)
    workspace.git("update-index", "--force-remove", "strategy/state.py", env=index)
    commit = workspace.commit(workspace.git("write-tree", env=index).strip(), base, "without state")
    workspace.update_refs({MAIN: (base, commit)})
    before = workspace.git("status", "--porcelain")
    assert before == "MM strategy/rules.py"
    assert show_main(workspace, base) == []
    assert workspace.git("status", "--porcelain") == before
    assert (workspace.path / "strategy/state.py").exists()


def test_one_keeper_of_records_at_a_time(tmp_path: Path) -> None:
    with sole_keeper(tmp_path), pytest.raises(ConfigurationError, match="keeps its records"), sole_keeper(tmp_path):
        pass
    with sole_keeper(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_a_user_without_a_name_is_called_by_his_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert user_name() == f"uid {os.getuid()}"


@pytest.mark.parametrize(
    "name", ["c%20d", "a$HOME", "$nope", "${HOME}", "~", "~root", "é ç'\"", "a;b&c?d#e@f:g", "-x", "a\nb"]
)
def test_a_folders_name_is_a_name(name: str, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    folder = tmp_path / name
    with create(folder) as made:
        assert made.path == folder.resolve()
        assert made.source(made.live) == Source.shipped()
        made.verify(made.main)
    data = folder / "data"
    data.mkdir()
    engine = open_store(sqlite_url(data / "sorte.sqlite"))
    engine.dispose()
    assert (data / "sorte.sqlite").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
    assert not [warning for warning in recwarn if "git" in str(warning.filename)]
