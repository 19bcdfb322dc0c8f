"""Ollama and OpenAI's protocol over real HTTP, with each fault that such servers are known for."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from core.llm.backends.ollama import Ollama
from core.llm.backends.ollama_gpu import verdict
from core.llm.backends.openai import OpenAI
from core.llm.chain import Attempt, Chain
from core.llm.request import Backend, Failure, Gpu, Reply, Request, Why
from tests.llm.questions import WANTED, question
from tests.llm.servers import DIGEST, GIB, PLAN, Server, serving

KEY = "hunter2hunter2"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


def backend(kind: str, url: str) -> Backend:
    return Ollama(url, "tiny", "30m") if kind == "ollama" else OpenAI(f"{url}/v1", "tiny", KEY)


def asked(kind: str, server: Server, request: Request | None = None) -> Reply | Failure:
    async def ask() -> tuple[Attempt, ...]:
        chain = Chain([backend(kind, server.url)])
        try:
            return await chain.ask(request or question())
        finally:
            await chain.close()

    (attempt,) = asyncio.run(ask())
    return attempt.outcome


BOTH = pytest.mark.parametrize("kind", ["ollama", "openai"])


@BOTH
def test_an_answer_comes_as_checked_data(kind: str, server: Server) -> None:
    reply = asked(kind, server)
    assert isinstance(reply, Reply)
    assert reply.data == WANTED
    assert reply.figures.prompt_tokens == 181
    assert reply.figures.eval_tokens == 20


def test_ollama_is_asked_with_schema_context_and_no_thinking(server: Server) -> None:
    reply = asked("ollama", server)
    assert isinstance(reply, Reply)
    (body,) = server.asked
    assert body["format"] == question().schema
    assert body["think"] is False
    assert body["keep_alive"] == "30m"
    assert body["options"] == {"num_ctx": 4096, "num_predict": 64, "temperature": 0, "seed": 7}
    assert (reply.figures.digest, reply.figures.version) == (DIGEST, "0.33.0")
    assert (reply.figures.load_ms, reply.figures.prompt_ms, reply.figures.eval_ms) == (100, 300, 500)
    assert reply.gpu.verdict is Gpu.YES


def test_openai_is_asked_with_schema_and_key(server: Server) -> None:
    asked("openai", server)
    (body,), (headers,) = server.asked, server.headers
    assert body["response_format"]["json_schema"]["schema"] == question().schema
    assert headers["authorization"] == f"Bearer {KEY}"


@BOTH
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("404", Why.ABSENT),
        ("500", Why.BROKEN),
        ("503", Why.BUSY),
        ("cut off", Why.CUT_OFF),
        ("endless", Why.CUT_OFF),
        ("length", Why.CUT_OFF),
        ("no json", Why.BROKEN),
    ],
)
def test_a_fault_of_the_server_is_a_reason_to_go_on(kind: str, fault: str, why: Why, server: Server) -> None:
    server.fault = fault
    outcome = asked(kind, server)
    assert isinstance(outcome, Failure)
    assert outcome.why is why
    assert KEY not in outcome.detail


@BOTH
@pytest.mark.parametrize("fault", ["slow", "hang"])
def test_who_is_late_is_given_up_at_its_deadline(kind: str, fault: str, server: Server) -> None:
    server.fault, server.answer = fault, PLAN * 20
    begun = time.monotonic()
    outcome = asked(kind, server, question(seconds=0.6))
    assert isinstance(outcome, Failure)
    assert outcome.why is Why.LATE
    assert time.monotonic() - begun < 30


def test_an_error_in_the_middle_of_a_stream_is_one(server: Server) -> None:
    server.fault = "error in the stream"
    outcome = asked("ollama", server)
    assert isinstance(outcome, Failure)
    assert outcome.why is Why.BROKEN


def test_an_answer_of_another_shape_is_none(server: Server) -> None:
    server.fault = "another shape"
    outcome = asked("openai", server)
    assert isinstance(outcome, Failure)
    assert outcome.why is Why.BROKEN


@BOTH
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Why.NOT_JSON),
        ("Sure! I will set the volume.", Why.NOT_JSON),
        (PLAN[:-3], Why.NOT_JSON),
        (PLAN + PLAN, Why.NOT_JSON),
        ('{"do": "set", "name": "volume", "value": 1e999}', Why.NOT_JSON),
        ('{"do": "set", "name": "volume", "value": NaN}', Why.NOT_JSON),
        ("[" * 5000 + "{", Why.NOT_JSON),
        ('{"do": "set", "name": "password", "value": "12"}', Why.OFF_SCHEMA),
        ('{"do": "set", "name": "volume", "value": "12; import os"}', Why.OFF_SCHEMA),
        ('{"do": "set", "name": "volume", "value": "12", "also": "this"}', Why.OFF_SCHEMA),
        ('{"do": "set", "name": "volume"}', Why.OFF_SCHEMA),
    ],
)
def test_what_is_no_answer_is_refused_whoever_said_it(kind: str, text: str, why: Why, server: Server) -> None:
    server.answer = text
    outcome = asked(kind, server)
    assert isinstance(outcome, Failure)
    assert outcome.why is why
    assert "import os" not in outcome.detail


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        f"<think>He wants {{12}}.</think>\n{PLAN}",
        f"He wants 12.</think>{PLAN}",
        f"```json\n{PLAN}\n```",
        f"Here it is:\n{PLAN}\n",
    ],
)
def test_thoughts_fences_and_greetings_are_left_away(kind: str, text: str, server: Server) -> None:
    server.answer = text
    reply = asked(kind, server)
    assert isinstance(reply, Reply)
    assert reply.data == WANTED


def test_thoughts_that_come_by_themselves_are_no_answer(server: Server) -> None:
    server.fault, server.answer = "thinking", ""
    outcome = asked("ollama", server)
    assert isinstance(outcome, Failure)
    assert outcome.why is Why.NOT_JSON


@BOTH
def test_an_address_where_nobody_listens_is_refused(kind: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    outcome = asked(kind, Server(url))
    assert isinstance(outcome, Failure)
    assert outcome.why is Why.REFUSED


@BOTH
def test_no_proxy_of_the_machine_is_asked(kind: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OLLAMA_HOST"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert isinstance(asked(kind, server), Reply)


# The graphics card ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "in_vram", "file_size", "version", "said"),
    [
        (4 * GIB, 4 * GIB, 3 * GIB, "0.33.0", Gpu.YES),
        (4 * GIB, 2 * GIB, 3 * GIB, "0.33.0", Gpu.PARTIAL),
        (4 * GIB, 0, 3 * GIB, "0.33.0", Gpu.NO),
        (4 * GIB, 0, 3 * GIB, "0.12.0", Gpu.NO),
        (3 * GIB, 3 * GIB, 3 * GIB, "0.33.0", Gpu.UNKNOWN),  # both are the file's: nothing was measured
        (4 * GIB, 4 * GIB, 3 * GIB, "0.29.9", Gpu.UNKNOWN),  # what the server expected
        (4 * GIB, 4 * GIB, 3 * GIB, "", Gpu.UNKNOWN),
        (0, 0, 0, "0.33.0", Gpu.UNKNOWN),
    ],
)
def test_the_verdict_on_the_card_follows_the_evidence(
    size: int, in_vram: int, file_size: int, version: str, said: Gpu
) -> None:
    found = verdict(size, in_vram, file_size, version)
    assert found.verdict is said
    assert found.evidence["size_vram"] == in_vram


def test_the_sizes_are_asked_of_the_server(server: Server) -> None:
    server.size = server.in_vram = server.file_size
    reply = asked("ollama", server)
    assert isinstance(reply, Reply)
    assert reply.gpu.verdict is Gpu.UNKNOWN
