"""The strategy's own tests travel with it: they pass wherever it was copied to and whatever its owner tuned in it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.nested import ROOT, run_pytest


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def nothing(_folder: Path) -> None:
    """The copy as it is."""


def other_parameters(folder: Path) -> None:
    """The owner raised the stop and slowed the average."""
    replaced(folder / "parameters.py", '"of entry price")] = 0.02', '"of entry price")] = 0.05')
    replaced(folder / "parameters.py", 'Range(3, 400, "bars")] = 26', 'Range(3, 400, "bars")] = 60')


def fewer_rules(folder: Path) -> None:
    """The owner disabled two rules."""
    replaced(folder / "rules.py", "        min_hold(f),\n", "")
    replaced(folder / "rules.py", "        stop_loss(f),\n", "")


def one_more_rule(folder: Path) -> None:
    """The owner buys no more unless a bar had volume."""
    replaced(folder / "rules.py", "        cooldown(f),\n", "        cooldown(f),\n        volume_only(f),\n")
    with (folder / "rules.py").open("a") as file:
        file.write(
            "\n\n@kernel\ndef volume_only(f: Features) -> int:\n"
            '    """Do not buy without volume."""\n'
            "    return FORBID_ENTRY if f.volume < 1e9 else ALLOW\n"
        )


def a_misspelt_exit(folder: Path) -> None:
    """A stop that looks the wrong way."""
    replaced(folder / "rules.py", "f.profit <= -P.stop_loss", "f.profit >= -P.stop_loss")


def a_lost_abstention(folder: Path) -> None:
    """A book that never grows stale."""
    replaced(
        folder / "signals.py",
        "if s.book_ns == 0 or event[0].time_ns - s.book_ns > STALE_SECONDS * 1e9:",
        "if s.book_ns == 0:",
    )


def run_tests_of(folder: Path) -> subprocess.CompletedProcess[str]:
    return run_pytest(folder, "--import-mode=importlib", "tests", scratch=folder.parent)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(nothing, marks=pytest.mark.long, id="nothing"),  # as with other parameters, but for these
        pytest.param(other_parameters, id="other_parameters"),
        pytest.param(fewer_rules, marks=pytest.mark.long, id="fewer_rules"),
        pytest.param(one_more_rule, id="one_more_rule"),
    ],
)
def test_they_pass_in_a_copy_of_another_name_with(edit, tmp_path):
    copy = tmp_path / "candidate-7"
    shutil.copytree(ROOT / "strategy", copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    edit(copy)
    done = run_tests_of(copy)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 90


@pytest.mark.parametrize("edit", [a_misspelt_exit, a_lost_abstention], ids=lambda edit: edit.__name__)
def test_they_fail_for(edit, tmp_path):
    copy = tmp_path / "candidate-7"
    shutil.copytree(ROOT / "strategy", copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    edit(copy)
    done = run_tests_of(copy)
    assert done.returncode == 1, done.stdout[-3000:]
