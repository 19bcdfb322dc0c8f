"""A terminal that is closed ends a run in order; anything else that keeps a line from being shown is told."""

from __future__ import annotations

import errno
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.contracts.events import FaultTold
from services.gateway.console.view import until_gone


def test_what_is_no_closed_terminal_is_raised() -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        until_gone(full)(FaultTold(cause="host_raised", subject="tree", detail=""))


def test_a_run_whose_terminal_is_closed_ends_in_order(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-P", "-m", "cli.main", "run", "--json", "--pairs", "BTCUSDT"]
    environment = {**os.environ, "SORTE_DATA_DIR": str(tmp_path / "data")}
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(
            words, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=theirs, stderr=errors, env=environment
        )
    os.close(theirs)
    shown = b""
    while b'"ready"' not in shown:
        shown += os.read(ours, 65536)
    os.close(ours)
    assert process.wait(60) == 0, (tmp_path / "errors").read_text()
    assert (tmp_path / "errors").read_text() == ""
