"""Whether a press on a button does what the button says. Pure: an approval as it is kept, and a press, in; a word out.

A button stands for what its owner was shown: the plan and the tree, by their hash. It works once, for him, in that
chat, until it expires. What gives the agent more to do with asks a second time; what takes from it asks once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Deed = Literal["approve", "rollback", "resume", "restore", "unkill", "panic", "close", "blacklist", "setting"]


@dataclass(frozen=True, slots=True)
class Approval:
    """What a button stands for, as it is kept over restarts."""

    token: str  # what the button carries; nobody can guess it
    deed: Deed
    change: str  # id; of a deed without one, what it is about
    hash: str  # of what was shown
    user: str
    chat: str
    surface: str
    expires_ns: int
    twice: bool = False  # it gives the agent more to do with
    asked_ns: int = 0  # when the first press came, of one that asks twice
    used_ns: int = 0  # when it was done

    @property
    def said_yes(self) -> bool:
        """Whether it was used by a yes, which comes in time; what a no has dropped expires with it."""
        return 0 < self.used_ns < self.expires_ns


@dataclass(frozen=True, slots=True)
class Press:
    """A press as it came. `hash` is of what is there now; empty where only the commander knows."""

    token: str
    user: str
    chat: str
    surface: str
    hash: str = ""
    again: bool = False  # it was on the second button


@dataclass(frozen=True, slots=True)
class Go:
    """Do it."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class Again:
    """Ask once more, with a second button."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do nothing, and say why."""

    reason: Literal["unknown", "foreign", "used", "expired", "stale", "skipped"]
    approval: Approval | None = None  # where he who pressed may know of it


Decision = Go | Again | Refuse


def decide(approval: Approval | None, press: Press, now_ns: int) -> Decision:
    """What a press leads to; whoever does it marks the approval as used in the same breath."""
    if approval is None or approval.token != press.token:
        return Refuse("unknown")
    if (approval.user, approval.chat, approval.surface) != (press.user, press.chat, press.surface):
        return Refuse("foreign")
    if approval.used_ns:
        return Refuse("used", approval)
    if now_ns >= approval.expires_ns:
        return Refuse("expired", approval)
    if press.hash and press.hash != approval.hash:
        return Refuse("stale", approval)
    if approval.twice and not press.again:
        return Again(approval)
    if press.again and approval.twice and not approval.asked_ns:
        return Refuse("skipped", approval)
    return Go(approval)
