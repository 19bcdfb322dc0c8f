"""The WebSocket API at `/ws-api/v3`: the same operations as REST, one JSON request per frame.

Requests of one connection are carried out side by side, so answers may overtake one another as on the exchange; the
client matches them by `id`. Events of a user data subscription come on the same connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import WSMsgType, web

from services.simulator import auth
from services.simulator.clock import wall_ms
from services.simulator.dialect import BY_METHOD, Operation, Sent, perform
from services.simulator.faults import Swallowed
from services.simulator.refusals import Refusal, invalid, missing
from services.simulator.streams import HEARTBEAT_SECONDS, Connection, frame
from services.simulator.venue import Venue

_decoder: Final = msgspec.json.Decoder(float_hook=str)
"""Numbers with a fraction stay the text that was sent, so that nothing is rounded and signatures hold."""


def ws_api_handlers(venue: Venue, connections: set[Connection]) -> list[web.RouteDef]:
    """`connections` holds the open ones."""

    async def serve(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        if request.transport is None:
            return socket
        connection = Connection(request.transport, venue.settings.backlog_bytes)
        connections.add(connection)
        tasks: set[asyncio.Task[None]] = set()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    task = asyncio.create_task(_reply(venue, connection, message.data))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        finally:
            connections.discard(connection)
            venue.users.forget(connection)
            for task in tasks:
                task.cancel()
        return socket

    return [web.get("/ws-api/v3", serve)]


async def _reply(venue: Venue, connection: Connection, message: str) -> None:
    request_id: Any = None
    with_limits = True
    try:
        request_id, method, params = _parsed(message)
        with_limits = params.pop("returnRateLimits", "true") != "false"
        sent = Sent(params, params.get("apiKey"), auth.sorted_payloads(params))
        result = await perform(venue, _operation(method), sent, connection)
        answer = {"id": request_id, "status": 200, "result": result}
    except Refusal as refusal:
        answer = {"id": request_id, "status": refusal.status, "error": _error(refusal, venue.faults.clock_ms)}
    except Swallowed:
        return
    if with_limits:
        answer["rateLimits"] = [{**venue.limit.described(), "count": venue.limit.used}]
    connection.write(frame(msgspec.json.encode(answer)))


def _operation(method: str) -> Operation:
    operation = BY_METHOD.get(method.removeprefix("v3/"))
    if operation is None:
        raise invalid("method")
    return operation


def _error(refusal: Refusal, clock_ms: int) -> dict[str, Any]:
    if refusal.retry_after is None:
        return refusal.body()
    now = wall_ms() + clock_ms
    return {**refusal.body(), "data": {"serverTime": now, "retryAfter": now + refusal.retry_after * 1000}}


def _parsed(message: str) -> tuple[Any, str, dict[str, str]]:
    try:
        request = _decoder.decode(message)
    except (msgspec.DecodeError, ValueError):
        raise Refusal(-1135, "Invalid JSON Request") from None
    if not isinstance(request, dict) or not isinstance(request.get("params", {}), (dict, type(None))):
        raise Refusal(-1135, "Invalid JSON Request")
    if not isinstance(request.get("method"), str):
        raise missing("method")
    return request.get("id"), request["method"], _texts(request.get("params") or {})


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    """Every value as the text that a form would carry; a list stays JSON, an object or null is no value at all."""
    texts: dict[str, str] = {}
    for name, value in params.items():
        if isinstance(value, bool):
            texts[name] = "true" if value else "false"
        elif isinstance(value, (str, int)):
            texts[name] = str(value)
        elif isinstance(value, list):
            texts[name] = msgspec.json.encode(value).decode()
        else:
            raise missing(name)
    return texts
