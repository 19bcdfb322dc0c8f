"""What the parser does with the sources of strangers: whatever cannot be read is a SyntaxError, and soon."""

from __future__ import annotations

import ast

import pytest

from core.syntax import MOST_BYTES, syntax_tree

DEEP = {
    "signs": "x = " + "-" * 100_000 + "1",
    "sums": "x = " + "1+" * 50_000 + "1",
    "calls": "x = f" + "()" * 50_000,
    "branches": "if x:\n pass\n" + "elif x:\n pass\n" * 10_000,
    "brackets": "x = " + "[" * 50_000,
    "powers": "x = " + "1**" * 50_000 + "1",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_what_is_nested_too_deeply_is_no_python(source):
    with pytest.raises(SyntaxError):
        syntax_tree(source)


def test_what_is_too_long_is_not_parsed(monkeypatch):
    """Five million bytes of brackets and commas were a tree of 2.4 GB."""
    with monkeypatch.context() as patched:
        patched.setattr(ast, "parse", lambda _: pytest.fail("it was parsed"))
        with pytest.raises(SyntaxError, match="longer than"):
            syntax_tree(b"#" * (MOST_BYTES + 1))
    assert syntax_tree(b"#" * MOST_BYTES).body == []
