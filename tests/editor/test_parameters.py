"""A parameter is given another default: one literal changes, and nothing beside it."""

from __future__ import annotations

import pytest

from core.contracts import SetParameter
from core.symbols import Symbols
from services.editor import EditRefused

PROGRAM = """\
class Parameters(NamedTuple):
    # A loss of this much.
    stop_loss: Annotated[float, Range(0.001, 0.5, "of price")] = 0.02  # tuned in 2021, was = 0.02
    rsi_oversold : Annotated[ float , Range( 1 , 50 , 'points' ) ]  =   30

    sell_threshold: Annotated[float, Range(-1, -0.01, "score")] = -0.30
    width: Annotated[float, Range(0.00001, 5, "deviations")] = 2.0
    ema_fast: Annotated[int, Range(2, 200, "bars")] = (
        12
    )


other = 0.02
stop_loss = 0.02
P = Parameters()   """
RULES = b"@kernel\ndef verdicts(f: Features) -> tuple[int, ...]:\n    return ()\n"
STATE = b"class Features(NamedTuple):\n    price: float\n"
FILES = {"parameters.py": PROGRAM.encode(), "rules.py": RULES, "state.py": STATE}


def line(name: str, program: str = PROGRAM) -> str:
    return next(line for line in program.splitlines() if line.strip().startswith(name))


@pytest.mark.parametrize(
    ("name", "was", "value", "old", "new"),
    [
        pytest.param("stop_loss", 0.02, 0.03, "= 0.02  #", "= 0.03  #", id="the comment behind it stays"),
        pytest.param("stop_loss", 0.02, 0.0255, "= 0.02  #", "= 0.0255  #", id="as many digits as it needs"),
        pytest.param("rsi_oversold", 30, 35, "  30", "  35", id="whole stays whole, odd spaces stay"),
        pytest.param("rsi_oversold", 30, 35.0, "  30", "  35", id="35.0 is said, 35 is written where 30 was"),
        pytest.param("rsi_oversold", 30, 32.5, "  30", "  32.5", id="a fraction where a whole number was"),
        pytest.param("sell_threshold", -0.3, -0.45, "-0.30", "-0.45", id="a negative number"),
        pytest.param("width", 2.0, 3, "= 2.0", "= 3.0", id="a point stays a point"),
        pytest.param("width", 2.0, 0.00001, "= 2.0", "= 0.00001", id="never an exponent"),
        pytest.param("ema_fast", 12, 10.0, "        12\n", "        10\n", id="int is written as int"),
    ],
)
def test_just_the_literal_changes(made, name, was, value, old, new):
    edited = made(SetParameter(name, value=value, was=was), files=FILES)
    assert PROGRAM.count(old) == 1
    assert edited.files["parameters.py"].decode() == PROGRAM.replace(old, new)
    assert {file for file in edited.files if edited.files[file] != FILES.get(file)} == {
        "parameters.py",
        "tests/test_change_7.py",
    }


METHOD = "\n    def half(self) -> float:\n        stop_loss: float = 0.02\n        return stop_loss / 2\n\n\nother"
INNER = "\n\n\ndef old():\n    class Parameters:\n        stop_loss: float = 0.02\n\n\nother"


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param(("class Parameters", "stop_loss: float = 0.02\n\n\nclass Parameters"), id="of the module"),
        pytest.param(("\n\nother", METHOD), id="of a method"),
        pytest.param(("\n\nother", INNER), id="of a class in a function"),
    ],
)
def test_an_annotated_name_that_is_no_parameter_stays(made, beside):
    program = PROGRAM.replace(*beside)
    assert program.count("stop_loss: float = 0.02\n") == 1
    edited = made(SetParameter("stop_loss", value=0.03, was=0.02), files={**FILES, "parameters.py": program.encode()})
    assert edited.files["parameters.py"].decode() == program.replace("= 0.02  #", "= 0.03  #")


def test_of_a_parameter_declared_twice_the_one_in_force_changes(made):
    again = '    stop_loss: Annotated[float, Range(0.001, 0.5, "of price")] = 0.04  # again\n'
    program = PROGRAM.replace("\n\n\nother", f"\n{again}\n\nother")
    edited = made(SetParameter("stop_loss", value=0.03, was=0.04), files={**FILES, "parameters.py": program.encode()})
    assert edited.files["parameters.py"].decode() == program.replace("= 0.04  # again", "= 0.03  # again")


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n\n", "  \n# the end"])
def test_line_ends_and_the_end_of_the_file_stay(made, ends, tail):
    program = (PROGRAM + tail).replace("\n", ends)
    edited = made(SetParameter("stop_loss", value=0.03, was=0.02), files={**FILES, "parameters.py": program.encode()})
    assert edited.files["parameters.py"].decode() == program.replace("= 0.02  #", "= 0.03  #")


def test_the_test_is_small_and_says_it_all(made):
    edited = made(SetParameter("stop_loss", value=0.03, was=0.02))
    assert edited.tests == ("tests/test_change_7.py::test_parameter_stop_loss_is_as_set",)
    assert (
        edited.files["tests/test_change_7.py"].decode()
        == '''\
"""What change 7 said, for as long as no later change says otherwise."""

from __future__ import annotations

from core.strategy import load

from .conftest import SOURCE


def test_parameter_stop_loss_is_as_set():
    """Now 0.03; before, 0.02."""
    strategy = load(SOURCE)
    low, high, _ = strategy.ranges["stop_loss"]
    assert low <= strategy.parameters.stop_loss == 0.03 <= high
'''
    )


def test_the_test_of_an_earlier_value_goes_and_is_told(made):
    first = made(SetParameter("stop_loss", value=0.03, was=0.02), SetParameter("take_profit", value=0.05, was=0.04))
    second = made(SetParameter("stop_loss", value=0.05, was=0.03), files=first.files, change="8")
    assert second.superseded == ("tests/test_change_7.py::test_parameter_stop_loss_is_as_set",)
    assert b"take_profit" in second.files["tests/test_change_7.py"]
    assert b"stop_loss" not in second.files["tests/test_change_7.py"]
    assert b"Now 0.05; before, 0.03 (change 7), 0.02." in second.files["tests/test_change_8.py"]
    third = made(SetParameter("take_profit", value=0.06, was=0.05), files=second.files, change="9")
    assert "tests/test_change_7.py" not in third.files
    assert "tests/test_change_8.py" in third.files


def test_a_form_feed_moves_no_comment_away_from_its_parameter():
    files = {**FILES, "parameters.py": b"\x0c" * 9 + b"\n" + PROGRAM.encode()}
    assert Symbols.of(files).parameters["stop_loss"].about == "A loss of this much."


def test_a_form_feed_ends_no_line_of_an_earlier_test(made):
    first = made(SetParameter("stop_loss", value=0.03, was=0.02))
    paged = {**first.files, "tests/test_change_7.py": b"\x0c" * 9 + b"\n" + first.files["tests/test_change_7.py"]}
    second = made(SetParameter("stop_loss", value=0.05, was=0.03), files=paged, change="8")
    assert b"Now 0.05; before, 0.03 (change 7), 0.02." in second.files["tests/test_change_8.py"]


def test_a_number_comes_back_as_it_was_written(made):
    first = made(SetParameter("weight_flow", value=0.5, was=0.25), SetParameter("buy_threshold", value=0.4, was=0.3))
    second = made(SetParameter("buy_threshold", value=0.3, was=0.4), files=first.files, change="8")
    assert line("buy_threshold", second.files["parameters.py"].decode()).endswith("= 0.30")


def test_a_test_that_a_person_has_edited_is_not_believed(made):
    first = made(SetParameter("stop_loss", value=0.03, was=0.02))
    by_hand = {
        **first.files,
        "parameters.py": first.files["parameters.py"].replace(
            b'"of entry price")] = 0.03', b'"of entry price")] = 0.1'
        ),
    }
    second = made(SetParameter("stop_loss", value=0.05, was=0.1), files=by_hand, change="8")
    assert b"Now 0.05; before, 0.1." in second.files["tests/test_change_8.py"]
    assert "tests/test_change_7.py" not in second.files


def test_only_the_untrue_test_leaves_a_file_that_a_person_has_edited(made):
    first = made(SetParameter("stop_loss", value=0.03, was=0.02))
    mine = first.files["tests/test_change_7.py"] + b"\n# mine\ndef test_mine( ):\n    assert  1\n"
    files = {**first.files, "tests/test_change_7.py": mine}
    second = made(SetParameter("stop_loss", value=0.05, was=0.03), files=files, change="8")
    kept = second.files["tests/test_change_7.py"]
    assert b"# mine\ndef test_mine( ):\n    assert  1\n" in kept
    assert b"stop_loss" not in kept


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (SetParameter("stop_los", value=0.03, was=0.02), "unknown_parameter"),
        (SetParameter("stop_loss", value=0.6, was=0.02), "out_of_range"),
        (SetParameter("stop_loss", value=-0.02, was=0.02), "out_of_range"),
        (SetParameter("ema_fast", value=10.5, was=12), "not_whole"),
        (SetParameter("stop_loss", value=0.02, was=0.02), "same_value"),
        (SetParameter("stop_loss", value=0.04, was=0.03), "stale"),
    ],
)
def test_what_cannot_be_is_refused(made, operation, reason):
    with pytest.raises(EditRefused) as told:
        made(operation)
    assert told.value.reason == reason


def test_a_plan_that_ends_where_it_began_changes_nothing(made):
    there = SetParameter("stop_loss", value=0.03, was=0.02)
    back = SetParameter("stop_loss", value=0.02, was=0.03)
    with pytest.raises(EditRefused, match="changes nothing"):
        made(there, back)


def test_all_of_a_plan_or_nothing(made):
    with pytest.raises(EditRefused, match="no rule"):
        made(SetParameter("stop_loss", value=0.03, was=0.02), SetParameter("stop_loss", value=0.04, was=0.03), remove())


def remove():
    from core.contracts import RemoveRule

    return RemoveRule("nothing_like_it")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" + PROGRAM.encode(), id="a byte order mark"),
        pytest.param(b"# -*- coding: latin-1 -*-\n# \xe9\n" + PROGRAM.encode(), id="no UTF-8"),
    ],
)
def test_a_file_that_would_not_come_back_as_it_was_is_refused(made, data):
    with pytest.raises(EditRefused) as told:
        made(SetParameter("stop_loss", value=0.03, was=0.02), files={**FILES, "parameters.py": data})
    assert told.value.reason in ("unreadable", "broken")
