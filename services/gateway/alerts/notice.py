"""Something that was noticed, before it is put into words: which text, with which values, and how much it matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.gateway.alert import Kind, Urgency


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that its owner may want to know."""

    kind: Kind
    subject: str  # what it is about; the same again within the cooldown is counted
    text: str  # its name in texts.toml
    values: Mapping[str, object] = field(default_factory=dict)
    urgency: Urgency = "normal"
    change: str = ""
    once: str = ""  # with it, it is told once, whoever notices it and whenever
