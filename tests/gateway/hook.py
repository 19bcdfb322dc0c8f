"""A webhook on loopback, in a thread: keeps what is posted to it, and answers as it is told."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook:
    """What was posted, and what the next ones are answered; an empty list of codes is 200."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.messages: list[str] = []
        self.codes: list[int] = []
        self.address = ""


@contextlib.contextmanager
def hook() -> Iterator[Hook]:
    """A webhook that listens for as long as the block runs."""
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            code = made.codes.pop(0) if made.codes else 200
            if code < 300:
                made.posted.append(json.loads(body))
                made.messages.append(self.headers["x-sorte-message"])
            self.send_response(code)
            if code == 429:
                self.send_header("retry-after", "3")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
