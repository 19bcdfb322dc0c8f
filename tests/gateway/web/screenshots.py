"""The pictures of docs/page.md, taken of the real page: `python -m tests.gateway.web.screenshots docs/pictures`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser as Chromium

from core.owner import OwnersWord
from tests.gateway.web.browsing import PHONE, Owner, chromium
from tests.gateway.web.commander import Script
from tests.gateway.web.house import Page, until
from tests.gateway.web.samples import brief

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 1000}}


def take(browser: Chromium, page: Page, folder: Path) -> None:
    """Each of them; a sentence walks from its diff to live meanwhile."""
    owner = Owner(browser, page, language="en", **WIDE)
    owner.tab.fill("#sentence", "raise the stop to 3%")
    owner.tab.get_by_role("button", name="Say").click()
    owner.tab.wait_for_selector(".held")
    until(lambda: owner.tab.locator(".canvas.drawn").count() > 1)
    owner.tab.wait_for_timeout(800)
    owner.tab.evaluate("window.scrollTo(0, 0)")
    owner.tab.screenshot(path=folder / "page-held.png")
    owner.tab.locator(".held").get_by_role("button", name="Apply").click()
    owner.tab.wait_for_selector("#change .end")
    owner.tab.wait_for_timeout(1500)
    owner.tab.goto(f"{page.address}/trades/1")
    owner.tab.screenshot(path=folder / "page-trade.png", full_page=True)
    phone = Owner(browser, page, language="pt", color_scheme="dark", device_scale_factor=2, **PHONE)
    phone.tab.wait_for_timeout(1500)
    phone.tab.screenshot(path=folder / "page-phone.png")
    phone.tab.goto(f"{page.address}/sure/panic")
    phone.tab.screenshot(path=folder / "page-panic.png")


def main(folder: Path) -> None:
    """Take all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    script = Script(changes=[brief("1a2b3c4d", "buy less when it is late", trades=True)])
    with (
        tempfile.TemporaryDirectory() as data,
        OwnersWord(Path(data)).heard(),
        Page(Path(data), script) as page,
        chromium() as browser,
    ):
        take(browser, page, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
