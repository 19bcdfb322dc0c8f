"""The page as it is served: the real one, on a real port, before a commander that follows a script."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

from core.contracts.told import Telling
from core.settings import Settings, WebSettings
from core.telemetry.files import MAIN, LogFile
from core.telemetry.lines import encode, stamp
from core.telemetry.process import folder_of
from services.gateway.binding import bound
from services.gateway.line import Line
from services.gateway.pictures import Pictures
from services.gateway.store import Store
from services.gateway.web.serving import serve
from services.gateway.web.site import Site
from tests.gateway.web.commander import Commander, Script

T = TypeVar("T")
TLS = ssl.create_default_context()
"""Made once: a client makes one each time, which takes longer than what it asks."""


class Clock:
    """The machine's, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def __call__(self) -> int:
        return time.time_ns() + self.ahead_ns


class Page:
    """One that runs in a thread."""

    def __init__(
        self, folder: Path, script: Script | None = None, *, beat_seconds: float | None = None, **web: Any
    ) -> None:
        """With `beat_seconds` the status is asked for so often, whether anybody looks or not."""
        beats = {} if beat_seconds is None else {"looked_at_seconds": beat_seconds, "alone_seconds": beat_seconds}
        self._beats = beats
        self.script = script or Script()
        self.clock = Clock()
        self.settings = Settings(data_dir=folder, time_zone="America/Sao_Paulo", web=web)
        self.folder, self.failed_logins = folder, 0
        self.logs = LogFile(folder_of(folder), MAIN)
        self._listener = bound(WebSettings(port=0))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._live())

    async def _live(self) -> None:
        self.store = Store(self.folder)
        self.commander = Commander(self.folder, self.script)
        await self.commander.start()
        line = Line(self.settings, "ana", "gateway")
        self.pictures = Pictures(self.settings, line, **self._beats)
        self.site = Site(self.settings, line, self.pictures, self.store, now_ns=self.clock, login_failed=self._failed)
        self._ending = asyncio.Event()
        hearing, serving = (
            self.loop.create_task(each) for each in (self.pictures.run(), serve(self.site, self._listener))
        )
        async for picture in self.pictures.follow():
            if picture.status is not None:
                break
        self._ready.set()
        await self._ending.wait()
        hearing.cancel()
        serving.cancel()
        await asyncio.gather(hearing, serving, return_exceptions=True)
        await self.commander.close()
        self.store.close()

    def _failed(self, _: str) -> None:
        self.failed_logins += 1

    def __enter__(self) -> Page:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(20)
        self.logs.close()
        assert not self._thread.is_alive()
        self.loop.close()

    # What a test does with it -----------------------------------------------------------------------------------------

    def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it in the loop of the page."""

        async def done() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(20)

    def tell(self, *told: Telling) -> None:
        """The commander tells everybody who listens."""

        async def say() -> None:
            for each in told:
                self.commander.broadcast(each)

        self.do(say)

    def log(self, event: str, **values: str) -> None:
        """A line of the log, as our processes write them."""
        line = {"time": stamp(self.clock()), "level": "info", "component": "trader", "event": event, **values}
        self.logs.append(encode(line), self.clock())

    def link(self, role: Any = "owner") -> str:
        """The code of a login link."""
        return self.store.entering.make_link(self.clock(), owner="ana", role=role)

    def client(self, role: Any = "owner") -> Browser:
        """Somebody who has logged in."""
        browser = Browser(self)
        entered = browser.post("/login", {"code": self.link(role)})
        assert entered.status_code == 303, entered.text
        return browser


class Browser:
    """What a browser does without a window: keeps cookies, and says where its forms come from."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.http = httpx.Client(base_url=page.address, timeout=10, verify=TLS)

    @property
    def csrf(self) -> str:
        """The token of its session's forms."""
        session = self.page.store.entering.session(self.http.cookies["sorte_session"], self.page.clock())
        assert session is not None
        return session.csrf

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, path: str, fields: dict[str, str], **more: Any) -> httpx.Response:
        """As a form of the page is sent."""
        return self.http.post(
            path, data=fields, headers={"Origin": self.page.address} | more.pop("headers", {}), **more
        )

    def act(self, path: str, **fields: str) -> httpx.Response:
        """A form with its token."""
        return self.post(path, {"csrf": self.csrf, **fields})


@contextlib.contextmanager
def within(seconds: float = 10.0) -> Iterator[Callable[[], bool]]:
    """Looks again until then."""
    end = time.monotonic() + seconds
    yield lambda: time.monotonic() < end


def until(true: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait for what another thread does; what it came to."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found


get, post, request = (partial(each, verify=TLS, timeout=20) for each in (httpx.get, httpx.post, httpx.request))
"""One request of somebody without cookies."""
