"""What somebody may try on the page who has no business there: one entry each, with what its answer must be.

Each takes a logged-in browser of the owner's, as another site's page in the same browser would have it, or a connection
of its own, and returns the answer. None of them may make the commander do anything.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from tests.gateway.web.house import Browser, Page, get

Attack = Callable[[Browser], httpx.Response | str]
REFUSED = range(400, 500)
ACTIONS = {
    "/say": {"text": "aumente o stop para 3%"},
    "/pause": {},
    "/resume": {"sure": "yes", "word": ""},
    "/panic": {"sure": "yes"},
    "/close": {"sure": "yes", "pair": "BTCUSDT"},
    "/rollback": {"steps": "1"},
    "/changes/held0001/approve": {"token": "x"},
    "/changes/held0001/reject": {"token": "x"},
}
LOOKING = {
    *("trips", "trip", "equity", "candles", "judged", "status", "history", "held", "trades", "why", "show", "diff"),
    *("explain", "listen"),
}
"""What a page asks that only shows something."""
SCRIPT = "<script>alert(1)</script>"


def raw(browser: Browser, request: str) -> str:
    """Bytes that no client of ours would send; what came back."""
    with socket.create_connection(("127.0.0.1", browser.page.port), timeout=5) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        connection.settimeout(5)
        got = b""
        try:
            while chunk := connection.recv(65536):
                got += chunk
        except (TimeoutError, ConnectionError):
            pass
        return got.decode("latin-1")


def session(browser: Browser) -> str:
    return f"Cookie: sorte_session={browser.http.cookies['sorte_session']}"


# Names ----------------------------------------------------------------------------------------------------------------


def hosts() -> Iterator[tuple[str, Attack]]:
    """DNS rebinding, and what a Host header is bent to."""
    foreign = (
        "evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example@127.0.0.1",
        "127.0.0.1@evil.example", "127.0.0.1, evil.example", "127.0.0.1/", "127.0.0.1#", "0x7f000001", "2130706433",
        "127.1", "localhost:99999", "[::1].evil.example", "sorte.example.org.", "",
    )  # fmt: skip
    for host in foreign:
        yield (
            f"host {host!r}",
            lambda b, host=host: raw(b, f"GET / HTTP/1.1\nHost: {host}\n{session(b)}\nConnection: close\n\n"),
        )
    yield (
        "two hosts",
        lambda b: raw(
            b, f"GET / HTTP/1.1\nHost: {b.page.address[7:]}\nHost: evil.example\n{session(b)}\nConnection: close\n\n"
        ),
    )
    yield "no host", lambda b: raw(b, f"GET / HTTP/1.0\n{session(b)}\n\n")


# Forms of other sites -------------------------------------------------------------------------------------------------


def forms() -> Iterator[tuple[str, Attack]]:
    """Cross-site requests with the owner's cookie, with and without his token."""
    origins = {
        "a foreign origin": "http://evil.example",
        "an origin that begins as ours": "http://127.0.0.1:{port}.evil.example",
        "an origin with our name before it": "http://127.0.0.1:{port}@evil.example",
        "another port": "http://127.0.0.1:1",
        "no scheme": "127.0.0.1:{port}",
        "null": "null",
        "a file": "file://",
    }
    for name, origin in origins.items():

        def foreign(b: Browser, origin: str = origin) -> httpx.Response:
            headers = {"Origin": origin.format(port=b.page.port)}
            return b.http.post("/panic", data={"csrf": b.csrf, "sure": "yes"}, headers=headers)

        yield f"origin: {name}", foreign
    yield "no origin", lambda b: b.http.post("/panic", data={"csrf": b.csrf, "sure": "yes"})
    for site in ("cross-site", "same-site", "none"):
        yield (
            f"no origin, {site}",
            lambda b, site=site: b.http.post(
                "/panic", data={"csrf": b.csrf, "sure": "yes"}, headers={"Sec-Fetch-Site": site}
            ),
        )
    for path, fields in ACTIONS.items():
        yield f"no token: {path}", lambda b, path=path, fields=fields: b.post(path, dict(fields))
        yield f"a wrong token: {path}", lambda b, path=path, fields=fields: b.post(path, {"csrf": "x" * 32, **fields})
        yield f"read instead of sent: {path}", lambda b, path=path: b.get(f"{path}?csrf={b.csrf}&sure=yes")


def tokens() -> Iterator[tuple[str, Attack]]:
    """The token in the wrong place or form."""
    yield "the token of another session", lambda b: b.post("/panic", {"csrf": b.page.client().csrf, "sure": "yes"})
    yield "the token in the address", lambda b: b.post(f"/panic?csrf={b.csrf}&sure=yes", {"sure": "yes"})
    yield (
        "the session as its own token",
        lambda b: b.post("/panic", {"csrf": b.http.cookies["sorte_session"], "sure": "yes"}),
    )
    yield "two tokens", lambda b: b.http.post(
        "/panic", content=f"csrf=x&csrf={b.csrf}&sure=yes",
        headers={"Origin": b.page.address, "Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x", ""):
        yield (
            f"a body of {kind!r}",
            lambda b, kind=kind: b.http.post(
                "/panic", content=f"csrf={b.csrf}&sure=yes", headers={"Origin": b.page.address, "Content-Type": kind}
            ),
        )
    yield "no second word", lambda b: b.act("/panic")
    yield "a wrong second word", lambda b: b.act("/panic", sure="on")


# Sessions -------------------------------------------------------------------------------------------------------------


def sessions() -> Iterator[tuple[str, Attack]]:
    """Getting in without a link, and doing more than one may."""

    def as_session(b: Browser, token: str, path: str = "/history") -> httpx.Response:
        return get(f"{b.page.address}{path}", headers={"Cookie": f"sorte_session={token}"})

    yield "nobody", lambda b: get(f"{b.page.address}/history")
    for token in ("x", "", "0" * 43, "' OR 1=1 --", "%00", "../../etc/passwd"):
        yield f"a session {token!r}", lambda b, token=token: as_session(b, token)
    yield "a link's code as a session", lambda b: as_session(b, b.page.link())
    yield (
        "the session in the address",
        lambda b: get(f"{b.page.address}/history?sorte_session={b.http.cookies['sorte_session']}"),
    )
    yield "a session that left", _left
    yield "a session that has expired", _expired
    yield "the stream without a session", lambda b: get(f"{b.page.address}/live")
    for path, fields in ACTIONS.items():
        yield f"a reader: {path}", lambda b, path=path, fields=fields: b.page.client("reader").act(path, **fields)
    yield "a reader is asked", lambda b: b.page.client("reader").get("/sure/panic")
    yield "a link twice", _twice
    yield "a link that has expired", _late
    for code in ("x", "' OR '1'='1", "a" * 5000, "%", "\ud83c".encode("utf-8", "replace").decode()):
        yield f"a code {code[:12]!r}", lambda b, code=code: Browser(b.page).post("/login", {"code": code})


def _left(b: Browser) -> httpx.Response:
    other = b.page.client()
    token = other.http.cookies["sorte_session"]
    other.act("/logout")
    return get(f"{b.page.address}/history", headers={"Cookie": f"sorte_session={token}"})


def _expired(b: Browser) -> httpx.Response:
    other = b.page.client()
    b.page.clock.ahead_ns += 31 * 86_400 * 10**9
    try:
        return other.get("/history")
    finally:
        b.page.clock.ahead_ns = 0


def _twice(b: Browser) -> httpx.Response:
    code = b.page.link()
    assert Browser(b.page).post("/login", {"code": code}).status_code == 303
    return Browser(b.page).post("/login", {"code": code})


def _late(b: Browser) -> httpx.Response:
    code = b.page.link()
    b.page.clock.ahead_ns += 11 * 60 * 10**9
    try:
        return Browser(b.page).post("/login", {"code": code})
    finally:
        b.page.clock.ahead_ns = 0


# Requests that are bent -----------------------------------------------------------------------------------------------


def requests() -> Iterator[tuple[str, Attack]]:
    """Paths, methods and bodies that are not ours."""
    for path in (
        "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/texts.toml", "/static/..%5c..%5ctexts.toml",
        "/static//etc/passwd", "/static/%00", "/static/vendor/../../site.py", "/..%2f..%2fgateway.sqlite",
        "/changes/..%2f..%2fetc%2fpasswd", "/orders/%3Cscript%3E", "/names/a%20b", "/chart/price/..%2f..",
        f"/{'a' * 3000}",
    ):  # fmt: skip
        yield (
            f"path {path[:40]}",
            lambda b, path=path: raw(b, f"GET {path} HTTP/1.1\nHost: 127.0.0.1\n{session(b)}\nConnection: close\n\n"),
        )
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
        yield (
            f"method {method}",
            lambda b, method=method: raw(
                b, f"{method} /panic HTTP/1.1\nHost: 127.0.0.1\n{session(b)}\nConnection: close\n\n"
            ),
        )
    yield "another method in a header", lambda b: b.get("/panic", headers={"X-HTTP-Method-Override": "POST"})
    yield "a body of a megabyte", lambda b: b.act("/say", text="a" * 1_000_000)
    yield "more fields than a form has", lambda b: b.post("/say", {f"f{i}": "x" for i in range(100)})
    yield "bytes that are no text", lambda b: b.http.post(
        "/say", content=b"csrf=\xff\xfe",
        headers={"Origin": b.page.address, "Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    yield (
        "a length that is none",
        lambda b: raw(
            b,
            f"POST /say HTTP/1.1\nHost: 127.0.0.1\nOrigin: http://127.0.0.1\n{session(b)}\n"
            "Connection: close\nContent-Length: -1\n\n",
        ),
    )
    yield (
        "two lengths (smuggling)",
        lambda b: raw(
            b,
            f"POST /say HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 4\nContent-Length: 90\n"
            f"Connection: close\n{session(b)}\n\nGET ",
        ),
    )
    yield "a sentence of 1001 letters", lambda b: b.act("/say", text="a" * 1001)
    yield "no sentence", lambda b: b.act("/say", text=" ")
    yield "an answer to nothing", lambda b: b.act("/say/000000000000", answer="yes")
    yield "an approval of nothing", lambda b: b.act("/changes/held0001/approve", token="nothing")  # noqa: S106
    yield "metrics through a proxy", lambda b: b.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    yield "metrics under another name", lambda b: b.get("/metrics", headers={"Host": "sorte.example.org"})
    yield (
        "metrics with a wrong token",
        lambda b: b.get("/metrics", headers={"Authorization": "Bearer x", "X-Forwarded-For": "203.0.113.9"}),
    )


def all_of_them() -> list[tuple[str, Attack]]:
    """Every one that must be refused."""
    return [*hosts(), *forms(), *tokens(), *sessions(), *requests()]


def status_of(answer: httpx.Response | str) -> int:
    """Of an answer; 400 where the connection was closed without one."""
    if isinstance(answer, str):
        return int(answer.split(" ", 2)[1]) if answer.startswith("HTTP/") else 400
    return answer.status_code


def body_of(answer: httpx.Response | str) -> str:
    return answer if isinstance(answer, str) else answer.text


def told(answer: Any) -> str:
    """For the report of one that was not refused."""
    return json.dumps([status_of(answer), body_of(answer)[:80]])


def succeeded(page: Page, attacks: list[tuple[str, Attack]]) -> list[tuple[str, str, list[Any]]]:
    """Those that were not refused, or after which the commander was asked to do something."""
    owner, wrong = page.client(), []
    for name, attack in attacks:
        page.site.failures.__init__()  # type: ignore[misc] - the count of failed logins has a test of its own
        answer = attack(owner)
        done = [asked for asked in page.script.asked if asked.do not in LOOKING]
        if status_of(answer) not in REFUSED or done:
            wrong.append((name, told(answer), done))
            page.script.asked.clear()
    if page.script.paused or owner.get("/history").status_code != httpx.codes.OK:
        wrong.append(("afterwards", "trading is paused, or its owner was thrown out", []))
    return wrong
