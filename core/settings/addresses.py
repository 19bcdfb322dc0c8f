"""Whether an address is at home: this machine, or a network that no stranger is in."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

HOME: Final = (".local", ".lan", ".home", ".home.arpa", ".internal", ".localhost")
"""Ends of names that no public server has (RFC 6761, RFC 6762, RFC 8375)."""


def is_near(url: str) -> bool:
    """True for loopback and private addresses, and for names that only a network at home knows."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(HOME))
    return found.is_loopback or (found.is_private and not found.is_unspecified) or found.is_link_local
