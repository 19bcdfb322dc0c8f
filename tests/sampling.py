"""Which of many like cases `make test` tries; `make test-long` tries all."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from _pytest.mark.structures import ParameterSet


def few(names: Iterable[object], *each_time: object) -> list[ParameterSet]:
    """All of `names`; those that are not in `each_time` only in `make test-long`."""
    every = list(names)
    unknown = set(each_time).difference(every)
    assert not unknown, f"no such case: {unknown}"
    return [pytest.param(name, id=str(name), marks=() if name in each_time else pytest.mark.long) for name in every]
