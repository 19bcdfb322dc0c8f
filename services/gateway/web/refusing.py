"""What goes wrong, said as a page or, to a program, as JSON."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from core.errors import SorteError
from core.retelling import retold
from core.telemetry import get_logger
from services.gateway.web.drawing import draw
from services.gateway.web.texts import WORDING, say
from services.gateway.web.visitor import NotAllowed, NotLoggedIn, NotUnderstood, language_of, site_of, visitor

log = get_logger()
API: Final = "/api/"
ERRORS: Final = {NotLoggedIn: 401, NotAllowed: 403, NotUnderstood: 400, RequestValidationError: 422}


def hear_refusals(app: FastAPI) -> None:
    """Answer exceptions of the pages."""

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else ERRORS.get(type(error), 400)
        return refuse(request, status)

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, SorteError)  # noqa: S101 - what it is registered for
        language = language_of(request)
        away = site_of(request).pictures.current.deaf
        return refuse(request, 503 if away else 409, retold(error.message, language), retold(error.hint, language))

    for kind in (*ERRORS, HTTPException):
        app.add_exception_handler(kind, refused)
    app.add_exception_handler(SorteError, failed)
    app.add_exception_handler(Exception, _unexpected)


def refuse(request: Request, status: int, message: str = "", hint: str = "") -> Response:
    """A refusal, in the language of who asked."""
    language = language_of(request)
    said = message or say(f"error.{status}" if f"error.{status}" in WORDING.texts else "error.400", language)
    if request.url.path.startswith(API) or request.url.path in ("/session", "/live"):
        answer = JSONResponse({"error": {"message": said, "hint": hint}}, status)
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if status == 401:
        # A link from elsewhere comes without our cookie (SameSite=Strict): one step on a page of ours brings it
        here = request.url.path if request.method == "GET" else "/"
        return draw(request, "login.html", None, 401, code="", next=here, wrong="")
    try:
        who = visitor(request)
    except NotLoggedIn:
        who = None
    return draw(request, "error.html", who, status, heading=say("error.title", language), message=said, hint=hint)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("page.failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return refuse(request, 500, f"{type(error).__name__}")
