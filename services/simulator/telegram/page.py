"""A small chat page before the simulated Telegram: a person reads and writes where else his phone would be.

It is for this machine alone: a request from another page, or under another name of ours, is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from services.simulator.telegram.messages import Sent
from services.simulator.telegram.server import BotApi

STATIC: Final = Path(__file__).with_name("static")
FILES: Final = {"chat.js": "text/javascript", "chat.css": "text/css", "chat.svg": "image/svg+xml"}
LOOK_SECONDS: Final = 0.15
HOLD_SECONDS: Final = 20.0
"""So long an answer waits for something new."""
LONGEST: Final = 4_096
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class ChatPage:
    """The chat of one person with the bot of `api`."""

    def __init__(self, api: BotApi, user: int, names: dict[str, str]) -> None:
        """`names` are the words of the page, by their places in it: `{{title}}` and so on."""
        self._api, self._user, self._names = api, user, names
        self.links: dict[str, str] = {}  # what the page offers beside the chat: words -> address
        self.said: list[dict[str, Any]] = []  # what the person wrote
        self.on_break: Callable[[], None] = lambda: None

    def routes(self) -> Iterable[web.RouteDef]:
        """Where it is served."""
        yield web.get("/", self._page)
        yield web.get("/static/{name}", self._file)
        yield web.get("/chat/messages", self._messages)
        yield web.get("/chat/picture/{id}", self._picture)
        yield web.post("/chat/say", self._say)
        yield web.post("/chat/press", self._press)
        yield web.post("/chat/break", self._break)

    def messages(self) -> list[dict[str, Any]]:
        """Everything that stands in the chat, oldest first."""
        sent = [_shown(each) for each in self._api.chats.in_chat(self._user)]
        return sorted([*sent, *self.said], key=lambda each: each["id"])

    def say(self, text: str) -> None:
        """The person writes."""
        self._api.chats.says(self._user, self._user, text)
        message = self._api.chats.updates[-1]["message"]
        self.said.append(
            {"id": message["message_id"], "own": True, "html": "", "text": text, "rows": [], "kind": "text"}
        )

    async def _page(self, request: web.Request) -> web.Response:
        self._check(request)
        page = (STATIC / "chat.html").read_text(encoding="utf-8")
        for place, word in self._names.items():
            page = page.replace("{{" + place + "}}", word)
        return web.Response(text=page, content_type="text/html", headers=HEADERS)

    async def _file(self, request: web.Request) -> web.Response:
        kind = FILES.get(request.match_info["name"])
        if kind is None:
            raise web.HTTPNotFound
        text = (STATIC / request.match_info["name"]).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=kind, headers=HEADERS)

    async def _messages(self, request: web.Request) -> web.Response:
        """All of it, as soon as it is other than what the page has."""
        self._check(request)
        known, loop = request.query.get("version", ""), asyncio.get_running_loop()
        until = loop.time() + HOLD_SECONDS
        while (version := self._version()) == known and loop.time() < until:  # noqa: ASYNC110 - edits wake nobody
            await asyncio.sleep(LOOK_SECONDS)
        told = {"version": version, "messages": self.messages(), "links": self.links}
        return web.json_response(told, headers=HEADERS)

    def _version(self) -> str:
        sent = self._api.chats.in_chat(self._user)
        return (
            f"{len(sent)}.{len(self.said)}.{sum(len(each.edits) + len(each.rows) for each in sent)}.{len(self.links)}"
        )

    async def _picture(self, request: web.Request) -> web.Response:
        self._check(request)
        sent = self._api.chats.sent.get((self._user, int(request.match_info["id"])))
        if sent is None or sent.kind != "photo":
            raise web.HTTPNotFound
        return web.Response(body=sent.content, content_type="image/png", headers=HEADERS)

    async def _say(self, request: web.Request) -> web.Response:
        text = str((await self._given(request)).get("text", "")).strip()[:LONGEST]
        if text:
            self.say(text)
        return web.json_response({}, headers=HEADERS)

    async def _press(self, request: web.Request) -> web.Response:
        given = await self._given(request)
        sent = self._api.chats.sent.get((self._user, int(given.get("id", 0))))
        if sent is not None and given.get("data") in sent.buttons.values():
            self._api.chats.press(sent, str(given["data"]), self._user)
        return web.json_response({}, headers=HEADERS)

    async def _break(self, request: web.Request) -> web.Response:
        """What runs is broken, for who wants to see what becomes of that."""
        await self._given(request)
        self.on_break()
        return web.json_response({}, headers=HEADERS)

    async def _given(self, request: web.Request) -> dict[str, Any]:
        self._check(request)
        if request.content_type != "application/json":  # what a form of another page cannot send
            raise web.HTTPUnsupportedMediaType
        given = await request.json()
        return given if isinstance(given, dict) else {}

    def _check(self, request: web.Request) -> None:
        ours = {f"127.0.0.1:{self._api.port}", f"localhost:{self._api.port}"}
        origin = request.headers.get("origin")
        if request.host not in ours or (origin is not None and origin.removeprefix("http://") not in ours):
            raise web.HTTPForbidden


def _shown(sent: Sent) -> dict[str, Any]:
    rows = [
        [{"text": each["text"], "data": each.get("callback_data", ""), "url": each.get("url", "")} for each in row]
        for row in sent.rows
    ]
    return {
        "id": sent.message_id,
        "own": False,
        "html": sent.source,
        "text": sent.text,
        "rows": rows,
        "kind": sent.kind,
    }
