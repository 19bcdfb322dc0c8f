"""Whether the gateway grows: fifty thousand tellings of a trader go through one that has a page open."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import msgspec

from bench.figure import Figure, at_most
from bench.gateway.browsing import live, logged_in
from bench.gateway.world import resident_mb, there
from core.contracts.events import Filled
from core.contracts.told import encode_line
from core.settings import Settings
from services.gateway.hello import Hello
from services.gateway.passing import Passed, Standing

EVENTS = 50_000
WARM = 10_000
"""After these whatever keeps the last of something is full."""


async def measure() -> list[Figure]:
    """On a gateway alone, without a commander."""
    with tempfile.TemporaryDirectory(prefix="sorte-bench-") as made:
        settings = Settings(data_dir=Path(made), web={"port": 0})  # type: ignore[arg-type]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.gateway"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        hello = Hello.of(settings, Path(made), owner="bench", run="r", debug=False, shows_link=False)
        there(process.stdin).write(msgspec.json.encode(hello) + b"\n")
        await _tell(process, 1, 1)  # from here on there is a page
        async with logged_in(Path(made)) as client, live(client) as page:
            await _tell(process, 2, WARM)
            before, heard = resident_mb(process.pid), page.heard
            await _tell(process, WARM + 1, WARM + EVENTS)
            grown, shown = resident_mb(process.pid) - before, page.heard - heard
            most = resident_mb(process.pid)
        there(process.stdin).write(msgspec.json.encode(Passed(WARM + EVENTS + 1)) + b"\n")
        await process.wait()
    note = f"after {WARM:,} others, with a page open that was sent {shown:,} pieces meanwhile"
    return [
        Figure(f"growth over {EVENTS:,} events", grown, "MB", at_most(5), note),
        Figure("gateway after them", most, "MB", at_most(150), "with its page, without a bot"),
    ]


async def _tell(process: asyncio.subprocess.Process, first: int, last: int) -> None:
    """Until the gateway has written all of them down."""
    pipe, told = there(process.stdin), there(process.stdout)
    fill = Filled(
        pair="BTCUSDT", side="BUY", quantity=Decimal(1), price=Decimal(2), fee=Decimal(0), fee_asset="USDT", order="s"
    )
    line = msgspec.Raw(encode_line(fill))

    async def write() -> None:
        for number in range(first, last + 1):
            pipe.write(msgspec.json.encode(Passed(number, line)) + b"\n")
            if number % 500 == 0:
                await pipe.drain()

    writing = asyncio.ensure_future(write())
    async for said in told:
        if msgspec.json.decode(said, type=Standing).heard == last:
            break
    await writing
