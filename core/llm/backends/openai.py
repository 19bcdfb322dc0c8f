"""Any server that speaks OpenAI's `/v1/chat/completions`: llama-server, LM Studio, vLLM, or one that costs money.

The chain refuses the answer of a server that ignores the schema. Whether a graphics card worked is not told there.
"""

from __future__ import annotations

import json
from typing import Any, Final

from core.llm.answers import MOST_LETTERS
from core.llm.request import SEED, Failure, Figures, GpuVerdict, Reply, Request, Why

WHY_OF_STATUS: Final = {404: Why.ABSENT, 429: Why.BUSY, 503: Why.BUSY}
MOST_BYTES: Final = 8 * MOST_LETTERS


class OpenAI:
    """A server at an address ending in `/v1`, and one model of its."""

    name: Final = "openai"
    title: Final = "OpenAI API"

    def __init__(self, url: str, model: str, key: str = "", *, near: bool = True) -> None:
        """`near`: at home. A server far away refuses words that its own maker does not know."""
        self._near = near
        self._url, self._model, self._key = url.rstrip("/"), model, key
        self._client: Any = None

    async def generate(self, request: Request) -> Reply | Failure:
        """Ask the model."""
        import httpx

        try:
            status, body = await self._post(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return Failure(Why.REFUSED, f"nobody answers at {self._url}: {type(error).__name__}")
        except httpx.TransportError as error:
            return Failure(Why.CUT_OFF, type(error).__name__)
        if status != 200:
            return Failure(WHY_OF_STATUS.get(status, Why.BROKEN), f"status {status}")
        if len(body) > MOST_BYTES:
            return Failure(Why.CUT_OFF, "the answer had no end")
        try:
            return _read(json.loads(body), self._model)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            return Failure(Why.BROKEN, f"it does not speak OpenAI's protocol: {type(error).__name__}")

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _post(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer, of which no more is read than an answer of ours can have."""
        client = self._connected()
        async with client.stream("POST", f"{self._url}/chat/completions", json=self._body(request)) as answer:
            read = bytearray()
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > MOST_BYTES:
                    break
            return answer.status_code, bytes(read)

    def _body(self, request: Request) -> dict[str, Any]:
        named = {"name": "answer", "schema": dict(request.schema), "strict": True}
        body = {
            "model": self._model,
            "messages": request.turns,
            "response_format": {"type": "json_schema", "json_schema": named},
            "max_tokens": request.most_tokens,
            "temperature": 0,
            "seed": SEED,
        }
        # llama.cpp's and vLLM's switch for models that think
        return body | ({"chat_template_kwargs": {"enable_thinking": False}} if self._near else {})

    def _connected(self) -> Any:
        if self._client is None:
            import httpx

            headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            # No proxy, no redirect: what an owner says, and his key, are for the address that he named.
            self._client = httpx.AsyncClient(headers=headers, timeout=None, trust_env=False)  # noqa: S113 - the chain's
        return self._client


def _read(answer: dict[str, Any], model: str) -> Reply | Failure:
    choice, used, times = answer["choices"][0], answer.get("usage") or {}, answer.get("timings") or {}
    figures = Figures(
        model=str(answer.get("model") or model),
        version=str(answer.get("system_fingerprint") or ""),
        prompt_ms=times.get("prompt_ms"),
        eval_ms=times.get("predicted_ms"),
        prompt_tokens=used.get("prompt_tokens"),
        kept_tokens=(used.get("prompt_tokens_details") or {}).get("cached_tokens"),
        eval_tokens=used.get("completion_tokens"),
    )
    if choice.get("finish_reason") == "length":
        return Failure(Why.CUT_OFF, f"{figures.eval_tokens} tokens were not enough", figures)
    return Reply(str(choice["message"]["content"] or ""), figures, GpuVerdict(evidence={"told": False}))
