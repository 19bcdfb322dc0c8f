"""What a box says about the strategy in it, as `sandbox.tasks.trading` says it: a stranger's word, decoded strictly."""

from __future__ import annotations

import msgspec
import numpy as np

from core.kernel import DECISION, Records
from core.text import one_line
from services.guardian.grade import CandidateFault


class Prepared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a box says of the strategy that it loaded."""

    tree: str
    fault: str
    compiled: dict[str, int | bool] = {}
    rows: int = 0
    columns: int = 0
    rules: list[str] = []
    made: bytes = b""
    """Machine code that was compiled now; nobody outside looks into it."""


class Fed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions on events that were given."""

    decisions: bytes
    fault: str
    written: int


class Recalled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions on events that were given, and memories from before some of them."""

    decisions: bytes
    fault: str
    states: list[bytes]


class Retold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions from some moments on, with other memories; `at` is the row that raised."""

    decisions: bytes
    fault: str
    at: int
    states: list[bytes]


class Covered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which way it went at questions, on events that were made for them."""

    decisions: bytes
    fault: str
    at: int
    seen: list[tuple[int, int]] = []


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a strategy was left with."""

    states: list[bytes]
    tables: list[bytes]


class Traded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decisions of a simulation, and what its account is said to have come to."""

    decisions: bytes
    fault: str
    equity: float
    fills: int


def decisions_of(data: bytes, count: int) -> Records:
    """Decisions from a box; CandidateFault when they are not `count`."""
    if len(data) != count * DECISION.itemsize:
        raise CandidateFault(f"{count:,} events were answered with {len(data) / DECISION.itemsize:,.1f} decisions.")
    return np.frombuffer(data, DECISION)


def in_one_line(text: str) -> str:
    """A stranger's words: short, and nothing in them that a terminal obeys."""
    return one_line(text, most=400, more="...")
