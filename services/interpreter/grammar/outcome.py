"""What a reading of a clause comes to: operations, or a question that has to be answered first."""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts import Operation


@dataclass(frozen=True, slots=True)
class Ask:
    """A question back, in the owner's language."""

    text: str


Outcome = tuple[Operation, ...] | Ask


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a sentence is no command, in the owner's language."""

    text: str
