"""An answer as JSON, exactly as it travels inside, and what its form is called in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.told import Step, encode_line
from services.gateway.web.pages.asking import ask
from services.gateway.web.visitor import Visitor

JSON: Final = "application/json"
REFUSED: Final = {
    400: "The request cannot be understood.",
    401: "Nobody is logged in.",
    403: "This session may not do that, or the request does not come from a page of ours.",
    404: "There is nothing of that name.",
    409: "It cannot be done, and why.",
    413: "The request is too long.",
    429: "Too many logins have failed.",
    422: "A value is not what it must be.",
    503: "The commander does not answer.",
}


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, and what to do."""

    message: str
    hint: str


class Refused(msgspec.Struct, frozen=True):
    """An answer that is none."""

    error: Problem


class Spoken(msgspec.Struct, frozen=True):
    """What became of something that was said: each step on the way, and the end."""

    steps: list[Step | Answer]
    answer: Answer


def answered(told: object) -> Response:
    """As JSON."""
    return Response(encode_line(told), media_type=JSON)


async def asked(request: Request, who: Visitor, question: Question) -> Response:
    """The answer to a question that only shows something."""
    return answered(await ask(request, who, question))


def answers(*kinds: type, refused: tuple[int, ...] = ()) -> dict[int | str, dict[str, Any]]:
    """The part of the document that says which answers there are."""
    named = [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in kinds]
    whole = named[0] if len(named) == 1 else {"anyOf": named}
    said: dict[int | str, dict[str, Any]] = {200: {"description": "The answer.", "content": {JSON: {"schema": whole}}}}
    problem = {JSON: {"schema": {"$ref": "#/components/schemas/Refused"}}}
    for status in (400, 401, 403, 409, 413, 422, 503, *refused):
        said[status] = {"description": REFUSED[status], "content": problem}
    return said
