"""Trades the code of a link for a session, at most so often."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from services.gateway.web.visitor import site_of


@dataclass(frozen=True, slots=True)
class TooOften:
    """Nobody is heard for so long."""

    seconds: int


def enter(request: Request, code: str) -> str | TooOften | None:
    """The token of a new session; None for a code that does not work (any more), of which the owner is told."""
    site = site_of(request)
    now_ns = site.now_ns()
    if (wait_ns := site.failures.wait_ns(now_ns)) > 0:
        return TooOften(-(-wait_ns // 10**9))
    token = site.store.entering.enter(code.strip(), now_ns)
    if token is None:
        site.failures.failed(now_ns)
        site.login_failed(request.client.host if request.client is not None else "")
    return token
