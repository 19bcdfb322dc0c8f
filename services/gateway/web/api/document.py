"""The OpenAPI document, and a page that lists what is in it without a script from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from services.gateway.web.api import doing, entering, reading, standing
from services.gateway.web.api.answering import Refused, Spoken, answered
from services.gateway.web.drawing import draw
from services.gateway.web.visitor import visitor

VERSION: Final = "1"
ABOUT: Final = (
    "What the owner of Sorte can look at and do, for programs. Times are nanoseconds since 1970 in UTC, money is in "
    "quote currency, and a decimal is a string. A program trades the code of a login link for a token at "
    "`/api/v1/session`."
)
OPEN: Final = frozenset({"/api/v1/session"})
"""What needs no token."""
router = APIRouter(prefix="/api/v1", include_in_schema=False)
ROUTERS: Final = (reading, standing, doing, entering)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The document."""
    visitor(request)
    return answered(document(request.app))


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The same to read."""
    who = visitor(request)
    paths = document(request.app)["paths"]
    rows = [(path, method.upper(), said) for path, methods in paths.items() for method, said in methods.items()]
    return draw(request, "api.html", who, rows=rows)


def _anything(_: type) -> dict[str, Any]:
    """The form of a value of a setting, which is any that TOML has."""
    return {"description": "What TOML has"}


@cache
def document(app: FastAPI) -> dict[str, Any]:
    """Of the routes that are in the schema; answers have the form of the values that travel inside."""
    said = get_openapi(title="Sorte", version=VERSION, description=ABOUT, routes=app.routes)
    kinds = (
        *(kind for _, kind in reading.PLAIN.values()),
        *reading.KINDS,
        *standing.KINDS,
        *doing.KINDS,
        *entering.KINDS,
    )
    _, schemas = msgspec.json.schema_components(
        (Refused, Spoken, *kinds), schema_hook=_anything, ref_template="#/components/schemas/{name}"
    )
    parts = said["components"]
    parts["schemas"] = {**parts["schemas"], **schemas}
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in said["paths"].items():
        for each in methods.values():
            each["security"] = [] if path in OPEN else [{"token": []}]
    return said
