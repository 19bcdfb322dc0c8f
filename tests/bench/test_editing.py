"""The bench of the editor takes real files, the same ones each time, and finds out when a byte is lost."""

from __future__ import annotations

from itertools import islice

from bench.language import editing, page
from bench.language.real_files import chosen, kept_bytes, trials
from services.editor import edit


def test_the_same_files_are_chosen_each_time() -> None:
    first = list(islice(chosen(), 50))
    assert first == list(islice(chosen(), 50))
    assert len({path.parent for path in first}) > 10


FILE = b'''"""A file."""

import math


def twice(x):
    return 2 * x  # of it


def length(x, y):
    return math.sqrt(x**2 + y**2)


print(map(twice, [1, 2]), twice(3))
'''


def test_each_operation_keeps_what_it_is_not_about_and_is_taken_back() -> None:
    found = trials(FILE)
    assert found is not None
    assert [trial.what for trial in found] == list(editing.OPERATIONS)
    for trial in found:
        assert editing._tried(trial) == editing.Tried(trial.what, kept=True, parsed=True, inverted=True)
        edited = edit(trial.files, trial.plan, "7").files[trial.file]
        assert not kept_bytes(trial, edited.replace(b"# of it", b"# of  it")) or trial.what == "replace_function"
        assert not kept_bytes(trial, edited.replace(b"import math", b"import cmath"))
        assert not kept_bytes(trial, trial.files[trial.file])


def test_a_renamed_function_has_its_name_wherever_it_is_read() -> None:
    trial = next(trial for trial in trials(FILE) or () if trial.what == "rename")
    plan = trial.plan
    edited = edit(trial.files, plan, "7").files["rules.py"]
    name = plan.operations[0].old.encode()  # type: ignore[union-attr]  # a rename
    assert name not in edited


def test_a_file_without_room_is_passed_over() -> None:
    for data in (b"", b"x = 1\n", b"def f(): pass\n", b"def broken(:\n", b"\xff\xfe"):
        assert trials(data) is None, data


def test_the_page_has_a_row_an_operation() -> None:
    found = [editing.Tried(what, kept=True, parsed=True, inverted=True) for what in editing.OPERATIONS]
    figures = editing.editing_figures(7, found)
    assert [figure.value for figure in figures] == [1, 100, 100]
    assert [figure.met for figure in figures] == [False, True, True]
    assert len(list(editing.rows(found))) == 4
    assert len(editing.HEAD) == len(next(editing.rows(found)))
    assert page.EDITED
