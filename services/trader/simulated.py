"""The exchange that paper mode trades on: a simulated one in a process of its own, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from core.errors import ExchangeError
from core.private import child_environment
from core.settings import ExchangeSettings
from core.telemetry.process import hand_down

START_SECONDS: Final = 30.0


@contextlib.asynccontextmanager
async def simulated_exchange(
    *,
    symbols: Sequence[str],
    seed: int,
    speed: float,
    events_per_second: float,
    replay: Path | None,
    keep: Path | None = None,
    on_ready: Callable[[dict[str, Any]], None] = lambda _: None,
    on_end: Callable[[], None] = lambda: None,
) -> AsyncIterator[ExchangeSettings]:
    """Start `sorte sim`, give its address and keys, and stop it at the end.

    With `keep` its account and market are those of that folder. `on_ready(line)` hears its first line; `on_end()` is
    called when its market is over, as a replay's is, or when it died. It watches its standard input: when we die,
    however that happens, it ends too.
    """
    options: dict[str, Any] = {"--port": 0, "--seed": seed, "--speed": speed, "--events-per-second": events_per_second}
    options |= {"--replay": replay} if replay is not None else {"--pairs": ",".join(symbols)}
    options |= {"--keep": keep} if keep is not None else {}
    options |= {"--log": hand_down()[0]} if hand_down() else {}
    words = [str(word) for option in options.items() for word in option]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "cli.main", "sim", "--json", "--until-input-ends", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 20,
        env=child_environment(os.environ),
        start_new_session=True,  # Ctrl-C is for the trader, which then stops us
    )
    drain: asyncio.Task[None] | None = None
    try:
        ready = await _first_line(process)
        on_ready(ready)
        drain = asyncio.get_running_loop().create_task(_follow(process, on_end))
        yield ExchangeSettings(
            rest_url=ready["rest_url"],
            stream_url=ready["stream_url"],
            ws_api_url=ready["ws_api_url"],
            api_key=SecretStr(ready["api_key"]),
            api_secret=SecretStr(ready["api_secret"]),
        )
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        if drain is not None:
            await drain
        code = await process.wait()
    if code:
        said = (await process.stderr.read()).decode(errors="replace").strip() if process.stderr else ""
        why = said or (f"killed by signal {-code}" if code < 0 else "it said nothing")
        raise ExchangeError(f"The simulated exchange ended by itself: {why}.", "Start again: the account goes on.")


async def _first_line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline() if process.stdout else b""
    except TimeoutError:
        raise ExchangeError(f"The simulated exchange did not start within {START_SECONDS:.0f} s.") from None
    if not line:
        said = (await process.stderr.read()).decode(errors="replace").strip() if process.stderr else ""
        raise ExchangeError(f"The simulated exchange did not start: {said or 'it said nothing'}.")
    ready: dict[str, Any] = msgspec.json.decode(line)
    if ready.get("kind") != "ready":
        raise ExchangeError(f"The simulated exchange did not start: {ready.get('message')}", ready.get("hint", ""))
    return ready


async def _follow(process: asyncio.subprocess.Process, on_end: Callable[[], None]) -> None:
    """Read what it says to the end, so that it never waits for us."""
    while process.stdout is not None and (line := await process.stdout.readline()):
        if line.startswith(b'{"kind":"finished"'):
            on_end()
    on_end()
