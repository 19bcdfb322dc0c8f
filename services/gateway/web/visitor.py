"""Who asks, in which language, and whether what he sends comes from a page of his.

Raises the exceptions below, which `services.gateway.web.refusing` turns into pages, or into JSON for the API.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from core.language import Language
from services.gateway.store.entering import Session
from services.gateway.web.security.hosts import is_encrypted
from services.gateway.web.site import Kind, Site

COOKIE: Final = "sorte_session"
LANGUAGE_COOKIE: Final = "sorte_language"
THEME_COOKIE: Final = "sorte_theme"
THEMES: Final = ("auto", "dark", "light")
TOKEN_HEADER: Final = "x-csrf-token"  # noqa: S105 - its name
MOST_FIELDS: Final = 20
FORM: Final = "application/x-www-form-urlencoded"


class NotLoggedIn(Exception):  # noqa: N818 - it is no error: a page to log in is the answer
    """Nobody is logged in."""


class NotAllowed(Exception):  # noqa: N818
    """This session, or this form, may not do that."""


class NotUnderstood(Exception):  # noqa: N818
    """What came is nothing that a page of ours sends."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in."""

    session: Session
    token: str
    language: Language

    @property
    def acts(self) -> bool:
        """Whether he may do more than look."""
        return self.session.role == "owner"

    @property
    def kind(self) -> Kind:
        """Which board is his."""
        return Kind(self.language, self.acts)


def site_of(request: Request) -> Site:
    """What the pages work with."""
    site: Site = request.app.state.site
    return site


def language_of(request: Request) -> Language:
    """As he has chosen, else as the owner's settings say."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return Language(chosen) if chosen in set(Language) else site_of(request).language


def theme_of(request: Request) -> str:
    """As he has chosen."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


def visitor(request: Request) -> Visitor:
    """Who is logged in, by his cookie or his bearer token. Raises NotLoggedIn."""
    token = token_of(request)
    site = site_of(request)
    session = site.store.entering.session(token, site.now_ns()) if token else None
    if session is None:
        raise NotLoggedIn
    return Visitor(session, token, language_of(request))


def token_of(request: Request) -> str:
    """Of the session; a cookie goes before a header, since a request with one has to prove where it comes from."""
    if COOKIE in request.cookies:
        return request.cookies[COOKIE]
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.casefold() == "bearer" else ""


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form. Raises NotUnderstood."""
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != FORM:
        raise NotUnderstood
    try:
        text = (await request.body()).decode("ascii")
        fields = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise NotUnderstood from None
    if len({name for name, _ in fields}) < len(fields):
        raise NotUnderstood
    return dict(fields)


async def acting(request: Request) -> tuple[Visitor, dict[str, str]]:
    """Who acts, and the fields of his form, which carries his session's token. Raises NotLoggedIn, NotAllowed."""
    who = visitor(request)
    fields = await form_of(request)
    prove(who, fields.pop("csrf", ""))
    return who, fields


def prove(who: Visitor, csrf: str, *, acts: bool = True) -> None:
    """Let pass a token of his session only, and an owner where something is done. Raises NotAllowed."""
    if not hmac.compare_digest(csrf.encode(), who.session.csrf.encode()) or (acts and not who.acts):
        raise NotAllowed


def cookie(request: Request, name: str, value: str, *, days: int = 365) -> str:
    """The header that sets one; sent to us only, and never with a request that another site begins."""
    secure = "; Secure" if is_encrypted(request.headers, request.url.scheme) else ""
    return f"{name}={value}; Path=/; Max-Age={days * 86_400}; HttpOnly; SameSite=Strict{secure}"


def next_of(fields: Mapping[str, str]) -> str:
    """Where to go on: a path of ours, whatever was asked."""
    wanted = fields.get("next", "/")
    plain = (
        wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isascii() and wanted.isprintable()
    )
    return wanted if plain and "\\" not in wanted else "/"
