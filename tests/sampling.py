"""Which of many like cases `make test` tries; `make test-long` tries all, and more of what Hypothesis makes up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import settings

ALL: Final = "SORTE_TESTS_ALL" in os.environ
"""Set by `make test-long`."""
SHARE: Final = 3


def few(names: Iterable[object], *each_time: object) -> list[ParameterSet]:
    """All of `names`; those that are not in `each_time` only in `make test-long`."""
    every = list(names)
    unknown = set(each_time).difference(every)
    assert not unknown, f"no such case: {unknown}"
    return [pytest.param(name, id=str(name), marks=() if name in each_time else pytest.mark.long) for name in every]


def many(most: int) -> Callable[[Any], Any]:
    """Hypothesis tries a third of `most` examples, others at each run; in `make test-long`, which takes such tests in
    too, all of them."""

    def decorate(test: Any) -> Any:
        return pytest.mark.many(settings(max_examples=most if ALL else most // SHARE)(test))

    return decorate
