"""The programs that the judge is measured with are programs of the strategy that ships today."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from bench.gates import exam, written
from bench.gates.__main__ import drawn, markdown
from bench.gates.corpus import KINDS, programs
from bench.gates.judging import Judged
from core.strategy import Source

SHIPPED = Source.shipped()


@pytest.mark.parametrize("kind", KINDS)
def test_every_program_is_a_change_of_the_shipped_strategy(kind: str) -> None:
    found = list(programs(kind))
    assert len({program.name for program in found}) == len(found) > 30
    for program in found:
        assert program.source().tree_hash != SHIPPED.tree_hash, program.name


def test_the_page_counts_each_kind_and_lists_what_went_wrong() -> None:
    ends = [
        Judged("hostile", "h1", "a back door", "buys at midnight", "0", "accepted", "", (), 1.0),
        Judged("hostile", "h2", "a back door", "buys at noon", "0", "rejected", "policy", ("a date",), 1.0),
        Judged("good", "g1", "a rule", "sells on Fridays", "0", "rejected", "tests", ("2 failed",), 1.0),
    ]
    page = markdown(ends, {"hostile": 5, "wrong": 7, "good": 1}, "a machine", datetime.date(2026, 11, 28))
    assert "| hostile | 5 | 2 | 1 | 1 | 0 |" in page
    assert "- h1, a back door: buys at midnight\n" in page
    assert "h2" not in page
    assert "- g1, a rule: sells on Fridays (tests: 2 failed)\n" in page
    assert "### Wrong edits that were accepted\n\nNone.\n" in page


def test_each_program_is_drawn_once_and_every_part_of_the_draw_has_of_each_kind() -> None:
    found = drawn(KINDS)
    assert sorted((one.kind, one.name) for one in found) == sorted(
        (kind, one.name) for kind in KINDS for one in programs(kind)
    )
    assert {one.kind for one in found[: len(found) // 10]} == set(KINDS)
    assert [one.name for one in found] == [one.name for one in drawn(KINDS)]


def test_the_exam_has_every_trap_and_every_control_of_its_suite() -> None:
    traps, honest = (list(programs(kind)) for kind in exam.KINDS)
    assert len(traps) + len(exam.without_form()) == 50
    assert len(honest) == 18
    assert not {program.name for program in traps} & set(exam.without_form())
    for program in (*traps, *honest):
        assert "outlook.py" in program.source().files, program.name


def test_the_exam_counts_what_was_refused_and_keeps_what_stands_around_it() -> None:
    ends = [
        Judged(exam.TRAPS, "shift", "a", "the next close", "0", "rejected", "bounds", ("a date",), 1.0),
        Judged(exam.TRAPS, "encoding", "a", "means of all", "0", "accepted", "", (), 1.0),
        Judged(exam.HONEST, "mean", "a", "a mean", "0", "rejected", "latency", ("slow",), 1.0),
    ]
    section = exam.markdown(ends, {exam.TRAPS: 48, exam.HONEST: 18}, "a machine", datetime.date(2026, 11, 28))
    assert "| traps | 50 | 48 | 2 | 1 | 1 | 0 |" in section
    assert "Traps were refused by bounds (1)." in section
    assert "- encoding: means of all\n" in section
    assert "- mean: a mean (latency: slow)\n" in section
    page = exam.placed("by hand\n\n## Figures\n\nmade\n", section)
    assert exam.placed(page, section) == page
    assert page.startswith("by hand\n" + exam.MARK)
    assert page.endswith("\n## Figures\n\nmade\n")


def test_a_run_that_was_cut_off_in_the_middle_of_a_line_goes_on(tmp_path: Path) -> None:
    file, end = tmp_path / "new" / "x.jsonl", Judged("good", "g1", "a rule", "sells", "0", "accepted", "", (), 1.0)
    assert list(written.read(file, Judged)) == []
    written.add(file, end)
    file.write_bytes(file.read_bytes() + b'{"kind":"go')
    written.add(file, end)
    assert list(written.read(file, Judged)) == [end, end]
