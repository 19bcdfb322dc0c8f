"""What the shipped strategy worked when the workload was laid down: ten small steps are one large one from here.

It is frozen. A shipped strategy that works more is a reason to say so in the changelog, and not to write a new one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from core.kernel import BAR, QUOTE, TRADE
from services.guardian.work.shape import Shape

FILE: Final = Path(__file__).with_name("anchor.toml")
KINDS: Final = {QUOTE: "quote", TRADE: "trade", BAR: "bar"}


class Anchor(msgspec.Struct, frozen=True):
    """Mean operations for an event of a kind, flat or held, and what the strategy had."""

    shape: Shape
    edges: int
    work: Mapping[str, float]

    def means(self) -> Iterator[tuple[int, bool, float]]:
        """(kind, held, mean operations)."""
        for kind, name in KINDS.items():
            for held, word in ((False, "flat"), (True, "held")):
                yield kind, held, self.work[f"{name}_{word}"]


def _read() -> Anchor:
    return msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), Anchor)


ANCHOR: Final = _read()
