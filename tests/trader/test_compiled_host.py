"""A host is handed the code that a judge's box made of its release, and compiles when there is none of use."""

from __future__ import annotations

import asyncio
import functools
import os
from pathlib import Path
from typing import Any, cast

import pytest

from core.recording import Recorder
from core.releases import Release, lay_out
from core.strategy import Source
from sandbox.compiled import JUDGED, BoxCode
from sandbox.limits import Jail
from services.guardian.answers import Prepared
from services.guardian.boxes.bubblewrap import Bubblewrap
from services.guardian.preparing import make_ready
from services.trader.allowance import Allowance
from services.trader.host import Host, Phase
from tests.guardian.test_boxed import STRANGE
from tests.trader.harness import in_loop

SMALL = Source.of(STRANGE)


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    monkeypatch.setenv("SORTE_CACHE", str(tmp_path / "cache"))
    return lay_out(SMALL, tmp_path / "releases")


async def compiled(release: Release, code: bytes) -> Host:
    """A host that has become ready to be warmed up; it has ended again."""
    heard = asyncio.get_running_loop().create_future()

    def done(host: Host) -> None:
        if not heard.done():
            heard.set_result(host)

    def ignore(*_: Any) -> None:
        """Nobody listens."""

    host = Host(
        release,
        ["BTCUSDT"],
        on_decision=ignore,
        on_compiled=done,
        on_ready=ignore,
        on_end=done,
        recorder=cast(Recorder, None),  # it hears of no decision
        allowance=Allowance(1),
        jail=Jail(),
        compiled=code,
    )
    await asyncio.wait_for(heard, 120)
    assert host.phase is not Phase.DEAD, host.detail
    host.end("host_retired")
    return host


@in_loop
async def test_a_host_of_a_release_that_was_judged_does_not_compile(release: Release) -> None:
    with Bubblewrap(2048).open(SMALL) as box:
        make_ready(SMALL.tree_hash, functools.partial(box.ask, "trading.prepare", Prepared, seconds=60), keeps=True)
    code = BoxCode(JUDGED).find(release.tree_hash)
    assert len(code) > 1000
    loaded, fresh = await compiled(release, code), await compiled(release, b"")
    assert loaded.compile_seconds < fresh.compile_seconds / 3
    assert loaded.rss_mb < fresh.rss_mb - 20


@in_loop
async def test_more_bytes_than_the_socket_takes_at_once_arrive_and_nonsense_is_compiled(release: Release) -> None:
    host = await compiled(release, os.urandom(3_000_001))
    assert host.compile_seconds > 0.0
