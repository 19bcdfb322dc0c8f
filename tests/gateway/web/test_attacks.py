"""Whatever is tried on the page from outside: nothing is done, and nobody gets in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.gateway.web.attacks import SCRIPT, all_of_them, succeeded
from tests.gateway.web.house import Browser, Page, get, post, until


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with Page(tmp_path_factory.mktemp("data"), names=("sorte.example.org",)) as served:
        yield served


def test_every_attack_is_refused_and_does_nothing(page: Page) -> None:
    attacks = all_of_them()
    assert len(attacks) >= 80
    assert succeeded(page, attacks) == []


def test_what_is_refused_above_is_done_for_its_owner(page: Page) -> None:
    """The other side of the same coin: none of the refusals is one because the deed never works."""
    owner = page.client()
    going_on = {"sure": "yes", "word": "paused"}
    for path, fields in (("/pause", {}), ("/resume", going_on), ("/panic", {"sure": "yes"}), ("/rollback", {})):
        assert owner.act(path, **fields).status_code == 303, path
    until(lambda: page.script.acts("rollback"))
    assert [len(page.script.acts(do)) for do in ("pause", "resume", "panic", "rollback")] == [1, 1, 1, 1]
    page.script.paused = page.script.closing = False


def test_after_ten_failures_nobody_logs_in_for_a_while_and_the_owner_is_told(page: Page) -> None:
    page.site.failures.__init__()  # type: ignore[misc]
    before = page.failed_logins
    answers = [Browser(page).post("/login", {"code": f"guess{i}"}).status_code for i in range(12)]
    assert answers == [403] * 10 + [429] * 2
    assert page.failed_logins - before == 10
    right = page.link()
    refused = Browser(page).post("/login", {"code": right})
    assert (refused.status_code, int(refused.headers["retry-after"]) > 200) == (429, True)
    page.clock.ahead_ns = 301 * 10**9
    assert Browser(page).post("/login", {"code": right}).status_code == 303
    page.clock.ahead_ns = 0


def test_a_link_that_is_only_looked_at_still_works(page: Page) -> None:
    """A chat's preview opens every link that it sees."""
    page.site.failures.__init__()  # type: ignore[misc]
    code, browser = page.link(), Browser(page)
    assert browser.get(f"/login?code={code}").status_code == 200
    assert browser.http.head(f"/login?code={code}").status_code in (200, 405)
    assert "sorte_session" not in browser.http.cookies
    assert browser.post("/login", {"code": code}).status_code == 303


def test_a_session_that_was_there_before_is_not_the_one_after(page: Page) -> None:
    """Fixation: whatever cookie somebody planted, a login makes another one, and ends the old one."""
    browser = Browser(page)
    browser.http.cookies.set("sorte_session", "planted", domain="127.0.0.1", path="/")
    entered = browser.post("/login", {"code": page.link()})
    cookie = entered.headers["set-cookie"]
    assert "planted" not in cookie
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="))
    first = cookie.partition("=")[2].partition(";")[0]
    again = Browser(page)
    again.http.cookies.set("sorte_session", first, domain="127.0.0.1", path="/")
    assert again.post("/login", {"code": page.link()}).status_code == 303
    assert get(f"{page.address}/history", headers={"Cookie": f"sorte_session={first}"}).status_code == 401


@pytest.mark.parametrize(
    "next_page",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "\\/e",
    ],
)
def test_after_a_login_nobody_is_sent_elsewhere(page: Page, next_page: str) -> None:
    entered = Browser(page).post("/login", {"code": page.link(), "next": next_page})
    assert entered.status_code == 303
    assert entered.headers["location"] == "/"
    assert "a=b" not in entered.headers["set-cookie"]


def test_a_session_behind_tls_travels_over_tls_only(page: Page) -> None:
    headers = {"X-Forwarded-Proto": "https", "Host": "sorte.example.org", "Origin": "https://sorte.example.org"}
    entered = post(f"{page.address}/login", data={"code": page.link()}, headers=headers)
    assert (entered.status_code, "; Secure" in entered.headers["set-cookie"]) == (303, True)


def test_every_answer_says_what_a_browser_may_do_with_it(page: Page) -> None:
    owner = page.client()
    for path in ("/", "/history", "/nowhere", "/login", "/static/page.js", "/badge.svg", "/healthz", "/changes/x"):
        headers = owner.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy, path
        assert "default-src 'none'" in policy, path
        assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff"), path
        assert "access-control-allow-origin" not in headers, path
        assert ("cache-control" in headers and "no-store" in headers["cache-control"]) or path.startswith("/static"), (
            path
        )


def test_what_is_asked_for_is_never_markup_of_ours(page: Page) -> None:
    owner = page.client()
    for path in (f"/names/{SCRIPT}", f"/changes/{SCRIPT}", f"/why?pair={SCRIPT}", f"/login?code={SCRIPT}", f"/{SCRIPT}",
                 '/login?code="autofocus onfocus="alert(1)', f"/sure/close?pair={SCRIPT}"):  # fmt: skip
        text = owner.get(path).text
        assert SCRIPT not in text, path
        assert 'onfocus="alert' not in text, path


def test_no_script_and_no_style_stands_in_a_page(page: Page) -> None:
    owner = page.client()
    for path in ("/", "/history", "/changes/1a2b3c4d", "/settings", "/why", "/logs", "/login"):
        text = owner.get(path).text
        assert "<script>" not in text, path
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " on" + "click=" not in text, path
        loaded = set(re.findall(r'(?:src|href|action|srcset)="(https?:[^"]*)', text))
        assert loaded <= {"https://www.tradingview.com/"}, path
