"""The hours of an owner's day in which nothing makes a sound. Pure."""

from __future__ import annotations

from datetime import datetime, time


def is_quiet(quiet_from: str, quiet_to: str, local: datetime) -> bool:
    """Whether a moment of the owner's clock lies within; they may span midnight. Empty ones are none."""
    if not quiet_from or not quiet_to:
        return False
    begin, end, now = time.fromisoformat(quiet_from), time.fromisoformat(quiet_to), local.time()
    return begin <= now < end if begin <= end else now >= begin or now < end
