"""Three trees into one: what each changed is kept, and what both changed is said, with its place."""

from __future__ import annotations

import pytest

from core.errors import StrategyError
from core.frames import ENDING, FOLDER, frame, known, packed
from core.merging import merge
from core.strategy import Source, git_tree_hash

LINES = [f"line {number}\n" for number in range(1, 21)]
BASE = {"a.py": "".join(LINES).encode(), "b.py": b"b\n", "tests/t.py": b"t\n"}


def edited(**lines: str) -> dict[str, bytes]:
    """The base with lines of a.py replaced: `edited(l3="other")`."""
    changed = dict(enumerate(LINES, start=1))
    changed |= {int(place[1:]): text for place, text in lines.items()}
    return {**BASE, "a.py": "".join(changed.values()).encode()}


def without(name: str) -> dict[str, bytes]:
    return {file: data for file, data in BASE.items() if file != name}


def test_what_each_changed_elsewhere_is_kept():
    merged = merge(BASE, edited(l3="mine\n"), edited(l15="theirs\n"))
    assert merged.conflicts == ()
    assert merged.files == edited(l3="mine\n", l15="theirs\n")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(BASE, edited(l1="x\n"), edited(l1="x\n"), id="only they changed"),
        pytest.param(edited(l1="x\n"), BASE, edited(l1="x\n"), id="only we changed"),
        pytest.param(edited(l1="x\n"), edited(l1="x\n"), edited(l1="x\n"), id="both alike"),
        pytest.param(BASE, {**BASE, "c.py": b"c\n"}, {**BASE, "c.py": b"c\n"}, id="they bring a file"),
        pytest.param({**BASE, "c.py": b"c\n"}, BASE, {**BASE, "c.py": b"c\n"}, id="we have a file of our own"),
        pytest.param(BASE, without("b.py"), without("b.py"), id="they drop a file"),
        pytest.param(without("b.py"), BASE, without("b.py"), id="we dropped a file"),
        pytest.param(without("b.py"), without("b.py"), without("b.py"), id="both dropped it"),
        pytest.param(
            {**BASE, "b.py": b"bb"}, {**edited(l1="x\n")}, {**edited(l1="x\n"), "b.py": b"bb"}, id="different files"
        ),
    ],
)
def test_files_that_only_one_touched_are_his(ours, theirs, expected):
    merged = merge(BASE, ours, theirs)
    assert merged == (expected, ())


@pytest.mark.parametrize(
    ("ours", "theirs", "places"),
    [
        pytest.param(edited(l7="mine\n"), edited(l7="theirs\n"), [("a.py", 7)], id="the same line"),
        pytest.param(
            edited(l2="mine\n", l12="mine\nand more\n", l19="mine\n"),
            edited(l2="theirs\n", l12="theirs\n"),
            [("a.py", 2), ("a.py", 12)],
            id="two places, one of them longer, and a third that is ours alone",
        ),
        pytest.param(
            edited(l1="one\ntwo\nthree\n", l9="mine\n"), edited(l9="theirs\n"), [("a.py", 11)], id="counted in our file"
        ),
        pytest.param(without("b.py"), {**BASE, "b.py": b"new\n"}, [("b.py", 0)], id="dropped by us, changed by them"),
        pytest.param({**BASE, "b.py": b"new\n"}, without("b.py"), [("b.py", 0)], id="the other way round"),
        pytest.param({**BASE, "c.py": b"1"}, {**BASE, "c.py": b"2"}, [("c.py", 0)], id="two new files of one name"),
    ],
)
def test_what_both_changed_is_a_conflict_with_its_place(ours, theirs, places):
    assert list(merge(BASE, ours, theirs).conflicts) == places


def test_a_merge_reads_nobodys_git_configuration(tmp_path, monkeypatch):
    (tmp_path / ".gitconfig").write_text("[merge]\nconflictStyle = zdiff3\n[core]\nrubbish\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    test_what_each_changed_elsewhere_is_kept()


@pytest.mark.parametrize("tree", sorted(known()))
def test_a_shipped_strategy_of_before_is_just_what_its_name_says(tree):
    source = frame(tree)
    assert git_tree_hash(source.files) == tree
    assert packed(source) == (FOLDER / f"{tree}{ENDING}").read_bytes()


def test_the_strategy_of_the_first_release_is_known():
    assert "8ce2a787b0969be49db473b4f637c3c2afeab50f" in known()
    assert Source.shipped().tree_hash not in known()


def test_a_strategy_that_was_never_shipped_is_no_frame():
    with pytest.raises(StrategyError, match="No release shipped"):
        frame("0" * 40)
