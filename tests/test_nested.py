"""A test that starts pytest and waits for it in vain says where it hung."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.nested import last_words, run_pytest

HANGS = "import threading\n\ndef hung():\n    threading.Event().wait()\n\nhung()\n"


def test_a_run_that_hangs_tells_where_and_a_run_that_ends_what_came_of_it(tmp_path: Path) -> None:
    (tmp_path / "test_hangs.py").write_text(HANGS, encoding="utf-8")
    with pytest.raises(AssertionError, match="pytest hangs") as caught:
        run_pytest(tmp_path, "test_hangs.py", scratch=tmp_path, seconds=3)
    told = str(caught.value)
    assert "most recent call first" in told
    assert "futex" in told or " S " in told
    (tmp_path / "test_ends.py").write_text("def test_one():\n    pass\n", encoding="utf-8")
    done = run_pytest(tmp_path, "test_ends.py", scratch=tmp_path)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stderr


def test_who_keeps_the_pipes_of_a_dead_process_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []
    words = "import subprocess, sys; subprocess.Popen(['sleep', '20']); sys.stdout.write('said'); sys.stdout.flush()"
    with subprocess.Popen(
        [sys.executable, "-c", words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.wait()
        communicate = process.communicate

        def at_once(timeout: float) -> tuple[str, str]:
            waited.append(timeout)
            return communicate(timeout=0.01)

        monkeypatch.setattr(process, "communicate", at_once)
        assert last_words(process) == ("", "its output is held open by a process that it started")
    assert len(waited) == 2
