"""Mail and webhook bring what lies in the outbox: as plain text, with TLS, once, and later where nobody answers."""

from __future__ import annotations

import asyncio
import email
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.settings import MailSettings
from services.gateway.outbox.mail import Mail, message_of
from services.gateway.outbox.parcel import Address, Later, Never, Parcel, Sent
from services.gateway.outbox.webhook import LONGEST, Webhook, body_of
from tests.gateway.hook import hook

PARCEL = Parcel(
    ids=(7,),
    address=Address("mail", ""),
    kind="fault",
    urgency="critical",
    title="Fault: <b>late</b>",
    text="blue: lost 3 turns & more",
    picture=None,
    sound=True,
    perhaps=False,
    tries=1,
    made_ns=5,
)
SETTINGS = {"host": "127.0.0.1", "security": "none", "sender": "sorte@example.org", "to": ("ana@example.org",)}


class Postman(socketserver.StreamRequestHandler):
    """An SMTP server as far as one mail goes; without STARTTLS."""

    def handle(self) -> None:
        server: Any = self.server
        self.wfile.write(b"220 hello\r\n")
        while line := self.rfile.readline():
            word = line.split(b" ")[0].strip().upper()
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                lines = []
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(part)
                server.mails.append(email.message_from_bytes(b"".join(lines)))
            if word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            code = server.codes.get(word, b"250 ok")
            self.wfile.write(code + b"\r\n")


class Post(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Postman)
        self.mails: list[Any] = []
        self.codes: dict[bytes, bytes] = {}


@pytest.fixture
def post() -> Iterator[Post]:
    with Post() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def mailed(post: Post, parcel: Parcel = PARCEL, **settings: Any) -> Sent | Later | Never:
    told = MailSettings(**(SETTINGS | {"port": post.server_address[1]} | settings))
    return asyncio.run(Mail(told).send(parcel))


def test_a_mail_arrives_as_it_was_put_in(post: Post, tmp_path: Path) -> None:
    picture = tmp_path / "equity.png"
    picture.write_bytes(b"\x89PNG....")
    assert mailed(post) == Sent()
    assert mailed(post, replace(PARCEL, picture=picture)) == Sent()
    plain, mixed = post.mails
    assert (plain["subject"], plain["from"], plain["to"]) == (
        "Sorte: Fault: <b>late</b>",
        "sorte@example.org",
        "ana@example.org",
    )
    assert plain["message-id"] == "<sorte-5-7@127.0.0.1>"  # the same at each try
    assert "blue: lost 3 turns & more" in plain.get_payload()
    assert [part.get_filename() for part in mixed.walk()][-1] == "equity.png"


def test_no_header_comes_out_of_a_text(post: Post) -> None:
    assert mailed(post, replace(PARCEL, title="x\r\nBcc: eve@example.org")) == Sent()
    assert post.mails[0]["bcc"] is None


def test_what_a_mail_server_says_is_taken_by_its_code(post: Post) -> None:
    post.codes = {b"RCPT": b"550 no such mailbox"}
    assert isinstance(mailed(post), Never)
    post.codes = {b"RCPT": b"450 busy"}
    assert isinstance(mailed(post), Later)
    post.codes = {b"MAIL": b"421 going down"}
    assert isinstance(mailed(post), Later)
    assert post.mails == []


def test_nothing_is_sent_in_the_clear_where_tls_was_asked_for(post: Post) -> None:
    for security in ("starttls", "tls"):
        assert isinstance(mailed(post, security=security), Later)
    assert post.mails == []


def test_nobody_there_is_later_and_surely_not_sent() -> None:
    with Post() as server:
        port = server.server_address[1]
    said = asyncio.run(Mail(MailSettings(**SETTINGS | {"port": port})).send(PARCEL))  # type: ignore[arg-type]
    assert isinstance(said, Later)
    assert not said.perhaps


def test_a_webhook_hears_what_slack_would_show() -> None:
    async def post_to(address: str, times: int) -> list[Sent | Later | Never]:
        async with httpx.AsyncClient() as client:
            return [await Webhook(address, client).send(PARCEL) for _ in range(times)]

    with hook() as heard:
        heard.codes = [200, 429, 503, 404, 302]
        said = asyncio.run(post_to(heard.address, 5))
    assert heard.posted == [{"text": "*Fault: &lt;b&gt;late&lt;/b&gt;*\nblue: lost 3 turns &amp; more"}]
    assert heard.messages == ["5-7"]
    assert said[:2] == [Sent(), Later(3.0, "HTTP 429")]
    assert [type(each) for each in said[2:]] == [Later, Never, Never]
    gone = asyncio.run(post_to(heard.address, 1))[0]
    assert isinstance(gone, Later)
    assert not gone.perhaps


def test_a_text_that_may_have_come_says_so_and_a_long_one_is_cut() -> None:
    again = Parcel(
        **{name: getattr(PARCEL, name) for name in PARCEL.__slots__} | {"perhaps": True, "text": "x" * 9_999}
    )
    assert "cut short" in message_of(again, MailSettings(**SETTINGS)).get_content()  # type: ignore[arg-type]
    shown = str(body_of(again)["text"])
    assert "cut short" in shown
    assert len(shown) == LONGEST
