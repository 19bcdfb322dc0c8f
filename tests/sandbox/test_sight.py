"""A container shows more than what was bound into it: the judge's program closes the rest, by the kernel's Landlock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOOKS = """
import json, os, sys
from sandbox.sight import open_only

inside, outside = sys.argv[1:]
looked = []
for closed in (False, True):
    if closed:
        assert open_only([inside, inside + "/missing"])
    for act in (open, os.listdir):
        for folder in (inside, outside, "/proc/self"):
            try:
                act(folder + "/status" if act is open else folder)
                looked.append("opened")
            except PermissionError:
                looked.append("closed")
print(json.dumps(looked))
"""


def test_only_what_is_below_the_folders_can_be_opened_or_listed(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("inside", "outside")]
    for folder in folders:
        folder.mkdir()
        (folder / "status").write_bytes(b"x")
    command = [sys.executable, "-c", LOOKS, *map(str, folders)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
    assert json.loads(done.stdout) == ["opened"] * 6 + ["opened", "closed", "closed"] * 2
