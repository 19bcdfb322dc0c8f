"""The product as its owner meets it, nothing replaced: the shipped strategy, the command line, every gate."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from services.guardian.gates import GATES
from tests.road.world import in_loop
from tests.trader.faults.test_process import ROOT, Process, sorte
from tests.trader.harness import until

SENTENCE = "set the oversold level to 35"
pytestmark = pytest.mark.usefixtures("shipped_is_compiled")
PATIENCE = 100.0
Line = dict[str, Any]


class Owner:
    """Somebody who types commands in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def start(self, *words: str) -> Process:
        quiet = {"SORTE_COMMANDER__WATCH_LATENCY": "1000"}  # how busy this machine is says nothing of the release
        return await sorte(*words, folder=self._folder, **quiet)

    async def init(self) -> None:
        """`sorte init workspace`, whose answer is for people."""
        words = (sys.executable, "-m", "cli.main", "init", "workspace")
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            *words, cwd=self._folder, env=environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        assert process.returncode == 0
        assert b"workspace" in said

    async def types(self, *words: str, code: int = 0) -> list[Line]:
        """A command, and the lines of its answer."""
        process = await self.start(*words)
        async with asyncio.timeout(PATIENCE):
            assert await process.process.wait() == code, (words, process.told[-3:], process.errors)
            assert await process.ended() == code
        return process.told


@in_loop
async def test_from_init_to_an_order_that_names_its_sentence_and_back(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    init = await owner.start("status", "--json")
    assert await init.ended() == 2  # there is no workspace yet
    await owner.init()
    run = await owner.start("run", "--json", "--for", "600", "--pairs", "BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT")
    try:
        await run.hears("ready")
        await until(lambda: (tmp_path / "data" / "sorte.sock").exists(), "the commander listens", PATIENCE)
        told = await owner.types("change", SENTENCE, "--yes", "--json")
        final = told[-1]
        assert (final["kind"], final["state"]) == ("change", "live"), final
        assert final["verdict"]["outcome"] == "accepted"
        assert [gate["outcome"] for gate in final["verdict"]["gates"]] == ["passed"] * len(GATES)
        assert [line["kind"] for line in told if line["kind"] != "gate"] == [
            *("received", "plan", "diff", "commit", "staged", "shadow", "switch", "change")
        ]
        assert sum(line["kind"] == "gate" for line in told) == len(GATES)
        assert (final["events_lost"], final["events_doubled"]) == (0, 0)

        tree = final["verdict"]["tree"]
        await until(lambda: [line for line in run.heard("fill") if tree[:8] in line["order"]], "its order", PATIENCE)
        order = next(line["order"] for line in run.heard("fill") if tree[:8] in line["order"])
        (shown,) = await owner.types("show", order, "--json")
        assert (shown["text"], shown["id"]) == (SENTENCE, final["id"])
        assert shown["order"]["client_id"] == order
        assert shown["order"]["commit"] == final["commit"]

        (back,) = await owner.types("rollback", "--json")
        assert back["state"] == "rolled_back"
        (history,) = await owner.types("history", "--json")
        assert [(line["state"], line["text"]) for line in history["changes"]] == [
            ("rolled_back", "rollback"),
            ("rolled_back", SENTENCE),
        ]
        (status,) = await owner.types("status", "--json")
        assert status["trader"]["slots"]["blue"] == final["verdict"]["parent"]
        run.process.terminate()
        assert await run.ended() == 0
        summary = run.told[-1]
        assert (summary["kind"], summary["events_lost"], summary["events_doubled"]) == ("summary", 0, 0)
    finally:
        if run.process.returncode is None:
            await run.killed()
