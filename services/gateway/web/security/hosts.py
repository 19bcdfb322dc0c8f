"""Under which names the page answers, and whether a request that acts was made by a page of its own.

A foreign name that resolves to this machine (DNS rebinding) is refused by its Host header, whatever its port. A page of
another site may make a browser send a form here; the browser says so in Origin, and it is refused before it is read.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing here."""
EVERYWHERE: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened at
LAST_PORT: Final = 65_535
AUTHORITY: Final = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(:(?P<port>\d{1,5}))?", re.ASCII)
FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What a proxy adds to a request that it passes on."""


def allowed_names(host: str, names: Collection[str]) -> frozenset[str]:
    """Names that are ours: this machine's own, the one that we listen at, and those of a proxy."""
    listened = set() if host in EVERYWHERE else {host.casefold().strip("[]")}
    return frozenset({*LOOPBACK, *listened, *(name.casefold() for name in names)})


def name_of(authority: str) -> str:
    """The name in `name:port` or `[::1]:port`; empty for what is no authority."""
    found = AUTHORITY.fullmatch(authority.casefold())
    if found is None or int(found["port"] or 0) > LAST_PORT:
        return ""
    return found["name"].strip("[]")


def is_ours(authority: str, names: Collection[str]) -> bool:
    """Whether the Host header names us."""
    return (name := name_of(authority)) != "" and name in names


def is_from_here(headers: Mapping[str, str], authority: str) -> bool:
    """Whether a page of ours made this request: Origin is ours; without one, the browser says that it is the same."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    parts = urlsplit(origin) if origin.startswith(("http://", "https://")) else None
    return parts is not None and parts.netloc.casefold() == authority.casefold() and not parts.path.strip("/")


def is_this_machine(peer: str, headers: Mapping[str, str], authority: str) -> bool:
    """Whether a program of this machine asks, with no proxy between that may speak for another one."""
    try:
        near = ipaddress.ip_address(peer).is_loopback
    except ValueError:
        near = False
    return near and name_of(authority) in LOOPBACK and not any(name in headers for name in FORWARDED)


def is_encrypted(headers: Mapping[str, str], scheme: str) -> bool:
    """Whether the browser came over TLS. A proxy that lies about it makes a cookie stricter, never looser."""
    return scheme == "https" or headers.get("x-forwarded-proto", "").casefold() == "https"
