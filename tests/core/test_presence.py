"""Who is there is seen without a lock taken, and is gone the moment it dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from core.presence import holder, present

HOLDS = """
import sys, pathlib
from core.presence import present
with present(pathlib.Path(sys.argv[1])):
    print("there", flush=True)
    sys.stdin.read()
"""


def held_by_another(file: Path) -> subprocess.Popen[str]:
    words = (sys.executable, "-c", HOLDS, str(file))
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def test_a_process_is_there_until_it_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "trader.pid"
    assert holder(file) is None
    with held_by_another(file) as process:
        assert holder(file) == process.pid
        process.kill()
        process.wait()
        assert holder(file) is None
    assert file.stat().st_mode & 0o077 == 0


def test_several_may_be_there_and_looking_keeps_nobody_away(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "trader.pid"
    file.parent.mkdir()
    with held_by_another(file) as first, held_by_another(file) as second:
        seen = {holder(file) for _ in range(50)}
        assert seen <= {first.pid, second.pid}
        with present(file):
            assert holder(file) in (first.pid, second.pid)
        for process in (first, second):
            process.kill()
    assert holder(file) is None
