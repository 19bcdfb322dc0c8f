"""Python's own parser, for several threads at once."""

from __future__ import annotations

import ast
from typing import Final

MOST_TRIES: Final = 5


def syntax_tree(source: str | bytes) -> ast.Module:
    """What `ast.parse` gives, and raises what it raises.

    CPython counts the depth of a tree once for all threads, and one that parses meanwhile makes the count wrong: a
    SystemError, seen in 3.11.7 (python/cpython#106905, of which that release mended a part). The next try is as good.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)
