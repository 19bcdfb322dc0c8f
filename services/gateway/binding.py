"""Where the page is: a socket that listens before anything else does, and the address that says so."""

from __future__ import annotations

import errno
import socket
from typing import Final

from core.errors import ConfigurationError
from core.settings import WebSettings

USUAL_PORT: Final = WebSettings().port
NEXT_PORTS: Final = 10
"""So many after the usual one are tried when that is another run's; one that the owner has named is not left."""


def bound(web: WebSettings) -> socket.socket:
    """A listening socket. Raises ConfigurationError where there is none to be had."""
    own = web.port != USUAL_PORT
    tries = [web.port] if own else [*range(USUAL_PORT, USUAL_PORT + NEXT_PORTS), 0]
    for port in tries:
        try:
            return _listening(web.host, port)
        except OSError as error:
            if own or error.errno != errno.EADDRINUSE:
                said = f"The page cannot listen at {web.host}, port {port}: {error.strerror}."
                raise ConfigurationError(said, "Set web.host and web.port, or web.enabled = false.") from None
    raise AssertionError("port 0 is free")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio turns Nagle's algorithm off for that alone, and each answer would wait 40 ms
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


def address_of(listener: socket.socket) -> str:
    """http://127.0.0.1:8787, for a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - it is compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def login_link(address: str, code: str) -> str:
    """Where a code logs in, once."""
    return f"{address}/login?code={code}"
