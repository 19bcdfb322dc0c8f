"""Questions to the exchange over REST. Each asks once; who needs an answer in spite of a bad line asks again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from core.errors import ExchangeError
from core.settings import ExchangeSettings
from services.trader.exchanges.binance.wire import Problem, sign

TIMEOUT_SECONDS: Final = 5.0
TOO_MANY_REQUESTS: Final = (418, 429)
"""Used up the request weight; 418 after going on in spite of 429, for two minutes up to three days."""
PAUSE_SECONDS: Final = 10.0  # after these, when the exchange does not say for how long
LONGEST_PAUSE_SECONDS: Final = 3 * 86_400.0
NO_SUCH_ORDER: Final = -2013
CANCEL_REJECTED: Final = -2011


class Rest:
    """One pooled session. Raises ExchangeError for every refusal, silence and nonsense; never shows a secret."""

    def __init__(self, settings: ExchangeSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._banned_until = 0.0  # monotonic seconds: asking before then makes the ban longer

    async def get(self, path: str, kind: Any, /, *, signed: bool = False, **parameters: Any) -> Any:
        """Ask, and decode the answer as `kind` (a type of msgspec)."""
        return await self._request("GET", path, kind, parameters, signed=signed)

    async def delete(self, path: str, kind: Any, /, **parameters: Any) -> Any:
        """Take back, signed."""
        return await self._request("DELETE", path, kind, parameters, signed=True)

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()

    async def _request(self, method: str, path: str, kind: Any, parameters: Mapping[str, Any], *, signed: bool) -> Any:
        if (left := self._banned_until - time.monotonic()) > 0:
            message = f"{method} {path}: not asked, the exchange wants no request for {left:.1f} s."
            raise ExchangeError(message, retry_after_seconds=left)
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS))
        given = {name: value for name, value in parameters.items() if value is not None}
        query = self._signed(given) if signed else urlencode(given)
        headers = (
            {"X-MBX-APIKEY": self._settings.api_key.get_secret_value()} if signed and self._settings.api_key else {}
        )
        url = f"{self._settings.rest_url}/api/v3/{path}?{query}"
        try:
            async with self._session.request(method, url, headers=headers, allow_redirects=False) as response:
                body = await response.read()
                status = response.status
                retry_after = response.headers.get("Retry-After", "")  # seconds
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ExchangeError(
                f"{method} {path}: no answer ({type(error).__name__})."
            ) from None  # its text has the URL
        pause = 0.0
        if status in TOO_MANY_REQUESTS:
            pause = min(float(retry_after) if retry_after.isdecimal() else PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
            self._banned_until = time.monotonic() + pause
        if status != 200:
            raise refusal(f"{method} {path}", status, body, retry_after_seconds=pause)
        try:
            return msgspec.json.decode(body, type=kind, strict=False)
        except msgspec.MsgspecError as error:
            raise ExchangeError(f"{method} {path}: the answer cannot be read: {error}.") from None

    def _signed(self, parameters: Mapping[str, Any]) -> str:
        if self._settings.api_secret is None:
            raise ExchangeError("This needs an API key and secret.", "Set SORTE_EXCHANGE__API_KEY and __API_SECRET.")
        stamped = {**parameters, "recvWindow": self._settings.recv_window_ms, "timestamp": time.time_ns() // 1_000_000}
        query = urlencode(stamped)
        return f"{query}&signature={sign(self._settings.api_secret.get_secret_value().encode(), query)}"


def refusal(what: str, status: int, body: bytes, *, retry_after_seconds: float = 0.0) -> ExchangeError:
    """The error of an answer that is not 200."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem()
    hint = "The request weight is used up; it is asked for less often." if status in TOO_MANY_REQUESTS else ""
    message = f"{what}: HTTP {status}, {problem.msg or 'no reason given'} ({problem.code})."
    return ExchangeError(
        message,
        hint,
        code=problem.code,
        unknown_order=problem.code == NO_SUCH_ORDER,
        retry_after_seconds=retry_after_seconds,
    )
