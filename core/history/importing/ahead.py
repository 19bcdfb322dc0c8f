"""One thing is made while the one before it is still used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

WAITING: Final = 2
"""Made and not yet used; each takes memory."""

T = TypeVar("T")
R = TypeVar("R")


def ahead(make: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
    """`make` of each value, in their order; it must hold Python's lock for little of its time."""
    with ThreadPoolExecutor(1) as pool:
        made: deque[Future[R]] = deque()
        for value in values:
            made.append(pool.submit(make, value))
            if len(made) > WAITING:
                yield made.popleft().result()
        while made:
            yield made.popleft().result()
