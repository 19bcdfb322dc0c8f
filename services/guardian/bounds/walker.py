"""What a function at work asks of the walk that it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from services.guardian.bounds.package import Package
from services.guardian.bounds.values import Value


class Walker(Protocol):
    """See `services.guardian.bounds.walk.Walk`."""

    package: Package
    state: dict[str, Value]
    visits: int
    line: int

    def refuse(self, why: str) -> None: ...

    def call(self, file: str, name: str, given: Sequence[Value], named: dict[str, Value]) -> tuple[Value, float]: ...

    def constant(self, file: str, name: str) -> Value: ...

    def size(self, field_name: str) -> float: ...
