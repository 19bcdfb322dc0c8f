"""Words of strangers are shown without what a terminal obeys, on as many lines and characters as is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.files import write_whole
from core.text import one_line, printable


@pytest.mark.parametrize("steers", ["\x1b[2J", "\x07", "\x9b", "\u202e", "\ud800", "\r"])
def test_nothing_that_steers_a_terminal_is_left(steers: str) -> None:
    assert printable(f"a{steers}b").isprintable()
    assert printable(f"a{steers}b")[0 :: len(printable(f"a{steers}b")) - 1] == "ab"
    assert one_line(f"a{steers}b").isprintable()


def test_what_is_printable_stays() -> None:
    assert printable("São “Paulo” 3 %") == "São “Paulo” 3 %"
    assert printable("a\tb", instead=" ", most=2) == "a "


@pytest.mark.parametrize(("text", "line"), [("  a\n\n b\t", "a b"), ("abcdef", "abc.."), ("abcde", "abcde"), ("", "")])
def test_one_line_has_single_blanks_and_an_end_that_says_that_it_was_cut(text: str, line: str) -> None:
    assert one_line(text, most=5, more="..") == line


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "instance"
    write_whole(file, b"one")
    write_whole(file, b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["instance"]
    assert file.read_bytes() == b"two"
