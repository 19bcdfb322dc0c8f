"""What compiling promises: the same function, never a stray write, never an allocation, never a silent infinity.

`test_plain_python.py` runs this file once more without compilation.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import config
from numba.core.errors import NumbaError

from core.kernel import BAR_ROW, COMPILE_OPTIONS, DECISION, EVENT, FILL, kernel, record_dtype

compiled_only = pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled here")


@kernel
def store(values, index, value):
    values[index] = value


@kernel
def ratio(numerator, denominator):
    return numerator / denominator


@kernel
def profit(event):
    return event[0].price / event[0].entry_price - 1.0


@kernel
def mark(event, price):
    event[0].price = price
    event[0].sequence += 1


def scratch():
    return np.zeros(3)


@pytest.mark.parametrize("index", [4, 8, 10**9, -9])
def test_an_index_out_of_range_raises_and_writes_nothing(index):
    memory = np.zeros(12)
    with pytest.raises(IndexError):
        store(memory[4:8], index, 1.0)
    assert not memory.any()


def test_an_index_in_range_writes_there():
    memory = np.zeros(12)
    store(memory[4:8], 3, 1.0)
    assert np.flatnonzero(memory).tolist() == [7]


def test_a_division_by_zero_raises():
    with pytest.raises(ZeroDivisionError):
        ratio(1.0, 0.0)


def test_a_division_by_a_records_zero_raises_too():
    with pytest.raises(ZeroDivisionError):
        profit(np.zeros(1, EVENT))


@compiled_only
def test_a_kernel_that_makes_an_array_does_not_compile():
    with pytest.raises(NumbaError):
        kernel(scratch)()


@compiled_only
def test_the_source_stays_at_hand():
    assert store.py_func.__name__ == "store"
    assert store.py_func.__doc__ is None
    assert ratio.py_func(1.0, 4.0) == 0.25


def test_without_compilation_a_kernel_is_the_function_itself():
    assert (kernel(scratch) is scratch) == bool(config.DISABLE_JIT)


def test_fast_maths_and_the_cache_on_disk_stay_off_and_bounds_checks_on():
    assert COMPILE_OPTIONS["fastmath"] is False
    assert COMPILE_OPTIONS["cache"] is False
    assert COMPILE_OPTIONS["boundscheck"] is True


def test_nan_is_told_apart():
    @kernel
    def is_missing(value):
        return math.isnan(value)

    assert is_missing(math.nan)
    assert not is_missing(math.inf)


def test_a_record_answers_by_name_and_is_written_by_name():
    event = np.zeros(1, EVENT)
    mark(event, 2.5)
    mark(event, 3.5)
    assert event["price"].tolist() == [3.5]
    assert event["sequence"].tolist() == [2]
    assert (event[0].price, event[0].sequence) == (3.5, 2)


def test_a_records_array_field_is_a_view_of_it():
    rows = np.zeros(2, record_dtype([("count", "i8"), ("ring", "f8", (3,))]))
    store(rows[1].ring, 2, 7.0)
    assert rows["ring"].tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 7.0]]
    with pytest.raises(IndexError):
        store(rows[0].ring, 3, 1.0)
    assert rows["ring"][1].tolist() == [0.0, 0.0, 7.0]


def test_a_record_reads_as_pythons_own_numbers():
    record = np.zeros(1, EVENT)[0]
    assert type(record.price) is float
    assert type(record.sequence) is int


def test_a_record_has_no_room_for_a_misspelt_field():
    with pytest.raises(AttributeError):
        np.zeros(1, EVENT)[0].prize = 1.0


@pytest.mark.parametrize("dtype", [EVENT, DECISION, BAR_ROW, FILL], ids=["EVENT", "DECISION", "BAR_ROW", "FILL"])
def test_the_wires_records_have_no_padding_and_only_two_kinds_of_number(dtype):
    kinds = {dtype.fields[name][0].str for name in dtype.names}
    assert kinds <= {"<i8", "<f8"}
    assert dtype.itemsize == 8 * len(dtype.names)
