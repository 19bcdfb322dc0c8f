"""Questions to the exchange over REST. Each asks once; who needs an answer in spite of a bad line asks again.

A signed one that was refused for its time alone was not carried out: the clock is measured; it is asked anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from core.errors import ExchangeError
from core.settings import ExchangeSettings
from services.trader.exchanges.ban import Ban, banned_until_ms, is_wait
from services.trader.exchanges.binance.wire import MILLISECOND_NS, Problem, ServerTime, sign
from services.trader.exchanges.clock import ExchangeClock
from services.trader.exchanges.patience import Patience
from services.trader.orders import CLOCK_REFUSED

TIMEOUT_SECONDS: Final = 5.0
NO_SUCH_ORDER: Final = -2013
CANCEL_REJECTED: Final = -2011
CLOCK_SAMPLES: Final = 3
GOOD_SAMPLE_NS: Final = 100_000_000  # an answer within so long is exact enough; else the quickest of the samples counts


class Rest:
    """One pooled session. Raises ExchangeError for every refusal, silence and nonsense; never shows a secret."""

    def __init__(self, settings: ExchangeSettings, clock: ExchangeClock, ban: Ban) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._clock, self._ban = clock, ban
        self.patience: Patience | None = None  # while a start asks

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

    async def measure_clock(self) -> None:
        """Ask the exchange for its time. Of a few answers the quickest counts: it is the most exact."""
        best: tuple[int, int, int] | None = None
        for _ in range(CLOCK_SAMPLES):
            asked = self._clock.steady()
            answer = await self._patiently("GET", "time", ServerTime, {}, signed=False)
            answered = self._clock.steady()
            if best is None or answered - asked < best[2] - best[1]:
                best = answer.time_ms * MILLISECOND_NS, asked, answered
            if answered - asked <= GOOD_SAMPLE_NS:
                break
        if best is not None:
            self._clock.take(*best)

    async def _request(self, method: str, path: str, kind: Any, parameters: Mapping[str, Any], *, signed: bool) -> Any:
        try:
            return await self._patiently(method, path, kind, parameters, signed=signed)
        except ExchangeError as error:
            if not signed or error.code != CLOCK_REFUSED:
                raise
        await self.measure_clock()
        return await self._patiently(method, path, kind, parameters, signed=signed)

    async def _patiently(
        self, method: str, path: str, kind: Any, parameters: Mapping[str, Any], *, signed: bool
    ) -> Any:
        if self.patience is None:
            return await self._ask(method, path, kind, parameters, signed=signed)
        return await self.patience.ask(lambda: self._ask(method, path, kind, parameters, signed=signed))

    async def _ask(self, method: str, path: str, kind: Any, parameters: Mapping[str, Any], *, signed: bool) -> Any:
        if (left := self._ban.left()) > 0:
            message = f"{method} {path}: not asked, the exchange wants no request for {left:.1f} s."
            raise ExchangeError(message, retry_after_seconds=left, temporary=True)
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
        except aiohttp.ClientConnectorCertificateError:
            raise ExchangeError(
                f"{method} {path}: the exchange's certificate is not valid.",
                "Is exchange.rest_url right, and is this machine's clock? A certificate has its time.",
            ) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            told = f"{method} {path}: no answer ({type(error).__name__})."  # its own text has the URL
            raise ExchangeError(told, temporary=True) from None
        pause = self._ban.begin(status, self._wait_for(retry_after, body)) if is_wait(status) else 0.0
        if status != 200:
            raise refusal(f"{method} {path}", status, body, retry_after_seconds=pause)
        try:
            return msgspec.json.decode(body, type=kind, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ExchangeError(f"{method} {path}: the answer cannot be read: {error}.") from None

    def _wait_for(self, retry_after: str, body: bytes) -> float | None:
        if retry_after.isdecimal():
            return float(retry_after)
        until_ms = banned_until_ms(body.decode(errors="replace"))
        return None if until_ms is None else (until_ms - self._clock.now_ms()) / 1000

    def _signed(self, parameters: Mapping[str, Any]) -> str:
        if self._settings.api_secret is None:
            raise ExchangeError("This needs an API key and secret.", "Set SORTE_EXCHANGE__API_KEY and __API_SECRET.")
        stamped = {**parameters, "recvWindow": self._settings.recv_window_ms, "timestamp": self._clock.now_ms()}
        query = urlencode(stamped)
        return f"{query}&signature={sign(self._settings.api_secret.get_secret_value().encode(), query)}"


def refusal(what: str, status: int, body: bytes, *, retry_after_seconds: float = 0.0) -> ExchangeError:
    """The error of an answer that is not 200."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        problem = Problem()
    hint = "The request weight is used up; it is asked for less often." if is_wait(status) else ""
    message = f"{what}: HTTP {status}, {problem.msg or 'no reason given'} ({problem.code})."
    return ExchangeError(
        message,
        hint,
        code=problem.code,
        unknown_order=problem.code == NO_SUCH_ORDER,
        retry_after_seconds=retry_after_seconds,
        temporary=status >= 500 or is_wait(status),
    )
