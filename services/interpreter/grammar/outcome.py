"""What a reading of a clause comes to: operations, or a question that has to be answered first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from core.contracts import Condition, Offer, Operation
from services.interpreter import wording
from services.interpreter.grammar.lattice import Lattice

Op = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question back, in the owner's language, with what the sentence may have meant and the words that this skips."""

    text: str
    offers: tuple[Offer, ...] = ()
    unused: tuple[str, ...] = ()


class Unchanged(Ask):
    """That a parameter has the value already; beside other changes it is no question."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a sentence is not a command, in the owner's language."""

    text: str


Resolved = tuple[Operation, ...] | Ask
Found = Condition | Ask
"""A condition, or the question that it leaves open."""


def ask(lattice: Lattice, case: str, **values: object) -> Ask:
    """That question, in the language of the sentence."""
    return Ask(wording.say(case, lattice.language, **values))


def group(kind: Literal["and", "or"], parts: tuple[Found, ...]) -> Found:
    """Several conditions as one; the first question that they leave open when there is one."""
    for part in parts:
        if isinstance(part, Ask):
            return part
    branches = cast(tuple[Condition, ...], parts)
    return Condition(all=branches) if kind == "and" else Condition(any=branches)
