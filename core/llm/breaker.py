"""Who fails three times in a row is left alone for a minute; then one question tries whether it is back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FAILURES: Final = 3
REST_SECONDS: Final = 60.0


@dataclass(slots=True)
class Breaker:
    """One backend's. `clock` counts seconds that never go back."""

    clock: Callable[[], float]
    failures: int = 0
    _rests_until: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is not to be asked now."""
        return self.failures >= FAILURES and self.clock() < self._rests_until

    def failed(self) -> None:
        """It gave no answer."""
        self.failures += 1
        self._rests_until = self.clock() + REST_SECONDS

    def answered(self) -> None:
        """It did."""
        self.failures = 0
