"""Serves the page in the gateway's own loop, at a socket that listens already, until it is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn

from services.gateway.web.app import make_app
from services.gateway.web.security.guard import Guard
from services.gateway.web.site import Site

END_SECONDS: Final = 2
"""Open pages are told that we end; who is not gone by then is hung up on."""


class Server(uvicorn.Server):
    """One that leaves signals to the process that it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(site: Site, listener: socket.socket) -> None:
    """Answer requests until cancelled."""
    app = make_app(site)
    server = Server(configured(app))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        app.end()
        server.should_exit = True
        await serving
        raise


def configured(app: Guard) -> uvicorn.Config:
    """How requests are read. Nothing of them is logged: a link's code stands in an address."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=END_SECONDS,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=32 * 1024,
    )
