"""A file that is read in many blocks is read as it is in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.files.market import bars
from core.errors import DataError
from core.history.importing import text
from core.history.importing.checks import check
from core.history.importing.columns import Rows, recognise
from core.history.importing.dialects import read_tables

SMALL = 1_000
"""Bytes of a block; some twenty bars."""
MANY = bars(500, 3600)
HEAD = "time,open,high,low,close,volume,remark\n"
PLAIN = [",".join([bar.at("%Y-%m-%d %H:%M:%S"), *map(str, bar[1:])]) for bar in MANY]
FILES = {
    "plain": HEAD + "".join(f"{row},x\n" for row in PLAIN),
    "no line end at the end": HEAD + "\n".join(f"{row},x" for row in PLAIN),
    "Windows line ends": (HEAD + "".join(f"{row},x\n" for row in PLAIN)).replace("\n", "\r\n"),
    "blank lines": HEAD + "".join(f"{row},x\n\n" for row in PLAIN),
    "line breaks in quotes": HEAD + "".join(f'{row},"two\nlines, ""here"""\n' for row in PLAIN),
    "quotes that stand loosely": HEAD + "".join(f'{row},5" and 6"\n' for row in PLAIN),
    "Latin letters": HEAD + "".join(f"{row},Fevereiro é março\n" for row in PLAIN),
    "newest first, fields short": HEAD + "".join(f"{row}\n" for row in PLAIN[::-1]),
    "day and month told far down": HEAD
    + "".join(f"{bar.at('%d/%m/%Y %H:%M')},{','.join(map(str, bar[1:]))},x\n" for bar in MANY[60:]),
}


def read(file: Path) -> Rows:
    return recognise(read_tables(file))


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BLOCK", SMALL)
    monkeypatch.setattr(text, "SLICE", 300)


@pytest.mark.usefixtures("_small_blocks")
def test_every_row_is_there_once_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file.csv"
    for name, content in FILES.items():
        for encoding in ("utf-8", "utf-16", "cp1252"):
            file.write_bytes(content.encode(encoding))
            small = read(file)
            with monkeypatch.context() as patched:
                patched.setattr(text, "BLOCK", 1 << 23)
                whole = read(file)
            assert (name, len(small.lines), small.layout) == (name, len(whole.lines), whole.layout)
            assert np.array_equal(small.bars, whole.bars), name
            assert np.array_equal(small.lines, whole.lines), name
            assert not check(small).errors, name


@pytest.mark.usefixtures("_small_blocks")
def test_a_problem_far_down_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    rows = [f"{row},x\n" for row in PLAIN]
    file.write_text(HEAD + "".join([*rows[:400], "soon,1,2,1,2,3,x\n", *rows[400:]]), encoding="utf-8")
    assert [(p.line, p.text) for p in check(read(file)).errors[0].problems] == [(402, "'soon' is no time")]
    file.write_text(HEAD + "".join([*rows[:400], rows[400].replace(",x", ",x,y,z"), *rows[401:]]), encoding="utf-8")
    with pytest.raises(DataError, match="line 402: 9 fields where 7 are expected"):
        read(file)


@pytest.mark.usefixtures("_small_blocks")
def test_a_market_that_first_stands_far_down_must_be_chosen(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    rows = [f"{row},{'AAA' if number < 490 else 'BBB'}\n" for number, row in enumerate(PLAIN)]
    file.write_text(HEAD.replace("remark", "symbol") + "".join(rows), encoding="utf-8")
    assert len(recognise(read_tables(file), "AAA").lines) == 490
    with pytest.raises(DataError, match="holds 2 markets: AAA, BBB"):
        recognise(read_tables(file), "CCC")
