"""REST: `/api/v3/...` and `/sapi/v1/...` in, JSON out.

Parameters and signatures are read from the very bytes that were sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from services.simulator import auth
from services.simulator.dialect import BY_ROUTE, BY_WALLET_ROUTE, Operation, Sent, perform
from services.simulator.faults import Swallowed, arm
from services.simulator.refusals import Refusal
from services.simulator.venue import Venue

USED_WEIGHT: Final = "X-MBX-USED-WEIGHT-1M"
MAX_BODY: Final = 64 * 1024


def rest_handlers(venue: Venue, closing: asyncio.Event) -> list[web.RouteDef]:
    """`closing` releases the requests whose answer is never sent."""

    async def api(request: web.Request) -> web.StreamResponse:
        try:
            answer = await _answer(request, venue)
        except Swallowed:
            await closing.wait()
            answer = web.Response(status=503)
        answer.headers[USED_WEIGHT] = answer.headers["X-MBX-USED-WEIGHT"] = str(venue.limit.used)
        return answer

    async def script_faults(request: web.Request) -> web.StreamResponse:
        try:
            return _json(arm(venue.faults, msgspec.json.decode(await request.read())))
        except (ValueError, msgspec.DecodeError) as error:
            return _json({"error": str(error)}, status=400)

    async def show_faults(_: web.Request) -> web.StreamResponse:
        return _json({"counts": dict(venue.faults.counts), "armed": venue.faults.armed()})

    return [
        web.route("*", "/{base:api/v3|sapi/v1}/{path:.*}", api),
        web.post("/sim/faults", script_faults),
        web.get("/sim/faults", show_faults),
    ]


async def _answer(request: web.Request, venue: Venue) -> web.Response:
    routes: Mapping[Any, Operation] = BY_WALLET_ROUTE if request.match_info["base"] == "sapi/v1" else BY_ROUTE
    operation = routes.get((request.method, request.match_info["path"]))
    if operation is None:
        return _json({"code": -1020, "msg": "This operation is not supported."}, status=404)
    try:
        return _json(await perform(venue, operation, await _sent(request)))
    except Refusal as refusal:
        return _refused(refusal)


def _refused(refusal: Refusal) -> web.Response:
    response = _json(refusal.body(), status=refusal.status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


async def _sent(request: web.Request) -> Sent:
    # `raw_path` and the body are what the client signed; decoding and encoding again would not give the same bytes.
    query = request.raw_path.partition("?")[2]
    body = (await request.read()).decode("latin-1")
    params: dict[str, str] = {}
    for part in (query, body):
        seen: set[str] = set()
        for name, value in _pairs(part):
            if name in seen:
                raise Refusal(-1101, "Duplicate values for a parameter detected.")
            seen.add(name)
            params.setdefault(name, value)
    return Sent(params, request.headers.get("X-MBX-APIKEY"), (auth.form_payload(query, body),))


def _pairs(part: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(part, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        raise Refusal(-1101, "Too many parameters; expected '100' at most.") from None


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
