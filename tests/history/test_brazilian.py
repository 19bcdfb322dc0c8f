"""Files as Brazilian programs and sites write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import DataError
from core.history import load
from core.history.importing.checks import Checked, check
from core.history.importing.columns import recognise
from core.history.importing.dialects import read_tables
from core.history.importing.hints import Hints

PROFITCHART = """\
Ativo;Data;Hora;Abertura;Máximo;Mínimo;Fechamento;Volume;Quantidade
WINFUT;04/03/2024;11:10:00;129.110;129.180;129.080;129.150;1.035.112,40;40.083
WINFUT;04/03/2024;11:05:00;129.055;129.120;129.000;129.110;1.291.100,00;50.001
WINFUT;04/03/2024;11:00:00;129.005;129.060;128.995;129.055;1.548.660,00;60.010
"""
WIN = [
    ("2024-03-04T11:00", 129005.0, 129060.0, 128995.0, 129055.0, 60010.0),
    ("2024-03-04T11:05", 129055.0, 129120.0, 129000.0, 129110.0, 50001.0),
    ("2024-03-04T11:10", 129110.0, 129180.0, 129080.0, 129150.0, 40083.0),
]
PORTUGUESE = """\
Data;Abertura;Máxima;Mínima;Fechamento;Volume
01/02/2024;125.115,50;126.000,10;124.900,00;125.500,25;1.000
02/02/2024;125.500,25;126.500,00;125.000,00;126.100,00;2.000
"""
POINTS = [
    ("2024-02-01T00:00", 125115.5, 126000.1, 124900.0, 125500.25, 1000.0),
    ("2024-02-02T00:00", 125500.25, 126500.0, 125000.0, 126100.0, 2000.0),
]
INVESTING = """\
"Data","Último","Abertura","Máxima","Mínima","Vol.","Var%"
"02.02.2024","5,83","5,82","5,90","5,80","3,86M","0,17%"
"01.02.2024","5,82","5,80","5,85","5,79","2,10K","0,30%"
"""
DOLLAR = [
    ("2024-02-01T00:00", 5.8, 5.85, 5.79, 5.82, 2100.0),
    ("2024-02-02T00:00", 5.82, 5.9, 5.8, 5.83, 3_860_000.0),
]
IBOVESPA = """\
"Data","Último","Abertura","Máxima","Mínima","Vol.","Var%"
"02.02.2024","128.481","127.752","129.000","127.500","9,86B","0,57%"
"01.02.2024","127.752","127.100","128.000","127.050","","-0,30%"
"""
INDEX = [
    ("2024-02-01T00:00", 127100.0, 128000.0, 127050.0, 127752.0, 0.0),
    ("2024-02-02T00:00", 127752.0, 129000.0, 127500.0, 128481.0, 9.86e9),
]
SHARES = """\
PETR4;05/03/2024;38,10;38,50;37,90;38,20;123.456.789,00;3.200.000
PETR4;04/03/2024;38,00;38,30;37,80;38,10;113.456.789,00;3.100.000
"""
PETR4 = [
    ("2024-03-04T00:00", 38.0, 38.3, 37.8, 38.1, 3_100_000.0),
    ("2024-03-05T00:00", 38.1, 38.5, 37.9, 38.2, 3_200_000.0),
]
READ = {
    "ProfitChart": (PROFITCHART, WIN),
    "ProfitChart without header": (PROFITCHART.split("\n", 1)[1], WIN),
    "ProfitChart without header, whole numbers beside the points": (
        re.sub(r"[\d.]+,\d\d;(\d+)\.(\d+)\n", r"1000;\1\2\n", PROFITCHART.split("\n", 1)[1]),
        WIN,
    ),
    "ProfitChart, daily shares without header": (SHARES, PETR4),
    "points group, a comma before the fraction": (PORTUGUESE, POINTS),
    "the same names in the masculine": (PORTUGUESE.replace("xima", "ximo").replace("nima", "nimo"), POINTS),
    "without accents": (PORTUGUESE.replace("á", "a").replace("í", "i"), POINTS),
    "with the sign of the money": (PORTUGUESE.replace(";12", ";R$ 12"), POINTS),
    "in a comma separated file": (
        '"' + PORTUGUESE.strip().replace(";", '","').replace("\n", '"\n"') + '"\n',
        POINTS,
    ),
    "Investing.com": (INVESTING, DOLLAR),
    "Investing.com, an index in whole points": (IBOVESPA, INDEX),
    "months by their names": (PORTUGUESE.replace("/02/2024", " de fev. de 2024"), POINTS),
}


def checked_of(text: str, folder: Path, encoding: str = "utf-8", hints: Hints | None = None) -> Checked:
    file = folder / "file.csv"
    file.write_bytes(text.encode(encoding))
    return check(recognise(read_tables(file), "", hints or Hints()))


def bars_of(checked: Checked) -> list[tuple[object, ...]]:
    times = checked.bars["time_ns"].astype("M8[ns]").astype("M8[m]").astype(str)
    return [(time, *list(bar)[1:]) for time, bar in zip(times, checked.bars.tolist(), strict=True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_brazilian_file_is_read_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    for name, (text, bars) in READ.items():
        checked = checked_of(text, tmp_path, encoding)
        assert (name, checked.errors, bars_of(checked)) == (name, (), bars)
        assert "no UTF-8: read as Windows-1252" not in checked.notes or encoding == "cp1252"


def test_day_and_month_are_as_the_rest_of_the_file_is_written_and_that_is_told(tmp_path: Path) -> None:
    told = "dates taken as day/month, as the rest of the file is written: --dates mdy if they are not"
    assert told in checked_of(PORTUGUESE, tmp_path).notes
    assert told not in checked_of(PORTUGUESE.replace("02/02", "13/02"), tmp_path).notes
    assert bars_of(checked_of(PORTUGUESE, tmp_path, hints=Hints(dates="mdy")))[0][0] == "2024-01-02T00:00"


def test_the_owner_tells_day_from_month_where_nothing_else_does(tmp_path: Path) -> None:
    text = "date,open,high,low,close\n01/02/2024,1,2,1,2\n02/02/2024,1,2,1,2\n"
    unsaid = checked_of(text, tmp_path).errors
    assert [(found.kind, found.problems[0].text) for found in unsaid] == [
        ("time", "'01/02/2024' may be day/month or month/day")
    ]
    first = [bars_of(checked_of(text, tmp_path, hints=Hints(dates=order)))[0][0] for order in ("dmy", "mdy")]
    assert first == ["2024-02-01T00:00", "2024-01-02T00:00"]
    wrong = checked_of(text.replace("02/02", "13/02"), tmp_path, hints=Hints(dates="mdy")).errors
    assert [problem.text for problem in wrong[0].problems] == ["'13/02/2024' is no time"]


def test_a_fraction_or_a_thousand_is_the_owners_to_tell(tmp_path: Path) -> None:
    text = (
        'time,open,high,low,close\n2024-01-01,"1,071","1,072","1,070","1,071"\n2024-01-02,"1,071","1,072",1,"1,071"\n'
    )
    unsaid = checked_of(text, tmp_path).errors[0]
    assert unsaid.problems[0].text == "open '1,071' may be a fraction or a thousand"
    assert "--decimal" in unsaid.advice
    opens = [checked_of(text, tmp_path, hints=Hints(decimal=mark)).bars["open"][0] for mark in (",", ".")]
    assert opens == [1.071, 1071.0]


DOUBTFUL = {
    "commas behind semicolons": "time;open;high;low;close\n2024-01-01;42,123;42,500;42,000;42,100\n",
    "points in the land of commas": "Datum;Open;High;Low;Close\n31.01.2024;42.123;42.500;42.000;42.100\n",
    "a Portuguese header over commas": "Data,Abertura,Máxima,Mínima,Fechamento\n2024-02-01,5.831,5.901,5.801,5.831\n",
}


def test_where_nothing_tells_a_fraction_from_a_thousand_nothing_is_read(tmp_path: Path) -> None:
    for name, text in DOUBTFUL.items():
        found = checked_of(text, tmp_path).errors
        assert (name, "may be a fraction or a thousand" in found[0].problems[0].text) == (name, True)


NO_TIMES = {
    "1.73508E+12": "has lost its last digits",
    "1,73508E+12": "has lost its last digits",
    "31/01/24 10:00": "has a year of two digits",
    "2024-03-10 01:00:00 EDT": "names a zone that may be several",
    "45292.375": "is the day number of a spreadsheet",
    "soon": "is no time",
}


def test_a_time_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    for value, why in NO_TIMES.items():
        text = f"time;open;high;low;close\n{value};1;2;1;2\n{value};1;2;1;2\n"
        found = checked_of(text, tmp_path).errors
        assert [(error.kind, error.problems[0].text) for error in found] == [("time", f"'{value}' {why}")]


def test_an_epoch_with_an_exponent_and_all_its_digits_is_read(tmp_path: Path) -> None:
    text = "time,open,high,low,close\n1.704067200000000000e+09,1,2,1,2\n1.704070800000000000e+09,1,2,1,2\n"
    assert [bar[0] for bar in bars_of(checked_of(text, tmp_path))] == ["2024-01-01T00:00", "2024-01-01T01:00"]


def test_a_file_that_is_only_loaded_takes_what_its_owner_says_of_it(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("date,open,high,low,close\n01/02/2024,1,2,1,2\n02/02/2024,1,2,1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="may be day/month or month/day") as refused:
        load(file)
    assert refused.value.message == "file.csv, line 2: '01/02/2024' may be day/month or month/day (and 1 more)."
    first = [load(file, hints=Hints(dates=order)).bars["time_ns"][0].astype("M8[ns]") for order in ("dmy", "mdy")]
    assert [str(time)[:10] for time in first] == ["2024-02-01", "2024-01-02"]
