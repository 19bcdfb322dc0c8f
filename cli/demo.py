"""`sorte demo`: everything at once and no account anywhere: exchange, trader, chat and status page on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.reporting import tell
from cli.texts import say

if TYPE_CHECKING:
    from services.simulator.telegram.page import ChatPage
    from services.simulator.telegram.server import BotApi

BOT: Final = 7_000_000_001
USER: Final = 42
LEAVE_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.2


def demo(
    seconds: Annotated[float | None, typer.Option("--for", min=1)] = None,
    folder: Annotated[Path | None, typer.Option("--folder")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535)] = 0,
) -> None:
    """Try Sorte without any account: a simulated exchange, a chat and the status page, side by side."""
    with _folder(folder) as place:
        code = asyncio.run(_demo(place, seconds, port))
    if code:
        raise typer.Exit(1)


@dataclass(slots=True)
class Run:
    """What is known of the trader that runs: the hosts of each release, and which release decides."""

    hosts: dict[str, list[int]] = field(default_factory=dict)
    release: str = ""
    last: dict[str, Any] = field(default_factory=dict)

    def hear(self, line: dict[str, Any]) -> None:
        """One line of `sorte run --json`."""
        match line.get("kind"):
            case "host":
                self.hosts.setdefault(line["release"], []).append(line["pid"])
            case "epoch":
                self.release = line["release"]
            case "summary" | "error":
                self.last = line

    def break_it(self) -> None:
        """Kill the hosts of the release that decides, as a fault of the machine would."""
        for pid in self.hosts.pop(self.release, []):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def _demo(place: Path, seconds: float | None, port: int) -> int:
    from core.workspace import create
    from services.simulator.telegram.page import ChatPage
    from services.simulator.telegram.server import serve

    create(place / "workspace").close()
    token = f"{BOT}:AA{secrets.token_hex(16)}x"  # a page of somebody else's in the visitor's browser does not know it
    pages: list[ChatPage] = []

    def beside(api: BotApi) -> Iterator[Any]:
        pages.append(ChatPage(api, USER, words()))
        return iter(list(pages[0].routes()))

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(token, time.time, port, beside) as api, _trader(place, api, token) as (process, run):
        page = pages[0]
        page.on_break = run.break_it
        tell(f"Chat: http://127.0.0.1:{api.port}/")
        showing = asyncio.ensure_future(_show_page(place, page))
        ended = asyncio.ensure_future(process.wait())
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({ended, stopped}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        early = ended.done() and not stop.is_set()
        for task in (showing, stopped):
            task.cancel()
        if early:
            tell(f"The trader ended: {run.last.get('message', '-')}", err=True)
        return int(early)


@contextlib.asynccontextmanager
async def _trader(place: Path, api: BotApi, token: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Run]]:
    """`sorte run` on a simulated exchange, whose bot speaks to our Telegram; what it tells is heard."""
    settings = {
        "SORTE_DATA_DIR": str(place / "data"),
        "SORTE_WORKSPACE": str(place / "workspace"),
        "SORTE_TRADER__MODE": "paper",
        "SORTE_TELEGRAM__TOKEN": token,
        "SORTE_TELEGRAM__USERS": f"[{USER}]",
        "SORTE_TELEGRAM__BASE_URL": api.base_url,
        "SORTE_WEB__ENABLED": "true",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SORTE_") or name in KEPT}
    with (place / "demo.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "run", "--json"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            cwd=place,
            env=kept | settings,
            start_new_session=True,  # Ctrl-C is for us, and we end it in order
        )
    run = Run()
    hearing = asyncio.ensure_future(_hear(process, run))
    try:
        yield process, run
    finally:
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), LEAVE_SECONDS)
        if process.returncode is None:
            process.kill()
        await asyncio.gather(hearing, return_exceptions=True)


KEPT: Final = frozenset({"SORTE_LANGUAGE", "SORTE_TIME_ZONE", "SORTE_CACHE", "SORTE_GUARDIAN__SANDBOX"})
"""Settings of the owner's that hold in a demo too; none of them leads to his money."""


async def _hear(process: asyncio.subprocess.Process, run: Run) -> None:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    async for line in process.stdout:
        with contextlib.suppress(ValueError):
            run.hear(json.loads(line))


async def _show_page(place: Path, page: ChatPage) -> None:
    """Once the status page is there: a link that logs in to it, in the terminal and in the chat's head."""
    from core.presence import holder
    from core.workspace import user_name
    from services.gateway.binding import login_link
    from services.gateway.door import ADDRESS_NOTE
    from services.gateway.passing import PID_FILE
    from services.gateway.store import opened

    data, address = place / "data", ""
    while not address:  # another process makes it
        await asyncio.sleep(LOOK_SECONDS)
        if holder(data / PID_FILE) is not None:
            with opened(data) as store:
                address = store.notes.get(ADDRESS_NOTE)
    with opened(data) as store:
        links = [login_link(address, store.entering.make_link(time.time_ns(), owner=user_name())) for _ in range(2)]
    page.links[say("demo.status")] = links[0]
    tell(f"Status page: {links[1]}")
    tell("Say something in the chat, such as one of the sentences there, and watch it go live. Ctrl-C ends it all.")


def words() -> dict[str, str]:
    """What the chat page says, by its places."""
    from core.wording import owners_language

    ideas = "".join(f'<button type="button">{say(f"demo.idea_{name}")}</button>' for name in ("stop", "rule", "why"))
    named = ("title", "about", "more", "log", "say", "send", "script", "ideas_label", "empty", "break", "break_about")
    return {name: say(f"demo.{name}") for name in named} | {"ideas": ideas, "lang": owners_language().value}


@contextlib.contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """Where the demo's account lies: a folder that is gone afterwards, unless its visitor names one."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="sorte-demo-") as made:
        yield Path(made)
