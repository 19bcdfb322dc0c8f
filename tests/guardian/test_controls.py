"""A program counts as held only when it works where nothing holds it, and was tried where it is held."""

from __future__ import annotations

import os

from bench.gates.controls import DOES_NOT_WORK, End, escaped, hijacked, markdown
from bench.gates.corpus import programs
from bench.gates.escapes import GOT, LOADED, Escape, attempted, left_in, namespace_of, of_corpus, outside
from bench.gates.hijacks import FAULT, FILE, fault_alone
from bench.gates.judging import Judged
from core.strategy import Source

SHIPPED = Source.shipped()
WRITES = b"\nopen('/tmp/sorte-marks/x', 'w')\n"


def escape(code: bytes) -> Escape:
    return Escape("x", {**SHIPPED.files, "signals.py": SHIPPED.files["signals.py"] + code})


def test_what_leaves_a_mark_without_a_box_has_a_control_and_what_does_not_has_none() -> None:
    works = attempted(escape(WRITES), outside)
    assert (works.out, works.told) == (True, LOADED)
    idle = escaped("g", escape(b"\nX = 1\n"), outside, {})
    assert idle == End("g", "x", control=False, why=DOES_NOT_WORK)


def test_a_place_is_asked_only_with_a_control_and_must_have_been_tried() -> None:
    got, stopped, elsewhere = "told done", "PermissionError: no", "SyntaxError: what"
    places = {"a": lambda _: stopped, "b": lambda _: elsewhere, "c": lambda _: got}
    end = escaped("g", escape(b""), lambda _: got, places)
    assert end.control
    assert end.loose == ("not tried in b: SyntaxError: what", "out of c: told done")
    assert not escaped("g", escape(b""), lambda _: stopped, places).control


def test_a_hijack_that_was_not_judged_is_not_held() -> None:
    program = next(one for one in programs("hostile") if one.control == "pytest")
    refused = Judged("hostile", program.name, "", "", "", "rejected", "scope", (), 1.0)
    assert hijacked(program, refused, works=True).loose == ()
    assert hijacked(program, None, works=True).loose == ("not judged",)
    assert not hijacked(program, refused, works=False).control


def test_the_page_counts_what_has_no_control_apart() -> None:
    ends = [
        End("g", "one", control=True, why=""),
        End("g", "two", control=True, why="", loose=("out of a: told done",)),
        End("g", "three", control=False, why=DOES_NOT_WORK),
    ]
    page = markdown(ends)
    assert "| g | 3 | 2 | 1 | 1 |\n" in page
    assert "- two: out of a: told done\n" in page
    assert f"- three: {DOES_NOT_WORK}\n" in page


def test_each_program_of_the_corpus_with_a_control_has_what_the_control_looks_for() -> None:
    hijacks = [one for one in programs("hostile") if one.control == "pytest"]
    assert len(hijacks) > 10
    assert [one.name for one in hijacks if FAULT not in one.source().files[FILE]] == []
    assert FAULT in fault_alone(SHIPPED).files[FILE]
    marks = (b"/tmp/sorte-marks/", b"('127.0.0.1', 22)")
    for one in of_corpus():
        assert one.without or any(mark in data for mark in marks for data in one.files.values()), one.name


def test_a_process_that_lives_after_its_box_is_seen() -> None:
    with namespace_of(os.getpid()) as own, namespace_of(1 << 30) as gone:
        assert GOT.search("loaded" + left_in(own))
        assert left_in(gone) == ""
