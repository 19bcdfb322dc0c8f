"""What Sorte writes is its owner's alone, its keys are the trader's alone, and what it laid out is gone at its end.

The product as it is, in a folder that any user of the machine may enter.
"""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.road.world import in_loop
from tests.trader.faults.test_process import Process, descendants, sorte
from tests.trader.harness import until

CANARY = "CANARYa1b2c3d4e5f6"
pytestmark = pytest.mark.usefixtures("shipped_is_compiled")
PATIENCE = 100.0
READ_ALL = """
import os, sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
for place, folders, files in os.walk(sys.argv[1]):
    for name in files:
        try:
            open(os.path.join(place, name), "rb").close()
        except OSError:
            continue
        print(os.path.join(place, name))
    for name in folders:
        if os.access(os.path.join(place, name), os.R_OK | os.X_OK):
            print(os.path.join(place, name))
"""


@pytest.fixture
def street() -> Iterator[Path]:
    """A folder that everybody may enter, as a home folder often is."""
    with tempfile.TemporaryDirectory(prefix="sorte-street-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "tmp").mkdir(mode=0o755)
        yield folder


def open_to_others(folder: Path) -> list[Path]:
    """Everything in `folder` whose own mode lets others do anything."""
    modes = {path: path.lstat().st_mode for path in folder.rglob("*") if path != folder / "tmp"}
    return [path for path, mode in modes.items() if not stat.S_ISLNK(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO)]


def read_by_another_user(folder: Path) -> list[str]:
    """What `nobody` can open in `folder`; needs root to become him."""
    words = [sys.executable, "-I", "-S", "-c", READ_ALL, str(folder)]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    return [line for line in found.stdout.splitlines() if line != str(folder / "tmp")]


def environment_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


async def started(folder: Path, *words: str) -> Process:
    quiet = {"SORTE_COMMANDER__WATCH_LATENCY": "1000"}
    keys = {"SORTE_EXCHANGE__API_KEY": CANARY, "SORTE_EXCHANGE__API_SECRET": CANARY}
    return await sorte(*words, folder=folder, TMPDIR=str(folder / "tmp"), **quiet, **keys)


async def done(folder: Path, *words: str) -> None:
    process = await started(folder, *words)
    async with asyncio.timeout(PATIENCE):
        code = await process.process.wait()
    assert code == await process.ended() == 0, (words, process.told[-3:], process.errors)


@in_loop
async def test_nobody_else_reads_a_file_no_child_has_the_keys_and_nothing_is_left_behind(street: Path) -> None:
    if os.geteuid() == 0:
        (street / "left open").touch(mode=0o644)
        assert read_by_another_user(street) == [str(street / "left open")]
        (street / "left open").unlink()
    await done(street, "init", "workspace", "--json")
    run = await started(street, "run", "--json", "--for", "600", "--pairs", "BTCUSDT,ETHUSDT")
    try:
        await run.hears("ready")
        await until(lambda: (street / "data" / "sorte.sock").exists(), "the commander listens", PATIENCE)
        await done(street, "change", "set the cooldown to 61 seconds", "--yes", "--json")
        children = descendants(run.process.pid)
        assert len(children) >= 5  # exchange, mirror, commander, two hosts
        assert [pid for pid in children if CANARY.encode() in environment_of(pid)] == []
        assert [path for path in open_to_others(street) if path.exists()] == []
        if os.geteuid() == 0:
            assert read_by_another_user(street) == []
        run.process.terminate()
        assert await run.ended() == 0
    finally:
        if run.process.returncode is None:
            await run.killed()
    assert list((street / "tmp").iterdir()) == []
    assert open_to_others(street) == []
