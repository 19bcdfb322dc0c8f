"""Servers on loopback that speak as Ollama's and OpenAI's do, well or with a fault that is asked for by name."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GIB = 1 << 30
PLAN = '{"do": "set", "name": "volume", "value": "12"}'
DIGEST = "a" * 64
NS = 1_000_000
FIGURES = {
    "total_duration": 900 * NS,
    "load_duration": 100 * NS,
    "prompt_eval_count": 181,
    "prompt_eval_duration": 300 * NS,
    "eval_count": 20,
    "eval_duration": 500 * NS,
}


@dataclass
class Server:
    """One that listens. `asked` are the bodies of questions, in order."""

    url: str
    answer: str = PLAN
    fault: str = ""
    version: str = "0.33.0"
    size: int = 4 * GIB
    in_vram: int = 4 * GIB
    file_size: int = 3 * GIB
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


Fault = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Both protocols, by path."""

    protocol_version = "HTTP/1.1"
    of: Server

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        of = self.of
        model = {"name": "tiny:latest", "model": "tiny:latest", "digest": DIGEST}
        answers = {
            "/api/version": {"version": of.version},
            "/api/ps": {"models": [model | {"size": of.size, "size_vram": of.in_vram}]},
            "/api/tags": {"models": [model | {"size": of.file_size}]},
        }
        self.send(200, answers[self.path]) if self.path in answers else self.send(404, {"error": "no such path"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.of.asked.append(body)
        self.of.headers.append({name.lower(): value for name, value in self.headers.items()})
        with suppress(BrokenPipeError, ConnectionResetError):
            if self.of.fault in SHARED:
                SHARED[self.of.fault](self)
            elif self.path == "/api/generate":
                self.generate(body)
            else:
                self.complete()

    def send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def begin_stream(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def line(self, body: dict[str, Any] | str) -> None:
        self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode() + b"\n")
        self.wfile.flush()

    # Ollama -----------------------------------------------------------------------------------------------------------

    def generate(self, body: dict[str, Any]) -> None:
        of = self.of
        part = {"model": body["model"], "created_at": "2026-11-27T00:00:00Z", "response": "", "done": False}
        end = part | {"done": True, "done_reason": "stop"} | FIGURES
        self.begin_stream("application/x-ndjson")
        if of.fault == "thinking":
            self.line(part | {"thinking": "The user wants..."})
        for at in range(0, len(of.answer), 7):
            self.line(part | {"response": of.answer[at : at + 7]})
            if of.fault == "cut off":
                return
            if of.fault == "error in the stream":
                self.line({"error": "llama runner process has terminated"})
                return
            if of.fault == "no json":
                self.line("<html>Bad gateway</html>")
                return
            if of.fault == "slow":
                of.closing.wait(0.2)
        while of.fault == "endless":
            self.line(part | {"response": "x" * 500})
        self.line(end | ({"done_reason": "length"} if of.fault == "length" else {}))

    # OpenAI -----------------------------------------------------------------------------------------------------------

    def complete(self) -> None:
        of = self.of
        if of.fault == "no json":
            self.begin_stream("text/html")
            self.line("<html>Bad gateway</html>")
            return
        if of.fault == "another shape":
            self.send(200, {"object": "list", "data": []})
            return
        if of.fault in ("cut off", "slow", "endless"):
            self.send_response(200)
            self.send_header("Content-Length", "100000000")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            while of.fault == "endless" or (of.fault == "slow" and not of.closing.wait(0.1)):
                self.wfile.write(b" " * (10_000 if of.fault == "endless" else 1))
            self.close_connection = True
            return
        finish = "length" if of.fault == "length" else "stop"
        message = {"role": "assistant", "content": of.answer}
        usage = {"prompt_tokens": 181, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 180}}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        self.send(200, {"object": "chat.completion", "model": "tiny", "choices": [choice], "usage": usage})


def _hang(handler: Handler) -> None:
    handler.of.closing.wait(30)


SHARED: dict[str, Fault] = {
    "404": lambda handler: handler.send(404, {"error": "model 'tiny' not found"}),
    "500": lambda handler: handler.send(500, {"error": "it broke"}),
    "503": lambda handler: handler.send(503, {"error": "server busy, maximum pending requests exceeded"}),
    "hang": _hang,
}


@contextmanager
def serving() -> Iterator[Server]:
    """A server, to the end of the block."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_address[1]}")
    http.RequestHandlerClass = type("Bound", (Handler,), {"of": server})
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()
