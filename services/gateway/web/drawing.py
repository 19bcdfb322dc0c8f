"""A template as an answer."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from services.gateway.web.rendering import render
from services.gateway.web.visitor import Visitor, language_of, site_of, theme_of

STATIC: Final = Path(__file__).with_name("static")


@cache
def static(name: str) -> str:
    """The address of a file of ours, which is another one when the file is another."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def draw(request: Request, template: str, who: Visitor | None, status: int = 200, **values: object) -> HTMLResponse:
    """The page, for him."""
    shared = {
        "session": who.session if who is not None else None,
        "acts": who.acts if who is not None else False,
        "here": request.url.path,
        "theme": theme_of(request),
        "static": static,
    }
    language = who.language if who is not None else language_of(request)
    return HTMLResponse(render(template, language, site_of(request).zone, shared | values), status)


def go_to(path: str) -> RedirectResponse:
    """After an action: look at that page."""
    return RedirectResponse(path, 303)
