"""What constants come to, read and not run."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.constants import worth

VALUES = {"stop_loss": 0.02, "ema_slow": 26.0}
COMES_TO = {
    "3": 3.0,
    "-P.stop_loss": -0.02,
    "P.ema_slow + 9 * 2": 44.0,
    "max(P.ema_slow, 10, 30)": 30.0,
    "int(P.ema_slow / 4)": 6.0,
    "7 // 2": 3.0,
    "HOUR * 2": 7200.0,
}
UNKNOWN = (
    *(
        "True",
        "P.other",
        "other",
        "f(3)",
        "max(3)",
        "1 / 0",
        "1 // 0",
        "1e999",
        "1e299 * 1e299",
        "1e299 * 1e299 - 1e299",
    ),
    *("max(3, key=abs)", "[3][0]", "2 ** 3", "x.stop_loss", "not 3", "max(3, other)"),
)


def read(text: str) -> float | None:
    return worth(ast.parse(text, mode="eval").body, VALUES, {"HOUR": 3600.0})


@pytest.mark.parametrize("text", COMES_TO)
def test_a_constant_expression_comes_to_its_value(text: str) -> None:
    assert read(text) == COMES_TO[text]


def test_what_is_no_constant_or_no_number_comes_to_nothing() -> None:
    assert {text: read(text) for text in UNKNOWN} == dict.fromkeys(UNKNOWN)


NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6, allow_nan=False))
EXPRESSIONS = st.recursive(
    NUMBERS.map(repr),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda of: f"({of[0]} {of[1]} {of[2]})"),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_it_is_what_python_makes_of_it(text: str) -> None:
    try:
        expected = float(eval(text, {}))  # noqa: S307 - numbers and four operators, made above
    except ZeroDivisionError:
        assert read(text) is None
        return
    assert read(text) == expected or abs(expected) >= 1e300
