"""llama.cpp's worker: a real small model, and workers that go wrong. Its death fails one answer, at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.llm.backends.llama import Llama, environment
from core.llm.backends.scripted import Scripted
from core.llm.chain import Attempt, Chain
from core.llm.llama.devices import verdict
from core.llm.llama.wire import Load
from core.llm.request import Failure, Gpu, Reply, Request, Why
from tests.llm import smol
from tests.llm.questions import question
from tests.llm.servers import PLAN

HERE = Path(__file__).parent
PATIENT_SECONDS = 240.0
LONG = {
    "type": "object",
    "properties": {"text": {"type": "string", "pattern": "^[a-z]{2000}$"}},
    "required": ["text"],
    "additionalProperties": False,
}


def long_question(seconds: float = PATIENT_SECONDS) -> Request:
    """One whose answer takes a small model many seconds."""
    return replace(question(seconds, most_tokens=2000), schema=LONG)


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    begun = time.monotonic()
    while not true() and time.monotonic() - begun < seconds:
        time.sleep(0.01)
    return true()


@asynccontextmanager
async def chain_with(llama: Llama, *answers: str) -> AsyncIterator[Chain]:
    """The worker, and a script behind it."""
    chain = Chain([llama, Scripted(answers)])
    try:
        yield chain
    finally:
        await chain.close()


# A real model ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Load:
    return Load(str(smol.model()), 4096, -1, 0)


def test_a_real_model_obeys_the_schema_and_its_worker_is_kept(real: Load) -> None:
    async def ask() -> tuple[tuple[Attempt, ...], tuple[Attempt, ...], int | None, int | None]:
        llama = Llama(real)
        async with chain_with(llama) as chain:
            first, pid = await chain.ask(question(PATIENT_SECONDS)), llama.pid
            return first, await chain.ask(question(PATIENT_SECONDS)), pid, llama.pid

    (first, *_), (second, *_), before, after = asyncio.run(ask())
    for attempt in (first, second):
        assert isinstance(attempt.outcome, Reply), attempt
        assert attempt.outcome.data["do"] in ("set", "none")
        assert attempt.outcome.gpu.verdict is Gpu.NO or attempt.outcome.gpu.evidence["devices"]
    assert isinstance(first.outcome, Reply)
    assert isinstance(second.outcome, Reply)
    assert second.outcome.data == first.outcome.data
    assert second.outcome.figures.digest == smol.SHA256
    assert second.outcome.figures.load_ms == 0
    assert second.outcome.figures.kept_tokens  # what it read before it need not read again
    assert before == after
    assert after is not None
    assert until(lambda: not is_there(after))


def test_a_worker_that_is_killed_in_the_middle_of_an_answer_is_passed_over_within_a_second(real: Load) -> None:
    async def ask() -> tuple[tuple[Attempt, ...], float, Attempt]:
        llama = Llama(real)
        async with chain_with(llama, '{"text": "' + "a" * 2000 + '"}') as chain:
            await chain.ask(question(PATIENT_SECONDS))
            asking = asyncio.create_task(chain.ask(long_question()))
            await asyncio.sleep(0.5)
            assert not asking.done()
            assert llama.pid is not None
            os.kill(llama.pid, signal.SIGKILL)
            killed = time.monotonic()
            attempts = await asking
            took = time.monotonic() - killed
            (again, *_) = await chain.ask(question(PATIENT_SECONDS))
            return attempts, took, again

    attempts, took, again = asyncio.run(ask())
    assert [each.backend for each in attempts] == ["llama", "scripted"]
    assert isinstance(attempts[0].outcome, Failure)
    assert attempts[0].outcome.why is Why.DIED
    assert attempts[0].outcome.detail == "the worker ended (signal 9)"
    assert isinstance(attempts[1].outcome, Reply)
    assert took < 1.0
    assert isinstance(again.outcome, Reply)  # another worker was started


def test_a_worker_that_is_late_is_killed(real: Load) -> None:
    async def ask() -> tuple[Attempt, int, int | None]:
        llama = Llama(real)
        async with chain_with(llama) as chain:
            await chain.ask(question(PATIENT_SECONDS))
            assert llama.pid is not None
            pid = llama.pid
            (late, *_) = await chain.ask(long_question(seconds=0.5))
            return late, pid, llama.pid

    late, pid, after = asyncio.run(ask())
    assert isinstance(late.outcome, Failure)
    assert late.outcome.why is Why.LATE
    assert after is None
    assert not is_there(pid)


def test_a_worker_dies_with_who_started_it(real: Load) -> None:
    program = (
        "import asyncio\n"
        "from core.llm.backends.llama import Llama\n"
        "from core.llm.llama.wire import Load\n"
        "from tests.llm.questions import question\n"
        "async def main():\n"
        f"    llama = Llama(Load({real.file!r}, 4096, 0, 0))\n"
        f"    await llama.generate(question({PATIENT_SECONDS}))\n"
        "    print(llama.pid, flush=True)\n"
        "    await asyncio.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert is_there(pid)
        process.kill()
    assert until(lambda: not is_there(pid))


# What is no model -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, b"", b"not a model", b"GGUF and then nothing"])
def test_a_file_that_is_no_model_is_absent(text: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    if text is not None:
        file.write_bytes(text)

    async def ask() -> tuple[Attempt, ...]:
        async with chain_with(Llama(Load(str(file), 2048, 0, 0)), PLAN) as chain:
            return await chain.ask(question(PATIENT_SECONDS))

    first, second = asyncio.run(ask())
    assert isinstance(first.outcome, Failure)
    assert first.outcome.why is Why.ABSENT
    assert str(tmp_path) not in first.outcome.detail
    assert isinstance(second.outcome, Reply)


# Workers that go wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("dies at once", Why.DIED),
        ("dies when asked", Why.DIED),
        ("says half a line", Why.DIED),
        ("says nonsense", Why.BROKEN),
        ("says another type", Why.BROKEN),
        ("says a line without an end", Why.BROKEN),
        ("answers before it is asked", Why.BROKEN),
        ("never answers", Why.LATE),
        ("loads for ever", Why.LATE),
    ],
)
def test_whatever_a_worker_does_the_next_backend_answers(how: str, why: Why) -> None:
    async def ask() -> tuple[tuple[Attempt, ...], int | None]:
        llama = Llama(Load("", 2048, 0, 0), (sys.executable, str(HERE / "odd_worker.py"), how))
        async with chain_with(llama, PLAN) as chain:
            attempts = await chain.ask(question(seconds=3 if why is Why.LATE else 60))
            return attempts, llama.pid

    (first, second), pid = asyncio.run(ask())
    assert isinstance(first.outcome, Failure)
    assert first.outcome.why is why
    assert isinstance(second.outcome, Reply)
    assert (pid is not None) == (how == "loads for ever")  # which may be done by the next question


def test_no_secret_of_ours_is_in_the_environment_of_a_worker() -> None:
    variables = {"SORTE_MODELS__OPENAI_KEY": "x", "sorte_exchange__api_key": "x", "PATH": "/bin", "GGML_VK": "0"}
    assert environment(variables) == {"PATH": "/bin", "GGML_VK": "0"}


@pytest.mark.parametrize(
    ("log", "devices", "said"),
    [
        ("load_tensors: offloaded 29/29 layers to GPU", [], Gpu.YES),
        ("load_tensors: offloaded 12/29 layers to GPU", [], Gpu.PARTIAL),
        ("load_tensors: offloaded 0/29 layers to GPU", [{"kind": "GPU"}], Gpu.NO),
        ("load_tensors:   CPU_Mapped model buffer size =    92.10 MiB", [], Gpu.NO),
        (
            "load_tensors:      Vulkan0 model buffer size =  2104.50 MiB\nCPU_Mapped model buffer size = 300 MiB",
            [],
            Gpu.YES,
        ),
        (
            "load_tensors:      Vulkan0 model buffer size =   304.50 MiB\nCPU_Mapped model buffer size = 900 MiB",
            [],
            Gpu.PARTIAL,
        ),
        ("", [{"kind": "CPU"}], Gpu.NO),
        ("", [{"kind": "IGPU"}], Gpu.UNKNOWN),
        ("", [], Gpu.UNKNOWN),
    ],
)
def test_the_verdict_on_the_card_follows_what_llama_cpp_says(
    log: str, devices: list[dict[str, str]], said: Gpu
) -> None:
    assert verdict(log, devices).verdict is said
