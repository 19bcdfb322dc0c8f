"""A diff as it is read on a phone: each file by its name, the lines that come and go, one line around them. Pure.

What it leaves out is in the whole diff, which `/diff` shows: heads, further context, and the tests that came along, of
which only the number of lines is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

TESTS: Final = "strategy/tests/"
AROUND: Final = 1


def phone_diff(diff: str) -> str:
    """The same, short."""
    return "\n".join(line for name, body in _files(diff) for line in _short(name, body))


def _files(diff: str) -> Iterator[tuple[str, list[str]]]:
    """Each file with the lines of its hunks."""
    name, body, inside = "", list[str](), False
    for line in diff.splitlines():
        if line.startswith("diff --git ") or (line.startswith("--- ") and not inside):
            if name and body:
                yield name, body
                name, body = "", []
            inside = False
        elif line.startswith("+++ ") and not inside:
            name = line[4:].removeprefix("b/")
        elif line.startswith("@@"):
            inside = True
            body.append("@@")
        elif inside:
            body.append(line)
    if name and body:
        yield name, body


def _short(name: str, body: list[str]) -> Iterator[str]:
    added, removed = (sum(line.startswith(sign) for line in body) for sign in "+-")
    counted = f"+{added} -{removed}"
    if name.startswith(TESTS):
        yield f"@@ {name} {counted} @@"
        return
    yield f"@@ {name} @@"
    near = {
        place + step
        for place, line in enumerate(body)
        if line.startswith(("+", "-"))
        for step in range(-AROUND, AROUND + 1)
    }
    last = None
    for place in sorted(near):
        if not 0 <= place < len(body) or body[place] == "@@":
            continue
        if last is not None and place > last + 1:
            yield "@@"
        yield body[place]
        last = place
