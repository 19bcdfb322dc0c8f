"""The page behind the nginx of docs/proxy: over TLS, under its own name, alive."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.contracts.told import Note
from tests.gateway.web.house import Page, until

SHOWN = Path(__file__).parents[3] / "docs/proxy/nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
NAME = "sorte.example.org"
pytestmark = [pytest.mark.long, pytest.mark.skipif(NGINX is None, reason="no nginx on this machine")]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with Page(tmp_path / "data", names=(NAME,)) as served:
        yield served


@pytest.fixture
def proxy(page: Page, tmp_path: Path) -> Iterator[httpx.Client]:
    """A browser that asks through it."""
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    key, certificate = tmp_path / "key", tmp_path / "crt"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *subject]
    subprocess.run(made, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shown = SHOWN.read_text(encoding="utf-8")
    for of_ours, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/sorte.crt", str(certificate)),
        ("/etc/ssl/sorte.key", str(key)),
        ("127.0.0.1:8787;\n        #", f"127.0.0.1:{page.port};\n        #"),
    ):
        assert of_ours in shown
        shown = shown.replace(of_ours, here)
    whole = (
        f"pid {tmp_path}/pid; error_log {tmp_path}/log; daemon off;\nevents {{}}\nhttp {{ access_log off;\n{shown}}}\n"
    )
    (tmp_path / "nginx.conf").write_text(whole)
    context = ssl.create_default_context(cafile=str(certificate))
    started = subprocess.Popen([str(NGINX), "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "log"])
    try:
        until(lambda: _listens(port))
        transport = _To(port, context)
        yield httpx.Client(base_url=f"https://{NAME}", transport=transport, timeout=20)
    finally:
        started.terminate()
        started.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


class _To(httpx.HTTPTransport):
    """Connects to the proxy on this machine, whatever the name; the name is what it asks for and checks."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = NAME
        request.headers["Host"] = NAME
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return super().handle_request(request)


def test_the_page_is_served_over_tls_and_stays_alive(proxy: httpx.Client, page: Page) -> None:
    assert proxy.get("/login").status_code == 200
    origin = {"Origin": f"https://{NAME}"}
    entered = proxy.post("/login", data={"code": page.link()}, headers=origin)
    assert (entered.status_code, "; Secure" in entered.headers["set-cookie"]) == (303, True)
    cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    assert "10" in proxy.get("/", headers=cookie).text
    assert proxy.get("/metrics").status_code == 403
    assert (
        proxy.post("/pause", data={"csrf": "x"}, headers=cookie | {"Origin": "https://evil.example"}).status_code == 403
    )
    with proxy.stream("GET", "/live", headers=cookie) as stream:
        page.tell(Note(text="through the proxy"))
        assert any("through the proxy" in line for line in stream.iter_lines())
