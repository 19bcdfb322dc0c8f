"""Code is taken apart where the compiler needs it, and nowhere else; what it does, and in which order, stays."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import numba
import numpy as np
import pytest

from core.apart import taken_apart
from core.strategy import Source, load

MANY = tuple(f"a{place}" for place in range(18))
SEVENTH = "(log(s, 1.0) if x > 0.0 and 0.0 < x < log(s, 4.0) else log(s, 2.0))"
CALL = f"Many({', '.join(f'{name}=log(s, {name[1:]}.0)' for name in MANY)})".replace("log(s, 7.0)", SEVENTH)
HEAD = f"""
from typing import NamedTuple


class Many(NamedTuple):
    {"; ".join(f"{name}: float" for name in MANY)}


@kernel
def log(s, x):
    s[0] = s[0] * 3.0 + x
    return x


@kernel
def both(a, b):
    return a, b


@kernel
def answer(s, x):
"""
BODIES = {
    "a return": f"return {CALL}",
    "behind what is worked out before": f"y = log(s, 5.0) * {CALL}.a7 + log(s, 6.0)\n    return y",
    "a second one in it": f"return {CALL.replace('log(s, 9.0)', f'{CALL}.a3')}.a9",
    "a question, and another after it": f"if {CALL}.a7 > 1.0:\n        return 1.0\n    "
    f"elif {CALL}.a7 < -1.0:\n        return 2.0\n    return 3.0",
    "a tuple with a star": "y = 0.0\n    for v in (*both(log(s, 1.0), 2.0), log(s, 3.0) if x > 0.0 else 2.0):\n"
    "        y += v\n    return y",
    "a long tuple": f"return ({'1.0, ' * 31}log(s, 2.0) if x > 0.5 else 3.0)[31]",
}


def made(code: Any, kernel: Any) -> Any:
    scope: dict[str, Any] = {"kernel": kernel}
    exec(compile(code, "<answer>", "exec"), scope)  # noqa: S102 - the code above
    return scope["answer"]


def plain(function: Any) -> Any:
    return function


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_same_is_done_in_the_same_order(body: str) -> None:
    source = f"{HEAD}    {body}\n"
    before, after = made(source, plain), made(taken_apart(source), plain)
    assert before.__code__.co_code != after.__code__.co_code
    for x in (-1.0, 0.0, 0.2, 1.0):
        one, other = [0.0], [0.0]
        assert before(one, x) == after(other, x)
        assert one == other


def test_the_compiler_takes_all_of_it_then() -> None:
    source = f"{HEAD}    y = {CALL}.a7\n    for v in (*both(log(s, 1.0), 2.0), log(s, 3.0) if x > 0.0 else 2.0):\n"
    source += "        y += v\n    return y\n"
    one, other = np.zeros(1), [0.0]
    assert made(taken_apart(source), numba.njit)(one, 0.2) == made(source, plain)(other, 0.2)
    assert one[0] == other[0]


def test_what_the_compiler_takes_is_left_alone() -> None:
    for file, data in Source.shipped().files.items():
        if file.endswith(".py"):
            assert taken_apart(data) is data
    few = f"{HEAD}    return both(1.0 if x > 0.0 else 2.0, x)\n"
    assert taken_apart(few) is few
    lazy = f"{HEAD}    return x > 0.0 and {CALL}.a7 > 1.0\n"  # asked for some x only
    assert made(taken_apart(lazy), plain)([0.0], -1.0) is False


def test_it_is_no_python_and_its_reader_says_so() -> None:
    for wrong in (b"def f(:\n", b"\xff", b"x = '\0'"):
        assert taken_apart(wrong) is wrong


def test_no_name_of_the_file_is_taken() -> None:
    source = f"{HEAD}    part_1 = 7.0\n    y = {CALL}\n    return part_1\n"
    assert made(taken_apart(source), plain)([0.0], 1.0) == 7.0


def test_the_line_that_raises_is_the_one_of_the_file() -> None:
    wrong = "1.0 / x if x < 1.0 else 0.0"
    source = f"{HEAD}    return {CALL.replace(SEVENTH, wrong).replace(', a', ',' + chr(10) + 'a')}\n"
    with pytest.raises(ZeroDivisionError) as raised:
        made(taken_apart(source), plain)([0.0], 0.0)
    number = traceback.extract_tb(raised.tb)[-1].lineno or 0
    assert source.splitlines()[number - 1] == f"a7={wrong},"


def test_a_strategy_is_loaded_so_and_keeps_its_hash() -> None:
    was = "        rsi=rsi(s.average_gain, s.average_loss),"
    text = Source.shipped().files["indicators.py"].decode().replace(was, f"{was[:-1]} if s.bars > 1 else 50.0,")
    source = Source.of({**Source.shipped().files, "indicators.py": text.encode()})
    strategy = load(source)
    loaded = sys.modules[strategy.decide.__module__.replace(".decide", ".indicators")]
    assert strategy.tree_hash == source.tree_hash
    assert "part_1" in loaded.features_at.py_func.__code__.co_varnames
