"""The first that sees a request: what is not meant for us, or not made by us, goes no further.

It is a plain ASGI application around the others, so that a stream passes through it without being held.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.web.security.headers import HEADERS, NO_STORE
from services.gateway.web.security.hosts import SAFE, is_from_here, is_ours

LONGEST_BODY: Final = 64 * 1024
LONGEST_PATH: Final = 2048
METHODS: Final = frozenset({*SAFE, "POST"})
STATIC: Final = "/static/"
API: Final = "/api/"
ENTER: Final = "/api/v1/session"
"""Where a program logs in, with a code and with no cookie that could be somebody else's."""


class Guard:
    """Refuses by Host, Origin, method and size; puts the headers on every answer, of its own ones too."""

    def __init__(self, app: ASGIApp, names: Collection[str], end: Callable[[], None]) -> None:
        """`end` lets every open page go."""
        self._app, self._names, self.end = app, names, end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there is no WebSocket here
            return
        safely = _with_headers(send, keep=scope["path"].startswith(STATIC))
        if (refusal := self._refusal(scope)) is not None:
            await _refused(scope, *refusal)(scope, receive, safely)
            return
        await self._app(scope, _limited(receive), safely)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers, method = Headers(scope=scope), scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_ours(hosts[0], self._names):
            return 421, "This name is not one of this page's; see web.names in the settings."
        if method not in METHODS:
            return 405, "Method not allowed."
        if len(scope["raw_path"]) > LONGEST_PATH or "\0" in scope["path"]:
            return 404, "There is no such page."
        if _too_long(headers):
            return 413, "That is longer than anything this page takes."
        with_token = headers.get("authorization", "").casefold().startswith("bearer ") and "cookie" not in headers
        enters = scope["path"] == ENTER and "cookie" not in headers
        if method not in SAFE and not with_token and not enters and not is_from_here(headers, hosts[0]):
            return 403, "This was not sent by this page, and nothing was done."
        return None


def _refused(scope: Scope, status: int, said: str) -> Response:
    """As text, or as JSON to a program."""
    allowed = {"Allow": ", ".join(sorted(METHODS))} if status == 405 else {}
    if scope["path"].startswith(API):
        return JSONResponse({"error": {"message": said, "hint": ""}}, status, allowed)
    return PlainTextResponse(f"{said}\n", status, allowed)


def _too_long(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return not length.isdigit() or int(length) > LONGEST_BODY


def _limited(receive: Receive) -> Receive:
    """A body without a length (chunked) is cut off where it gets too long, and its client with it."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > LONGEST_BODY else message

    return limited


def _with_headers(send: Send, *, keep: bool) -> Send:
    """Our headers on the answer; nothing is kept by a browser but files that never change under their name."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            added = HEADERS if keep and message["status"] == 200 else (*HEADERS, NO_STORE)
            message["headers"] = [*message["headers"], *(each for each in added if each[0] not in there)]
        await send(message)

    return sending
