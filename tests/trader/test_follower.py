"""The process that follows the journal may die at any moment; the trader that speaks to it does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest
import uvloop

from services.trader.follower import Follower


def mirror_of_ours() -> int:
    """The one child of this process that is a mirror."""
    for pid in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        if b"services.trader.mirror" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return int(pid)
    raise AssertionError("no mirror runs")


@pytest.mark.parametrize("speak", ["poke", "hand"])
def test_what_is_said_to_one_that_was_killed_is_lost_and_no_error(speak: str, tmp_path: Path) -> None:
    faults: list[tuple[str, str, str]] = []

    async def scene() -> None:
        (tmp_path / "journal").touch()
        follower = Follower(
            tmp_path / "journal", f"sqlite:///{tmp_path}/trades.sqlite", lambda *told: faults.append(told)
        )
        await follower.start()
        with contextlib.suppress(ProcessLookupError):
            os.kill(mirror_of_ours(), signal.SIGKILL)
        for _ in range(300):  # over the moment in which its pipe is known to be gone and its exit is not
            follower.poke() if speak == "poke" else follower.hand(b"{}")
            await asyncio.sleep(0)
            await asyncio.sleep(0.001)
        follower.poke()
        await follower.close()

    uvloop.run(scene())
    assert [cause for cause, _, _ in faults] == ["mirror_died"]
