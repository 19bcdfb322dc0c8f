"""What editor and guardian say of a model's function before its owner is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.contracts import EditPlan


@dataclass(frozen=True, slots=True)
class Vetted:
    """The first thing that is wrong, in English, empty when nothing is; and the tests that come with the function."""

    finding: str = ""
    tests: tuple[str, ...] = ()  # the source of each


Vet = Callable[[EditPlan, Mapping[str, bytes]], Vetted]
"""What they say of a plan for these files. Runs no code."""
