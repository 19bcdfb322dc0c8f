"""One whole Sorte for a measurement: simulated exchange, trader, commander, gateway, and a Telegram of our own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bench.gateway.browsing import logged_in
from core.contracts.answers import StatusShown
from core.contracts.asking import Question
from core.contracts.figures import TraderStatus
from core.owner import OwnersWord
from core.presence import holder
from core.settings import Settings
from core.workspace import create
from services.gateway.line import Line
from services.gateway.passing import PID_FILE
from services.simulator.telegram.server import BotApi, serve

TOKEN = "7000000001:AAbench-bench-bench-bench-bench-bench"  # noqa: S105 - of a bot that is on this machine alone
USER = 42
START_SECONDS = 120.0
T = TypeVar("T")


@dataclass(slots=True)
class World:
    """What is measured."""

    folder: Path
    api: BotApi
    line: Line
    page: httpx.AsyncClient  # logged in

    @property
    def gateway(self) -> int:
        """The process of the gateway that runs now; 0 between two of them."""
        return holder(self.folder / "data" / PID_FILE) or 0

    async def status(self) -> StatusShown:
        """As the commander answers it."""
        answer = await self.line.ask(Question(do="status"), lambda _: None)
        if not isinstance(answer, StatusShown):
            raise TypeError(f"the commander answered {answer}")
        return answer

    async def trader(self) -> TraderStatus:
        """The trader's figures, as soon as there are any."""
        async with asyncio.timeout(START_SECONDS):
            while (trader := (await self.status()).trader) is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)
            return trader

    def kill_gateway(self) -> None:
        """As an operator or the kernel would."""
        if self.gateway:
            os.kill(self.gateway, signal.SIGKILL)


@contextlib.asynccontextmanager
async def world(*, events_per_second: float = 200.0) -> AsyncIterator[World]:
    """A world that trades, whose bot answers and whose page is served, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="sorte-bench-") as made:
        folder = Path(made)
        create(folder / "workspace").close()
        async with serve(TOKEN, time.time) as api, running(folder, api, events_per_second):
            settings = Settings(data_dir=folder / "data", workspace=folder / "workspace")
            line = Line(settings, "bench", "bench")
            await until(lambda: OwnersWord(settings.data_dir).listener and api.polling)
            async with logged_in(settings.data_dir) as page:
                built = World(folder, api, line, page)
                await built.trader()
                yield built


@contextlib.asynccontextmanager
async def running(folder: Path, api: BotApi | None, events_per_second: float) -> AsyncIterator[None]:
    """`sorte run` in that folder; without an `api` it has no gateway."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SORTE_")}
    settings = {
        "SORTE_DATA_DIR": str(folder / "data"),
        "SORTE_WORKSPACE": str(folder / "workspace"),
        "SORTE_LANGUAGE": "en",
    }
    if api is not None:
        settings["SORTE_TELEGRAM__TOKEN"], settings["SORTE_TELEGRAM__USERS"] = TOKEN, f"[{USER}]"
        settings["SORTE_TELEGRAM__BASE_URL"] = api.base_url
    else:
        settings["SORTE_WEB__ENABLED"] = "false"
    words = (sys.executable, "-m", "cli.main", "run", "--json", "--events-per-second", str(events_per_second))
    with (folder / "run.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment | settings
        )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def until(so: Any, seconds: float = START_SECONDS) -> None:
    """Wait for what another process brings about."""
    end = time.monotonic() + seconds
    while not so():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to it")
        await asyncio.sleep(0.05)


def resident_mb(pid: int) -> float:
    """Memory of a process that is its own or shared."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def there(pipe: T | None) -> T:
    """A pipe that was asked for."""
    if pipe is None:
        raise TypeError("no pipe")
    return pipe


def percentile(counts: dict[int, int], share: float) -> int:
    """Of events counted by whole microseconds."""
    wanted, seen = share * sum(counts.values()), 0
    for latency, count in sorted(counts.items()):
        seen += count
        if seen >= wanted:
            return latency
    raise ValueError("nothing was counted")


def between(before: dict[int, int], after: dict[int, int]) -> dict[int, int]:
    """What was counted since."""
    return {latency: count - before.get(latency, 0) for latency, count in after.items()}
