"""Somebody who is logged in to the page, and his open pages: what a browser does without a window."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.gateway.store import opened


@contextlib.asynccontextmanager
async def logged_in(data: Path) -> AsyncIterator[httpx.AsyncClient]:
    """By a link, on the page of the gateway of that folder."""
    with opened(data) as store:
        address = store.notes.get("address")
        code = store.entering.make_link(time.time_ns(), owner="bench")
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    head = {"origin": address}
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30.0, headers=head) as client:
        entered = await client.post("/login", data={"code": code, "next": "/"})
        if entered.status_code != httpx.codes.SEE_OTHER:
            raise ConnectionError(f"the page let nobody in: {entered.status_code}")
        yield client


@dataclass(slots=True)
class LivePage:
    """An open page's stream of events."""

    lines: asyncio.Queue[str] = field(default_factory=asyncio.Queue)  # ids of what came
    heard: int = 0


@contextlib.asynccontextmanager
async def live(client: httpx.AsyncClient) -> AsyncIterator[LivePage]:
    """One, for as long as the block runs."""
    page = LivePage()

    async def read() -> None:
        async with client.stream("GET", "/live", timeout=None) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("id:"):
                    page.heard += 1
                    page.lines.put_nowait(line)

    reading = asyncio.ensure_future(read())
    try:
        yield page
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
