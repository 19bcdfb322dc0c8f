"""Every kind of bad input, with the exact line it is told at."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from core.history.importing.checks import Checked, check
from core.history.importing.columns import recognise
from core.history.importing.dialects import read_tables
from core.names import format_timeframe, parse_timeframe

HEADER = "time,open,high,low,close,volume\n"
GOOD = [f"2024-01-01 0{hour}:00:00,10,12,9,11,5" for hour in range(8)]
"""Lines 2 to 9 of a file."""


def checked(lines: list[str], tmp_path: Path, timeframe: str | None = None, header: str = HEADER) -> Checked:
    file = tmp_path / "file.csv"
    file.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    return check(recognise(read_tables(file)), parse_timeframe(timeframe) if timeframe else None)


def told(found: Checked) -> list[tuple[str, str, int, str]]:
    return [(f.severity, f.kind, problem.line, problem.text) for f in found.findings for problem in f.problems]


def with_line(number: int, text: str) -> list[str]:
    """The good file with one line replaced; line 1 is the header."""
    return [*GOOD[: number - 2], text, *GOOD[number - 1 :]]


HOUR_3 = "2024-01-01 03:00:00"  # the time of line 5
BAD_LINES = {
    "time is a word": ("soon,10,12,9,11,5", "time", "'soon' is no time"),
    "time is empty": (",10,12,9,11,5", "time", "(empty) is no time"),
    "no such day": ("2024-02-30 03:00:00,10,12,9,11,5", "time", "'2024-02-30 03:00:00' is no time"),
    "year of another unit": ("9999-01-01 03:00:00,10,12,9,11,5", "time", "'9999-01-01 03:00:00' is no time"),
    "open is empty": (f"{HOUR_3},,12,9,11,5", "number", "open (empty) is no number"),
    "open is NaN": (f"{HOUR_3},nan,12,9,11,5", "number", "open 'nan' is no number"),
    "high is infinite": (f"{HOUR_3},10,inf,9,11,5", "number", "high 'inf' is no number"),
    "low is a word": (f"{HOUR_3},10,12,n/a,11,5", "number", "low 'n/a' is no number"),
    "close is missing": (f"{HOUR_3},10,12,9", "number", "close (empty) is no number"),
    "volume is a word": (f"{HOUR_3},10,12,9,11,many", "number", "volume 'many' is no number"),
    "open is zero": (f"{HOUR_3},0,12,0.1,11,5", "price", "open '0' is not above zero"),
    "low is negative": (f"{HOUR_3},10,12,-9,11,5", "price", "low '-9' is not above zero"),
    "volume is negative": (f"{HOUR_3},10,12,9,11,-5", "volume", "volume '-5' is below zero"),
    "high below low": (f"{HOUR_3},10,9,12,11,5", "range", "high 9 is below low 12"),
    "open above high": (f"{HOUR_3},13,12,9,11,5", "range", "open 13 is outside low 9 to high 12"),
    "close below low": (f"{HOUR_3},10,12,9,8.5,5", "range", "close 8.5 is outside low 9 to high 12"),
}


@pytest.mark.parametrize(("line", "kind", "text"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_one_bad_line_is_told_with_its_number(line: str, kind: str, text: str, tmp_path: Path) -> None:
    found = checked(with_line(5, line), tmp_path)
    assert ("error", kind, 5, text) in told(found)
    assert {f.kind for f in found.errors} == {kind} | ({"range"} if text.startswith("open '0'") else set())


@pytest.mark.parametrize(("line", "kind", "text"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_the_first_row_may_be_the_bad_one(line: str, kind: str, text: str, tmp_path: Path) -> None:
    assert ("error", kind, 2, text) in told(checked(with_line(2, line), tmp_path))


def test_line_numbers_count_blank_lines_and_what_stands_above_the_header(tmp_path: Path) -> None:
    #      1: address, 2: blank, 3: header, 4: good, 5: blank, 6: bad
    lines = [GOOD[0], "", "soon,10,12,9,11,5", *GOOD[2:]]
    found = checked(lines, tmp_path, header="https://example.org/data\n\n" + HEADER)
    assert told(found)[0] == ("error", "time", 6, "'soon' is no time")


def test_line_numbers_count_line_breaks_inside_quotes(tmp_path: Path) -> None:
    # The remark of line 2 goes on in line 3, so the bad row stands in line 4.
    lines = [f'{GOOD[0]},"two\nlines"', "soon,10,12,9,11,5,x", *(f"{line},x" for line in GOOD[2:])]
    found = checked(lines, tmp_path, header=HEADER.strip() + ",remark\n")
    assert told(found)[0] == ("error", "time", 4, "'soon' is no time")


def test_rows_of_a_columnar_file_are_counted_from_one(tmp_path: Path) -> None:
    times = [parse_timeframe("1h") * step + 1_704_067_200_000_000_000 for step in range(4)]
    prices = {name: [10.0, 10.0, None, 10.0] for name in ("open", "high", "low", "close")}
    pl.DataFrame({"time": times, **prices}).write_parquet(tmp_path / "file.parquet")
    found = check(recognise(read_tables(tmp_path / "file.parquet")))
    assert [problem.line for problem in found.errors[0].problems] == [3, 3, 3, 3]


def test_a_broken_first_line_of_a_file_without_header_is_no_title(tmp_path: Path) -> None:
    found = checked(["soon,10,12,9,11,5", *GOOD[1:]], tmp_path, header="")
    assert told(found)[0] == ("error", "time", 1, "'soon' is no time")


def test_disorder_is_sorted_and_told(tmp_path: Path) -> None:
    lines = [*GOOD[:2], GOOD[3], GOOD[2], *GOOD[4:]]
    found = checked(lines, tmp_path)
    text = "2024-01-01T02:00:00Z comes after 2024-01-01T03:00:00Z of an earlier line"
    assert told(found) == [("warning", "order", 5, text)]
    assert len(found.bars) == 8
    assert (found.bars["time_ns"][1:] > found.bars["time_ns"][:-1]).all()


def test_newest_first_is_one_warning_and_the_lines_still_fit(tmp_path: Path) -> None:
    found = checked(GOOD[::-1], tmp_path)
    assert told(found) == [("warning", "order", 2, "the file begins with its newest bar")]
    assert found.lines.tolist() == [9, 8, 7, 6, 5, 4, 3, 2]


def test_an_equal_double_is_dropped(tmp_path: Path) -> None:
    found = checked([*GOOD[:4], GOOD[3], *GOOD[4:]], tmp_path)
    text = "2024-01-01T03:00:00Z stands in line 5 already, with the same values"
    assert told(found) == [("warning", "duplicate", 6, text)]
    assert len(found.bars) == 8


def test_a_double_with_other_values_is_an_error(tmp_path: Path) -> None:
    found = checked([*GOOD[:4], f"{HOUR_3},10,12,9,11.5,6", *GOOD[4:]], tmp_path)
    text = "2024-01-01T03:00:00Z stands in line 5 already, with close 11 there and 11.5 here, volume 5 there and 6 here"
    assert told(found) == [("error", "conflict", 6, text)]


def test_a_gap_is_counted_in_bars_and_kept(tmp_path: Path) -> None:
    found = checked([*GOOD[:3], *GOOD[5:]], tmp_path)
    text = "2 bars missing between 2024-01-01T02:00:00Z and 2024-01-01T05:00:00Z"
    assert told(found) == [("warning", "gap", 5, text)]
    assert "2 bars of 1h missing in all" in found.findings[0].advice


def test_an_unfinished_last_bar_is_told(tmp_path: Path) -> None:
    found = checked([*GOOD, "2024-01-01 07:20:00,10,12,9,11,5"], tmp_path)
    assert [(kind, line) for _, kind, line, _ in told(found)] == [("step", 10)]
    assert not found.errors


def test_a_coarser_timeframe_than_the_files_is_an_error(tmp_path: Path) -> None:
    found = checked(GOOD, tmp_path, timeframe="1d")
    assert [finding.kind for finding in found.errors] == ["step"]


def test_a_finer_timeframe_than_the_files_is_an_error(tmp_path: Path) -> None:
    found = checked(GOOD, tmp_path, timeframe="1m")
    assert told(found) == [("error", "step", 3, "no two bars are 1m apart; the first are 3600 s apart")]


def test_one_bar_needs_a_timeframe(tmp_path: Path) -> None:
    assert [finding.kind for finding in checked(GOOD[:1], tmp_path).errors] == ["timeframe"]
    assert checked(GOOD[:1], tmp_path, timeframe="1h").timeframe_ns == parse_timeframe("1h")


def test_rounding_outside_the_bar_is_taken_in(tmp_path: Path) -> None:
    found = checked(with_line(5, f"{HOUR_3},10,12,9,12.0000001,5"), tmp_path)
    assert not found.findings
    assert found.bars["high"][3] == 12.0000001


def test_many_problems_are_all_counted_and_a_thousand_told(tmp_path: Path) -> None:
    found = checked([f"{line.replace('10,12,9,11', '10,12,9,x')}" for line in GOOD * 200], tmp_path)
    number = found.errors[0]
    assert (number.kind, number.count, len(number.problems)) == ("number", 1600, 1000)


STEPS = {
    "1m": ["2024-01-01 00:00", "2024-01-01 00:01", "2024-01-01 00:02", "2024-01-01 00:09"],
    "1d": ["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"],
    "1w": ["2024-01-01", "2024-01-08", "2024-01-15"],
    "1mo": ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"],
    "3mo": ["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"],
}


@pytest.mark.parametrize(("name", "times"), STEPS.items(), ids=STEPS.keys())
def test_the_most_common_step_is_the_timeframe(name: str, times: list[str], tmp_path: Path) -> None:
    found = checked([f"{time},10,12,9,11,5" for time in times], tmp_path)
    assert format_timeframe(found.timeframe_ns) == name
    assert [finding.kind for finding in found.findings] == (["gap"] if name == "1m" else [])


def days(count: int, *, weekends: bool = False) -> list[str]:
    """Dates from Monday 2024-01-01 on."""
    every = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 12, 31), eager=True)
    kept = every if weekends else every.filter(every.dt.weekday() < 6)
    return [str(day) for day in kept.head(count)]


def test_weekends_and_holidays_of_stocks_are_no_gaps(tmp_path: Path) -> None:
    dates = [day for day in days(100) if day not in ("2024-01-15", "2024-03-29", "2024-04-01")]
    found = checked([f"{day},10,12,9,11,5" for day in dates], tmp_path)
    assert not found.findings
    assert found.notes == ("market closed 19 times (nights, weekends, holidays): no gaps",)


def test_a_missing_weekend_of_a_market_without_weekends_is_a_gap(tmp_path: Path) -> None:
    dates = [day for day in days(100, weekends=True) if day not in ("2024-01-06", "2024-01-07")]
    found = checked([f"{day},10,12,9,11,5" for day in dates], tmp_path)
    assert [(kind, line) for _, kind, line, _ in told(found)] == [("gap", 7)]


def test_nights_are_no_gaps_but_a_hole_in_the_session_is_one(tmp_path: Path) -> None:
    lines = [f"{day} {hour:02}:30:00,10,12,9,11,5" for day in days(20) for hour in range(14, 21)]
    hole = lines.index("2024-01-10 17:30:00,10,12,9,11,5")
    found = checked([*lines[:hole], *lines[hole + 1 :]], tmp_path)
    assert [(kind, line) for _, kind, line, _ in told(found)] == [("gap", hole + 2)]


def test_summer_time_moves_no_daily_bar(tmp_path: Path) -> None:
    midnights = ["2024-03-08 05:00", "2024-03-09 05:00", "2024-03-10 05:00", "2024-03-11 04:00", "2024-03-12 04:00"]
    assert not checked([f"{time},10,12,9,11,5" for time in midnights], tmp_path).findings
