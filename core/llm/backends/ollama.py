"""Ollama, through its own Python client: `/api/generate` with the schema as `format`, and no thinking.

`/api/chat` ignores the schema for some models when thinking is off (ollama/ollama#14645), and asks twice when it is on;
`/api/generate` hands it straight to what runs the model. The answer is read as it comes, so that one without an end
ends here. `num_ctx` is always sent: the server's own choice is small, and it cuts a longer prompt in silence.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from core.llm.answers import MOST_LETTERS
from core.llm.backends.ollama_gpu import seen
from core.llm.request import SEED, Failure, Figures, GpuVerdict, Reply, Request, Why

NS_PER_MS: Final = 1e6
WHY_OF_STATUS: Final = {404: Why.ABSENT, 429: Why.BUSY, 503: Why.BUSY}
AFTERWARDS_SECONDS: Final = 1.0
"""What is only for the log is asked for so long."""


class Ollama:
    """A server of Ollama's at an address, and one model of its."""

    name: Final = "ollama"
    title: Final = "Ollama"

    def __init__(self, url: str, model: str, keep: str) -> None:
        """`keep` is how long the model stays loaded after an answer, such as `30m`."""
        self._url, self._model, self._keep = url, model, keep
        self._client: Any = None

    async def generate(self, request: Request) -> Reply | Failure:
        """Ask the model."""
        import httpx
        from ollama import ResponseError

        client = self._connected()
        try:
            text, last = await self._read(client, request)
        except (httpx.ConnectError, httpx.ConnectTimeout, ConnectionError) as error:
            return Failure(Why.REFUSED, f"nobody answers at {self._url}: {type(error).__name__}")
        except httpx.TransportError as error:
            return Failure(Why.CUT_OFF, type(error).__name__)
        except ResponseError as error:
            return Failure(WHY_OF_STATUS.get(error.status_code, Why.BROKEN), f"status {error.status_code}")
        except ValueError as error:  # lines that are no JSON, or JSON that is no answer of Ollama's
            return Failure(Why.BROKEN, f"it does not speak Ollama's protocol: {type(error).__name__}")
        if last is None:
            return Failure(Why.CUT_OFF, "the stream ended, or had no end")
        figures, gpu = await self._figures(client, last)
        if last.done_reason == "length":
            return Failure(Why.CUT_OFF, f"{figures.eval_tokens} tokens were not enough", figures)
        return Reply(text, figures, gpu)

    async def close(self) -> None:
        """Close the connection; the server keeps its model as long as it was told."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _connected(self) -> Any:
        if self._client is None:
            from ollama import AsyncClient

            # No proxy, no redirect: what an owner says is for the address that he named.
            self._client = AsyncClient(self._url, trust_env=False, follow_redirects=False)
        return self._client

    async def _read(self, client: Any, request: Request) -> tuple[str, Any]:
        """The answer, and the last part of the stream, which has the figures; None when there was none."""
        told, letters = [], 0
        stream = await client.generate(
            self._model,
            request.text,
            system=request.system,
            format=dict(request.schema),
            think=False,
            stream=True,
            keep_alive=self._keep,
            options=_options(request),
        )
        async with contextlib.aclosing(stream) as parts:
            async for part in parts:
                told.append(part.response or "")
                letters += len(told[-1])
                if part.done:
                    return "".join(told), part
                if letters > MOST_LETTERS:
                    break
        return "", None

    async def _figures(self, client: Any, last: Any) -> tuple[Figures, GpuVerdict]:
        gpu, digest, version = GpuVerdict(), "", ""
        with contextlib.suppress(Exception):  # the answer is there; what tells of it may be missing
            async with asyncio.timeout(AFTERWARDS_SECONDS):
                gpu, digest, version = await seen(client, self._model)
        return Figures(
            model=self._model,
            digest=digest,
            version=version,
            load_ms=_ms(last.load_duration),
            prompt_ms=_ms(last.prompt_eval_duration),
            eval_ms=_ms(last.eval_duration),
            prompt_tokens=last.prompt_eval_count,
            eval_tokens=last.eval_count,
        ), gpu


def _options(request: Request) -> dict[str, Any]:
    return {
        "num_ctx": request.context_tokens,
        "num_predict": request.most_tokens,
        "temperature": 0,
        "seed": SEED,
    }


def _ms(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds / NS_PER_MS, 1)
