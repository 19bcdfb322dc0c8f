"""What the bytes of a file may be, before anything reads them as Python."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator
from typing import Final

from core.syntax import MOST_BYTES, syntax_tree

MOST_DEPTH: Final = 60
"""Of the syntax tree; the shipped strategy's is 17."""
MOST_NODES: Final = 40_000

COOKIE: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=]")  # PEP 263, in the first two lines
INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
"""Unicode categories of what is not seen, or turns the line around."""
ORDERS: Final = re.compile(r"#.*\b(pylint\s*:|nosec\b|bandit\b|pragma\b|astroid\b)", re.IGNORECASE)
"""Comments that tell a judge what not to see."""

Finding = tuple[int, str]
"""The line, from 1, and what is wrong there."""


def words(text: str) -> frozenset[str]:
    """The words of a text, for lists of names."""
    return frozenset(text.split())


def findings(data: bytes) -> Iterator[Finding]:
    """What is wrong with these bytes as a source file."""
    if len(data) > MOST_BYTES:
        yield 1, f"the file is longer than {MOST_BYTES:,} bytes"
        return
    if data.startswith(b"\xef\xbb\xbf"):
        yield 1, "the file begins with a byte order mark"
    for number, first in enumerate(data.split(b"\n")[:2], start=1):
        if COOKIE.match(first):
            yield number, "the line names a coding; a strategy is UTF-8"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield data.count(b"\n", 0, error.start) + 1, "not UTF-8"
        return
    for number, line in enumerate(text.split("\n"), start=1):
        for letter in line:
            if unicodedata.category(letter) in INVISIBLE or (letter.isspace() and letter != " "):
                yield number, f"the invisible character U+{ord(letter):04X}"
                break
        if told := ORDERS.search(line):
            yield number, f"a comment that gives orders to a tool: {told[1]}"
    if not text.isascii():
        yield from find_disguised(text)


def find_disguised(text: str) -> Iterator[Finding]:
    """Names in letters that only look like those that Python reads: it takes a wide `\uff4b` for a k (PEP 3131)."""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):  # the parser says so
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME and not token.string.isascii():
                yield token.start[0], f"a name that is not ASCII: {token.string}"


def parse(data: bytes) -> ast.Module | Finding:
    """The syntax tree that will be loaded, or why there is none that can be looked through."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = syntax_tree(data)
    except SyntaxError as error:
        return error.lineno or 1, f"no Python: {error.msg}"
    except ValueError as error:
        return 1, f"no Python that can be read: {error}"
    nodes, level, depth = 0, [tree], 0
    while level:  # level by level, so that no depth of a stranger's tree is a depth of our stack
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MOST_NODES or depth > MOST_DEPTH:
            line = next((node.lineno for node in level if hasattr(node, "lineno")), 1)
            return line, f"nested deeper than {MOST_DEPTH} levels, or more than {MOST_NODES:,} parts"
        level = [child for node in level for child in ast.iter_child_nodes(node)]  # type: ignore[misc]  # any node
    return tree
