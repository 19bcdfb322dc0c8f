"""Every page answers, in both languages, to who may act and to who may only look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.web.house import Page

PAGES = (
    *("/", "/history", "/trades", "/trades/1", "/trades/2", "/orders", "/orders/s1-1-abc", "/why", "/why?pair=BTCUSDT"),
    *("/changes/1a2b3c4d", "/backtests", "/backtests/1a2b3c4d", "/logs", "/settings", "/names/stop_loss", "/charts"),
    *(
        "/charts?period=all&pair=BTCUSDT",
        "/chart/equity",
        "/chart/price/BTCUSDT",
        "/api/v1/docs",
        "/badge.svg",
        "/login",
    ),
)
ASKING = ("/sure/panic", "/sure/resume", "/sure/close?pair=BTCUSDT")
NOWHERE = ("/changes/nothing", "/trades/9", "/orders/s9-9", "/backtests/nothing", "/nowhere", "/static/nothing.js")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page(tmp_path_factory.mktemp("data")) as served:
        yield served


@pytest.mark.parametrize("language", ["pt", "en"])
@pytest.mark.parametrize("role", ["owner", "reader"])
def test_every_page_answers(page: Page, language: str, role: str) -> None:
    visitor = page.client(role)
    assert visitor.get(f"/language/{language}?next=/history").headers["location"] == "/history"
    wanted = 200 if role == "owner" else 403
    answers = {path: visitor.get(path) for path in (*PAGES, *ASKING, *NOWHERE)}
    found = {path: answer.status_code for path, answer in answers.items()}
    assert found == dict.fromkeys(PAGES, 200) | dict.fromkeys(ASKING, wanted) | dict.fromkeys(NOWHERE, 404)
    tag = "pt-BR" if language == "pt" else "en"
    whole = [answer.text for answer in answers.values() if answer.text.startswith("<!doctype html>")]
    assert len(whole) > 15
    assert all(f'<html lang="{tag}"' in text for text in whole)
