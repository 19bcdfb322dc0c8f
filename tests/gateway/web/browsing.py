"""A real Chromium before the page. What its console says against us fails the test that hears it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, sync_playwright
from playwright.sync_api import Page as Tab

from tests.gateway.web.house import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; `apt-get install chromium`")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@contextlib.contextmanager
def chromium() -> Iterator[Chromium]:
    """The browser."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield started
        finally:
            started.close()


class Wire:
    """Stands between a browser and the page, and can be cut: what goes through it is gone, and nobody answers."""

    def __init__(self, page: Page) -> None:
        self._page, self._ends = page, set[asyncio.StreamWriter]()
        self._server = page.do(lambda: asyncio.start_server(self._join, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Nothing comes through any more."""

        async def cut() -> None:
            self._server.close()
            for end in self._ends:
                end.transport.abort()

        self._page.do(cut)

    def mend(self) -> None:
        """Everything does again."""
        self._server = self._page.do(lambda: asyncio.start_server(self._join, "127.0.0.1", self.port))

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", self._page.port)
        self._ends |= {writer, there[1]}
        await asyncio.gather(_pass(reader, there[1]), _pass(there[0], writer), return_exceptions=True)
        self._ends -= {writer, there[1]}


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)


class Owner:
    """Somebody who has logged in, and one tab of his."""

    def __init__(
        self, browser: Chromium, page: Page, role: Any = "owner", language: str = "pt", address: str = "", **how: Any
    ) -> None:
        self.page, self.address = page, address or page.address
        self.context: BrowserContext = browser.new_context(**how)
        self.context.set_default_timeout(15_000)
        client = page.client(role)
        names = {"sorte_session": client.http.cookies["sorte_session"], "sorte_language": language}
        self.context.add_cookies([{"name": name, "value": value, "url": self.address} for name, value in names.items()])
        self.heard: list[str] = []
        self.tab = self.open()

    def open(self, path: str = "/") -> Tab:
        """One more tab."""
        tab = self.context.new_page()
        tab.on("console", lambda said: self.heard.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: self.heard.append(str(error)))
        tab.on("dialog", lambda dialog: (self.heard.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        tab.goto(self.address + path)
        return tab

    def say(self, text: str) -> None:
        """Type a sentence, and send it."""
        self.tab.fill("#sentence", text)
        self.tab.get_by_role("button", name="Dizer").click()
        self.tab.wait_for_load_state()

    def close(self) -> None:
        self.context.close()
