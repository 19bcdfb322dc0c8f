"""One thing that was looked at. Its facts are for machines and reports: no secret, no path, no user's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.wording import Wording


class State(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"  # it works, and worse than it could
    FAIL = "fail"  # something that the owner wants will not work
    OFF = "off"  # not asked for


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` names the sentence in cli/texts.toml, under `doctor`, that the facts fill in."""

    name: str
    state: State
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def said(self, wording: Wording) -> str:
        """In the owner's language."""
        return wording.say(f"doctor.{self.text}", **self.facts)

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"name": self.name, "state": self.state.value, "case": self.text, "facts": dict(self.facts)}
