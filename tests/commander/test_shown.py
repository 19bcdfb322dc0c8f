"""What a person reads of the steps, on a terminal and in a file."""

from __future__ import annotations

import contextlib
import io
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from core.contracts import Change, EditPlan, Interpretation, Language, SetParameter, State, Status, Utterance
from core.contracts.answers import Answer, ChangeEnded, DiffShown
from core.contracts.told import Committed, Note, Step, Understood, kind_of
from services.commander.desk.showing import outcome
from services.gateway.console.shown import Shown, printer

LONG = "This reason is much longer than the eighty columns that a terminal without a size is thought to have, you see."
DIFF = f"""\
diff --git a/strategy/notes.py b/strategy/notes.py
--- a/strategy/notes.py
+++ b/strategy/notes.py
@@ -1 +1,2 @@
 # {"one line of a file that is not short, " * 3}
+# [red]no markup[/] \t and a tab, {"which nobody turns into blanks, " * 3}
"""


def ended(change: str, state: State, reason: str) -> ChangeEnded:
    return outcome(Change(change, Utterance("", "ana", "m", 0), state=state, reason=reason))


def test_a_diff_in_a_file_is_one_that_git_applies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printer(as_json=False)(DiffShown(id="1234", diff=DIFF))
    said = capsys.readouterr().out
    assert said == DIFF
    (tmp_path / "strategy").mkdir()
    (tmp_path / "strategy" / "notes.py").write_text(DIFF.splitlines()[4][1:] + "\n", encoding="utf-8")
    subprocess.run(["git", "apply", "--check", "-"], cwd=tmp_path, input=said.encode(), check=True)  # noqa: S607


def test_a_line_in_a_file_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    printer(as_json=False)(ended("1234", State.REJECTED, LONG))
    assert capsys.readouterr().out == f"rejected  1234  {LONG}\n"


@pytest.mark.parametrize(
    "step",
    [
        DiffShown(id="1", diff="+ \x1b[2J\x9b2J\u202e here"),
        Note(text="\x1b[2J\x9b2J\u202e here"),
        ended("1", State.ASK, "\x1b[2J\x9b2J\u202e here"),
    ],
    ids=kind_of,
)
def test_on_a_terminal_nothing_of_a_strangers_steers_it(step: Step | Answer) -> None:
    screen = io.StringIO()
    Shown(Console(file=screen, force_terminal=True, highlight=False)).show(step)
    assert "here" in screen.getvalue()
    assert not any(steers in screen.getvalue() for steers in ("\x1b[2J", "\x9b", "\u202e"))


def test_who_reads_portuguese_is_told_in_portuguese() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        show = printer(as_json=False)
        plan = EditPlan((SetParameter("rsi_oversold", 35, 30),))
        said_so = Interpretation(Status.PLAN, Language.PT, "test", 0.1, plan=plan)
        show(Understood(id="1", interpretation=said_so, lines=["rsi_oversold: 30 -> 35"], seconds=0.1))
        show(Committed(id="1", commit="0123456789abcdef"))
    assert said.getvalue() == "Entendi: rsi_oversold: 30 -> 35\nGravado: 0123456789ab\n"
