"""One alert, as everything that tells it gets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "fault",
    "rollback",
    "refusal",
    "limit",
    "silent_pair",
    "drawdown",
    "watch_ended",
    "decayed",
    "stranger",
    "login",
]
"""As the settings of `[alerts]` name them."""
Urgency = Literal["critical", "normal", "info"]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that its owner should know. The texts are in his language."""

    kind: Kind
    subject: str  # what it is about: a pair, a change, a host; the same again within the cooldown is counted
    title: str
    text: str
    next: str  # what to do now; empty when nothing is to be done
    urgency: Urgency
    time_ns: int
    change: str = ""  # that it is about
