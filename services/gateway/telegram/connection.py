"""The bot's connection to Telegram: its library, set so that it waits when it is told to, and writes no token anywhere.

Updates are fetched as they are: the library's own reading raises for a whole batch when one update in it is strange.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Final

import httpx
from telegram.error import NetworkError, RetryAfter
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

RETRIES: Final = 3
"""Of a message, each after the pause that Telegram asks for; the library's own default is none."""
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
POLL_SECONDS: Final = 25
"""How long Telegram holds the question for news when there are none."""
MOST_UPDATES: Final = 100
"""In one answer."""
CONNECTIONS: Final = 8
CHATTY: Final = ("httpx", "httpcore", "telegram", "aiolimiter")
"""They write addresses, and with them the token, to the log of whoever listens to INFO."""


class Connection(ExtBot[int]):
    """The bot's side of the Bot API."""

    async def updates(self, offset: int | None, kinds: tuple[str, ...], hold_seconds: int) -> list[Mapping[str, Any]]:
        """What has come since, held for so long when there is nothing; what is before the offset is forgotten there.

        Raises telegram.error.TelegramError.
        """
        asked: dict[str, Any] = {"timeout": hold_seconds, "allowed_updates": list(kinds), "limit": MOST_UPDATES}
        if offset is not None:
            asked["offset"] = offset
        found: list[Mapping[str, Any]] = await self._post(
            "getUpdates", asked, read_timeout=hold_seconds + ANSWER_SECONDS
        )
        return found


def connect(token: str, base_url: str) -> Connection:
    """A connection that is not open yet."""
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # the library warns of what it will do else, at each pause
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    return Connection(
        token,
        base_url=base_url,
        base_file_url=f"{base_url.removesuffix('/bot')}/file/bot",
        request=_request(CONNECTIONS),
        get_updates_request=_request(1),
        rate_limiter=AIORateLimiter(max_retries=RETRIES),
    )


def _request(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        write_timeout=ANSWER_SECONDS,
        pool_timeout=ANSWER_SECONDS,
        httpx_kwargs={"verify": _tls()},
    )


@cache
def _tls() -> ssl.SSLContext:
    """One for both: reading the list of authorities takes longer than anything else at the start."""
    return httpx.create_ssl_context()


def wanted_pause(refusal: RetryAfter) -> float:
    """Seconds that Telegram wants us to wait."""
    wait = refusal.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def may_have_arrived(error: NetworkError) -> bool:
    """Whether what failed may have been done all the same: the connection broke after it was asked for."""
    return not any(name in repr(error) for name in ("ConnectError", "ConnectTimeout", "PoolTimeout"))
