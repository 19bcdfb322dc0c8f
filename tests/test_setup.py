"""`make setup` asks the machine, not the PATH of whoever types it: on Debian an ordinary user's has no /sbin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SYSTEM = Path(__file__).parents[1] / ".ci" / "system"
NEEDED = ("bash", "env", "grep", "id", "bwrap", "git", "ssh-keygen")


def test_what_is_installed_is_not_missing_for_a_user_without_sbin(tmp_path: Path) -> None:
    for name in NEEDED:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    (tmp_path / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    for installer in ("apt-get", "sudo"):
        (tmp_path / installer).write_text('#!/bin/sh\necho "INSTALLS $*"\nexit 1\n', encoding="utf-8")
    for program in ("python3", "apt-get", "sudo"):
        (tmp_path / program).chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run([str(SYSTEM)], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
