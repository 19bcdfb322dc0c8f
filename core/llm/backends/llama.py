"""llama.cpp in a worker of our own, as the chain sees it: started when it is first needed, kept while it answers.

A worker that is asked and does not answer in time is killed, and the next question starts another; one that still
loads is left to load, since it would never be done otherwise. Its death fails one answer at once, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from core.llm.llama.wire import Answer, Load, Loaded, Question, Said, Sorry
from core.llm.request import SEED, Failure, Figures, Gpu, GpuVerdict, Reply, Request, Why

WORKER: Final = (sys.executable, "-m", "core.llm.llama")
LOAD_SECONDS: Final = 600.0
"""A model that is not loaded by then never will be."""
LAST_BREATH_SECONDS: Final = 0.5
LINE_BYTES: Final = 1 << 20
OURS: Final = "SORTE_"
ODD: Final = (msgspec.ValidationError, msgspec.DecodeError, ValueError, asyncio.LimitOverrunError)


class Llama:
    """One model file. Questions wait for each other: there is one worker."""

    name: Final = "llama"
    title: Final = "llama.cpp"

    def __init__(
        self,
        order: Load,
        worker: Sequence[str] = WORKER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._order, self._words, self._clock = order, tuple(worker), clock
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._begun = 0.0
        self._loaded: Loaded | None = None
        self._last_end = "it was not there"

    @property
    def pid(self) -> int | None:
        """The worker's number; None without one."""
        return self._process.pid if self._process is not None else None

    async def generate(self, request: Request) -> Reply | Failure:
        """Ask the model."""
        async with self._turn:
            try:
                loaded = await self._made_ready()
                return loaded if isinstance(loaded, Failure) else await self._asked(request, *loaded)
            except (EOFError, ConnectionError):
                return Failure(Why.DIED, f"the worker ended ({await self._ended()})")
            except ODD as error:
                await self._ended()
                return Failure(Why.BROKEN, f"the worker said something odd: {type(error).__name__}")

    async def close(self) -> None:
        """End the worker."""
        await self._ended()

    async def _made_ready(self) -> tuple[Loaded, bool] | Failure:
        """What the worker said of its model, and whether just now. Whoever gives up waiting leaves it loading."""
        if self._process is not None and self._process.returncode is not None:
            await self._ended()
        if self._process is None:
            await self._start()
        if self._loaded is None:
            if self._clock() - self._begun > LOAD_SECONDS:
                await self._ended()
                return Failure(Why.LATE, f"the model was not loaded within {LOAD_SECONDS:g} s")
            said = await self._heard()
            if isinstance(said, Sorry):
                await self._ended()
                return _failure(said)
            if not isinstance(said, Loaded):
                raise msgspec.ValidationError("an answer to nothing")
            self._loaded = said
            return said, True
        return self._loaded, False

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(os.environ),
            start_new_session=True,  # an interrupt at the keyboard is ours to pass on
            limit=LINE_BYTES,
        )
        self._begun = self._clock()
        await self._tell(self._order)

    async def _asked(self, request: Request, loaded: Loaded, fresh: bool) -> Reply | Failure:
        question = Question(request.turns, dict(request.schema), request.most_tokens, SEED)
        said: Said | None = None
        try:
            await self._tell(question)
            said = await self._heard()
        finally:
            if said is None:  # it was late, or whoever asked has gone: what it says later is of no use
                await self._ended()
        if isinstance(said, Sorry):
            return _failure(said)
        if not isinstance(said, Answer):
            raise msgspec.ValidationError("loaded twice")
        return self._reply(said, loaded, loaded.load_ms if fresh else 0.0)

    def _reply(self, said: Answer, loaded: Loaded, load_ms: float) -> Reply | Failure:
        figures = Figures(
            model=Path(self._order.file).name,
            digest=said.digest,
            version=f"{loaded.runtime} {loaded.version}",
            load_ms=load_ms,
            prompt_ms=said.prompt_ms,
            eval_ms=said.eval_ms,
            prompt_tokens=said.prompt_tokens,
            kept_tokens=said.kept_tokens,
            eval_tokens=said.eval_tokens,
        )
        if said.finish == "length":
            return Failure(Why.CUT_OFF, f"{said.eval_tokens} tokens were not enough", figures)
        return Reply(said.text, figures, GpuVerdict(Gpu(loaded.gpu), loaded.evidence))

    async def _tell(self, line: Load | Question) -> None:
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(msgspec.json.encode(line) + b"\n")
        await self._process.stdin.drain()

    async def _heard(self) -> Said:
        """The next line. EOFError when there is none any more."""
        assert self._process is not None  # noqa: S101 - it was started
        assert self._process.stdout is not None  # noqa: S101
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        said: Said = msgspec.json.decode(line, type=Said)
        return said

    async def _ended(self) -> str:
        """Kill the worker, if there is one; returns how it ended."""
        process, self._process, self._loaded = self._process, None, None
        if process is None:
            return self._last_end
        if process.stdout is not None and process.stdout.at_eof():
            # It is ending by itself: a kill looks first whether it has, and would take its exit code from who waits.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(process.wait()), LAST_BREATH_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        code = await asyncio.shield(process.wait())
        self._last_end = f"signal {-code}" if code < 0 else f"exit code {code}"
        return self._last_end


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """What the worker is started with: the machine's, and nothing of ours, where secrets are."""
    return {name: value for name, value in variables.items() if not name.upper().startswith(OURS)}


def _failure(said: Sorry) -> Failure:
    known: dict[str, Any] = {why.value: why for why in Why}
    return Failure(known.get(said.why, Why.BROKEN), said.detail)
