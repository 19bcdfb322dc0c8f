"""The Bot API on a loopback port: `http://127.0.0.1:PORT/bot<token>/<method>`.

What it does wrong on purpose is a script: a function that is asked before each call and answers what to do instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiohttp import web

from services.simulator.telegram.messages import Chats
from services.simulator.telegram.methods import Files, Methods, parameters
from services.simulator.telegram.refusing import ApiRefusal, conflict

Fault = ApiRefusal | str | None
"""A refusal; `reset` (the connection is cut before anything is done), `lost` (after it was done); None for neither."""
Script = Callable[[str, dict[str, Any]], Fault]
MOST_UPDATES: Final = 100
SHUTDOWN_SECONDS: Final = 0.2


class BotApi:
    """One bot's Telegram: `chats` has what was said, `calls` the methods that were called, in order."""

    def __init__(self, token: str, clock: Callable[[], float]) -> None:
        self.token, self.chats = token, Chats(clock)
        self.script: Script = lambda _, __: None
        self.calls: list[tuple[str, float]] = []
        self.port = 0
        self.polling = False
        """Somebody waits for updates."""
        self._methods = Methods(self.chats)
        self._woken = asyncio.Event()
        self.chats.on_update = self._wake
        self._poll = 0  # number of the getUpdates that counts; an older one is ended by a newer

    @property
    def base_url(self) -> str:
        """As the library takes it: the token comes right behind."""
        return f"http://127.0.0.1:{self.port}/bot"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        if request.match_info["token"] != self.token:
            return _told(ApiRefusal(401, "Unauthorized"))
        method = request.match_info["method"]
        try:
            given, files = await _given(request)
            return await self._answer(request, method, given, files)
        except ApiRefusal as refusal:
            return _told(refusal)

    async def _answer(self, request: web.Request, method: str, given: dict[str, Any], files: Files) -> web.Response:
        self.calls.append((method, self.chats.clock()))
        fault = self.script(method, given)
        if isinstance(fault, ApiRefusal):
            raise fault
        if fault == "reset":
            _cut(request)
        if method == "getUpdates":
            result = await self._updates(given)
        elif self._methods.known(method):
            result = self._methods.call(method, given, files)
        else:
            raise ApiRefusal(404, "Not Found: method not found")
        if fault == "lost":
            _cut(request)
        return web.json_response({"ok": True, "result": result})

    async def _updates(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """What waits from `offset` on; what is before it is forgotten. Held for `timeout` seconds when nothing does."""
        self._poll += 1
        mine, offset = self._poll, int(given.get("offset", 0))
        limit = min(int(given.get("limit", MOST_UPDATES)), MOST_UPDATES)
        self.chats.updates = [each for each in self.chats.updates if each["update_id"] >= offset]
        self._wake()
        self.polling = True
        try:
            return await self._held(given, mine, limit)
        finally:
            self.polling = self._poll != mine

    async def _held(self, given: dict[str, Any], mine: int, limit: int) -> list[dict[str, Any]]:
        with suppress(TimeoutError):
            async with asyncio.timeout(int(given.get("timeout", 0))):
                while not self.chats.updates:
                    await self._woken.wait()
                    if self._poll != mine:
                        raise conflict()
        return self.chats.updates[:limit]

    def _wake(self) -> None:
        """Let whoever waits look again: something came, or somebody else asks now."""
        self._woken.set()
        self._woken = asyncio.Event()


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError


async def _given(request: web.Request) -> tuple[dict[str, Any], Files]:
    if request.content_type == "application/json":
        return dict(await request.json()), {}
    fields: dict[str, str] = dict(request.query)
    files: dict[str, tuple[str, bytes]] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        else:
            fields[name] = str(value)
    return parameters(fields), files


def _told(refusal: ApiRefusal) -> web.Response:
    return web.json_response(refusal.body, status=refusal.code)


@asynccontextmanager
async def serve(
    token: str,
    clock: Callable[[], float],
    port: int = 0,
    beside: Callable[[BotApi], Iterable[web.RouteDef]] = lambda _: (),
) -> AsyncIterator[BotApi]:
    """Serve one bot on loopback for as long as the block runs; port 0 takes a free one, `beside` adds routes."""
    api = BotApi(token, clock)
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/bot{token:[^/]+}/{method}", api.handle)
    app.router.add_routes(beside(api))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    api.port = runner.addresses[0][1]
    try:
        yield api
    finally:
        await runner.cleanup()
