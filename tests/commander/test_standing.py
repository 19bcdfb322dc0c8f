"""`status` and `run` say the same of a workspace that somebody has worked on by hand, and both how to go on."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import SorteError
from core.settings import Settings
from services.commander.desk import showing
from services.commander.opening import open_commander
from services.gateway.console.shown import Shown
from tests.commander.rig import Rig, rig

IDENTITY = ("-c", "user.name=Me", "-c", "user.email=me@example.org")


def git(it: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(it), *IDENTITY, *words],  # noqa: S607 - the git of this machine
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"},
    ).stdout


def edited(it: Path) -> None:
    (it / "strategy" / "rules.py").write_text("# by hand\n")


def committed(it: Path) -> None:
    edited(it)
    git(it, "commit", "-qam", "by hand")


def signed_by_another(it: Path) -> None:
    edited(it)
    key = it.parent / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)  # noqa: S607 - as above
    git(it, "-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit", "-qaS", "-m", "signed by hand")


def two_commits(it: Path) -> None:
    committed(it)
    (it / "strategy" / "decide.py").write_text("# by hand\n")
    git(it, "commit", "-qam", "and again")


def committed_elsewhere(it: Path) -> None:
    git(it, "checkout", "-q", "-b", "mine")
    committed(it)
    git(it, "branch", "-f", "main", "mine")


def no_main(it: Path) -> None:
    git(it, "checkout", "-q", "--detach")
    git(it, "branch", "-D", "main")


def renamed(it: Path) -> None:
    git(it, "branch", "-m", "main", "master")


def another_key(it: Path) -> None:
    for name in ("key", "allowed_signers"):
        (it / ".git" / "sorte" / name).unlink()


REFUSED: dict[str, Callable[[Path], None]] = {
    "a commit by hand": committed,
    "two of them": two_commits,
    "a signature of another key": signed_by_another,
    "main moved to a branch of the owner's": committed_elsewhere,
    "no main": no_main,
    "main renamed": renamed,
    "the workspace's key gone": another_key,
}
STARTS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda it: it,
    "files edited": edited,
    "a file that is new": lambda it: (it / "strategy" / "mine.py").write_text(""),
    "a head on no branch": lambda it: git(it, "checkout", "-q", "--detach"),
    "a branch of the owner's": lambda it: git(it, "checkout", "-q", "-b", "mine"),
    "a ref of live that is gone": lambda it: git(it, "update-ref", "-d", "refs/sorte/live"),
}


def run_says(folder: Path) -> str:
    """What keeps `sorte run` from starting; empty when nothing does. It opens the workspace as a run does."""
    settings = Settings.model_construct(data_dir=folder / "data")
    try:
        with open_commander(folder / "w", settings, lambda _, **__: None, trades=True) as (context, _):
            context.program(context.workspace.main)
            context.close()
    except SorteError as error:
        return str(error)
    return ""


def status_says(it: Rig, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The refusal of a status, and all that a person reads."""
    from rich.console import Console

    line = asyncio.run(showing.status(it.deployment))
    refused = line.refused
    capsys.readouterr()
    Shown(Console(soft_wrap=True)).show(line)
    return (f"{refused.message} {refused.hint}" if refused is not None else ""), capsys.readouterr().out


@pytest.mark.parametrize("by_hand", REFUSED)
def test_what_run_refuses_status_calls_refused_in_the_same_words(
    by_hand: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rig(tmp_path) as it:
        REFUSED[by_hand](tmp_path / "w")
        refused, read = status_says(it, capsys)
    assert refused == run_says(tmp_path) != ""
    assert "does not start" in read
    assert "trades from the next" not in read
    assert refused.partition(". ")[0] in read


@pytest.mark.parametrize("by_hand", STARTS)
def test_what_starts_is_not_called_refused(by_hand: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with rig(tmp_path) as it:
        STARTS[by_hand](tmp_path / "w")
        refused, read = status_says(it, capsys)
    assert refused == run_says(tmp_path) == ""
    assert "does not start" not in read


@pytest.mark.parametrize("by_hand", [name for name in REFUSED if "key gone" not in name])
def test_the_way_out_that_is_named_works(by_hand: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with rig(tmp_path) as it:
        REFUSED[by_hand](tmp_path / "w")
        refused, _ = status_says(it, capsys)
    for command in refused.rpartition(": ")[2].split(", then "):
        words = command.split()
        assert words[:2] == ["git", "-C"]
        git(Path(words[2]), *words[3:])
    assert run_says(tmp_path) == ""
