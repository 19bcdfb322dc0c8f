"""Plain clients for the tests: REST, streams and order API over real sockets, each wait with a deadline."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import aiohttp

from services.simulator import DEFAULT_PAIRS, Sim, SimSettings, serve

DEADLINE_SECONDS = 10.0
BTC, ETH = DEFAULT_PAIRS[:2]

MINUTE_START_MS = 1_700_000_040_000
"""A full minute, for markets that must not begin in the middle of a bar."""


def settings(**changes: Any) -> SimSettings:
    """A small exchange: two pairs, a short past, and money on both sides."""
    usual: dict[str, Any] = {
        "pairs": (BTC, ETH),
        "balances": {"USDT": Decimal(100_000), "BTC": Decimal(2)},
        "history_bars": 5,
        "events_per_second": 200,
        "latency_ms": 1.0,
    }
    return SimSettings(**{**usual, **changes})


def quiet(**changes: Any) -> SimSettings:
    """As above, with a market that stands still for the length of a test: its first move comes after 1,000 seconds."""
    return settings(events_per_second=0.001, **changes)


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in a loop of its own, with a deadline for the whole."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 6 * DEADLINE_SECONDS))

    return run


async def within(awaitable: Awaitable[Any], seconds: float = DEADLINE_SECONDS) -> Any:
    return await asyncio.wait_for(awaitable, seconds)


async def until(happened: Callable[[], Any]) -> None:
    """Let the loop turn until it happened, with a deadline; for what no message tells."""

    async def turn() -> None:
        while not happened():  # noqa: ASYNC110 - what is waited for has no event to set
            await asyncio.sleep(0)

    await within(turn())


class Answer:
    def __init__(self, status: int, headers: Any, body: Any) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def code(self) -> int | None:
        """The error code, or None for an answer that is no error."""
        return self.body.get("code") if isinstance(self.body, dict) else None


class Client:
    """One client with the right key, unless it is told otherwise."""

    def __init__(self, sim: Sim, session: aiohttp.ClientSession) -> None:
        self.sim, self.session = sim, session
        self.key, self.secret = sim.settings.api_key, sim.settings.api_secret

    def signed(self, params: dict[str, Any]) -> str:
        query = urlencode({"timestamp": int(time.time() * 1000), **params})
        return f"{query}&signature={hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"

    async def send(self, method: str, path: str, query: str = "", **options: Any) -> Answer:
        url = f"{self.sim.rest_url}/api/v3/{path}" + (f"?{query}" if query else "")
        headers = {"X-MBX-APIKEY": self.key} if self.key else {}
        async with self.session.request(method, url, headers=headers, **options) as response:
            return Answer(response.status, response.headers, json.loads(await response.read() or "null"))

    async def get(self, path: str, **params: Any) -> Answer:
        return await within(self.send("GET", path, urlencode(params)))

    async def private(self, method: str, path: str, **params: Any) -> Answer:
        return await within(self.send(method, path, self.signed(params)))

    async def place(self, **params: Any) -> Answer:
        return await self.private("POST", "order", **{"symbol": "BTCUSDT", **params})

    async def limit(self, side: str, quantity: str, price: str, **params: Any) -> Answer:
        usual = {"type": "LIMIT", "timeInForce": "GTC"}
        return await self.place(**{**usual, "side": side, "quantity": quantity, "price": price, **params})

    async def market(self, side: str, **params: Any) -> Answer:
        return await self.place(side=side, type="MARKET", **params)


class Socket:
    """One WebSocket; `next` waits for the first message that the predicate likes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> Any:
        return json.loads((await within(self.socket.receive())).data)

    async def next(self, likes: Callable[[Any], bool]) -> Any:
        async def search() -> Any:
            while not likes(message := json.loads((await self.socket.receive()).data)):
                pass
            return message

        return await within(search())

    async def until_closed(self) -> None:
        ends = (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE)

        async def read() -> None:
            while (await self.socket.receive()).type not in ends:
                pass

        await within(read())

    async def take(self, count: int, likes: Callable[[Any], bool] = lambda _: True) -> list[Any]:
        return [await self.next(likes) for _ in range(count)]

    async def ask(self, method: str, params: Any = None, request_id: Any = 1) -> Any:
        """One request of a stream connection or of the order API, and its answer."""
        await self.socket.send_json({"id": request_id, "method": method, "params": params})
        return await self.next(lambda message: "id" in message and message["id"] == request_id)


@asynccontextmanager
async def running(chosen: SimSettings) -> AsyncIterator[tuple[Sim, Client]]:
    async with serve(chosen) as sim, aiohttp.ClientSession() as session:
        yield sim, Client(sim, session)


@asynccontextmanager
async def connected(client: Client, url: str) -> AsyncIterator[Socket]:
    async with client.session.ws_connect(url, max_msg_size=0) as socket:
        yield Socket(socket)


def ws_params(client: Client, **params: Any) -> dict[str, Any]:
    """Signed parameters of the order API: the signature covers them in alphabetic order."""
    named = {"apiKey": client.key, "timestamp": int(time.time() * 1000), **params}
    payload = "&".join(f"{name}={value}" for name, value in sorted(named.items()))
    return {**named, "signature": hmac.new(client.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()}
