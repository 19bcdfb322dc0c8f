"""Many like cases in one test, which names each that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def each(cases: Iterable[Any], check: Callable[..., None]) -> None:
    """Hold `check` against every case, a tuple being its arguments; all that fail are told together."""
    failed = []
    for case in cases:
        try:
            check(*case) if isinstance(case, tuple) else check(case)
        except (AssertionError, LookupError, ValueError, TypeError, AttributeError) as error:
            failed.append(f"{case!r}: {type(error).__name__}: {error}")
    assert not failed, "\n".join(failed)
