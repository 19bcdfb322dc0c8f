"""Python's own parser, for several threads at once and for sources of strangers."""

from __future__ import annotations

import ast
from typing import Final

MOST_TRIES: Final = 5
MOST_BYTES: Final = 200_000
"""Of one source. A syntax tree takes up to 500 times the room of its text, in a process that has money to watch."""


def syntax_tree(source: str | bytes) -> ast.Module:
    """What `ast.parse` gives, and raises what it raises; what is too long or too deep to be read is a SyntaxError too.

    CPython counts the depth of a tree once for all threads, and one that parses meanwhile makes the count wrong: a
    SystemError, seen in 3.11.7 (python/cpython#106905, of which that release mended a part). The next try is as good.
    """
    if len(source) > MOST_BYTES:
        raise SyntaxError(f"longer than {MOST_BYTES:,} bytes")
    try:
        for _ in range(MOST_TRIES - 1):
            try:
                return ast.parse(source)
            except SystemError:
                continue
        return ast.parse(source)
    except (RecursionError, MemoryError):  # the parser's words for its own limits; memory has not run out
        raise SyntaxError("nested too deeply") from None
