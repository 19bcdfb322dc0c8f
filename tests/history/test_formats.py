"""Files as their vendors write them, and the bars they must become."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from core.errors import DataError
from core.history import load
from core.history.importing.checks import check
from core.history.importing.columns import Rows, recognise
from core.history.importing.dialects import read_tables

NOON = 1_704_110_400  # 2024-01-01T12:00:00Z
HOUR = 3_600

BARS = [
    (NOON, 100.5, 102.0, 99.25, 101.0, 7.5),
    (NOON + HOUR, 101.0, 103.0, 100.0, 102.5, 8.0),
    (NOON + 2 * HOUR, 102.5, 102.75, 98.0, 98.5, 0.25),
]
"""Time (s), open, high, low, close, volume: what every file below spells."""

DAYS = [(NOON - 12 * HOUR + 24 * HOUR * day, *bar[1:]) for day, bar in enumerate(BARS)]
"""The same prices on three days from 2024-01-01."""

BINANCE = """\
1704110400000,100.50,102.00,99.25,101.00,7.50000000,1704113999999,757.5,42,3.1,313.1,0
1704114000000,101.00,103.00,100.00,102.50,8.00000000,1704117599999,820.0,43,3.1,313.1,0
1704117600000,102.50,102.75,98.00,98.50,0.25000000,1704121199999,24.6,44,0.1,9.8,0
"""
BINANCE_MICROSECONDS = BINANCE.replace("1704110400000,", "1704110400000000,").replace(
    "1704114000000,", "1704114000000000,"
)
BINANCE_FUTURES = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"
    + BINANCE
)
KRAKEN = """\
1704110400,100.5,102.0,99.25,101.0,7.5,42
1704114000,101.0,103.0,100.0,102.5,8.0,43
1704117600,102.5,102.75,98.0,98.5,0.25,44
"""
KRAKEN_SERVICE = """\
1704110400,100.5,102.0,99.25,101.0,100.9,7.5,42
1704114000,101.0,103.0,100.0,102.5,101.7,8.0,43
1704117600,102.5,102.75,98.0,98.5,99.1,0.25,44
"""
COINBASE = """\
1704117600,98.0,102.75,102.5,98.5,0.25
1704114000,100.0,103.0,101.0,102.5,8.0
1704110400,99.25,102.0,100.5,101.0,7.5
"""
METATRADER_5 = """\
<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>
2024.01.01\t12:00:00\t100.5\t102.0\t99.25\t101.0\t7.5\t0\t10
2024.01.01\t13:00:00\t101.0\t103.0\t100.0\t102.5\t8.0\t0\t10
2024.01.01\t14:00:00\t102.5\t102.75\t98.0\t98.5\t0.25\t0\t10
"""
METATRADER_4 = """\
2024.01.01,12:00,100.5,102.0,99.25,101.0,7.5
2024.01.01,13:00,101.0,103.0,100.0,102.5,8.0
2024.01.01,14:00,102.5,102.75,98.0,98.5,0.25
"""
HISTDATA_WITH_DECIMAL_COMMA = """\
20240101 120000;100,5;102,0;99,25;101,0;7,5
20240101 130000;101,0;103,0;100,0;102,5;8,0
20240101 140000;102,5;102,75;98,0;98,5;0,25
"""
STOOQ = """\
<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>
EURUSD,60,20240101,120000,100.5,102.0,99.25,101.0,7.5,0
EURUSD,60,20240101,130000,101.0,103.0,100.0,102.5,8.0,0
EURUSD,60,20240101,140000,102.5,102.75,98.0,98.5,0.25,0
"""
CRYPTODATADOWNLOAD = """\
https://www.CryptoDataDownload.com
unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT
1704117600000,2024-01-01 14:00:00,BTC/USDT,102.5,102.75,98.0,98.5,0.25,24.6
1704114000,2024-01-01 13:00:00,BTC/USDT,101.0,103.0,100.0,102.5,8.0,820.0
1704110400,2024-01-01 12:00:00,BTC/USDT,100.5,102.0,99.25,101.0,7.5,757.5
"""
CRYPTODATADOWNLOAD_BEFORE_UNIX = """\
https://www.CryptoDataDownload.com
Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USD
2024-01-01 02-PM,BTCUSD,102.5,102.75,98.0,98.5,0.25,24.6
2024-01-01 01-PM,BTCUSD,101.0,103.0,100.0,102.5,8.0,820.0
2024-01-01 12-PM,BTCUSD,100.5,102.0,99.25,101.0,7.5,757.5
"""
DUKASCOPY = """\
Gmt time,Open,High,Low,Close,Volume
01.01.2024 12:00:00.000,100.5,102.0,99.25,101.0,7.5
01.01.2024 13:00:00.000,101.0,103.0,100.0,102.5,8.0
01.01.2024 14:00:00.000,102.5,102.75,98.0,98.5,0.25
"""
PANDAS_ZONE = """\
Datetime,Open,High,Low,Close,Volume
2024-01-01 07:00:00-05:00,100.5,102.0,99.25,101.0,7.5
2024-01-01 08:00:00-05:00,101.0,103.0,100.0,102.5,8.0
2024-01-01 09:00:00-05:00,102.5,102.75,98.0,98.5,0.25
"""
ISO_Z_WITH_SOME_FRACTIONS = """\
timestamp,open,high,low,close,volume
2024-01-01T12:00:00Z,100.5,102.0,99.25,101.0,7.5
2024-01-01T13:00:00.000Z,101.0,103.0,100.0,102.5,8.0
2024-01-01T14:00:00Z,102.5,102.75,98.0,98.5,0.25
"""
NUMBERED_INDEX = """\
,timestamp,open,high,low,close,volume
0,1704110400,100.5,102.0,99.25,101.0,7.5
1,1704114000,101.0,103.0,100.0,102.5,8.0
2,1704117600,102.5,102.75,98.0,98.5,0.25
"""
QUOTED = """\
"time","open","high","low","close","volume","remark"
"2024-01-01 12:00","100.5","102.0","99.25","101.0","7.5","a, b"
"2024-01-01 13:00","101.0","103.0","100.0","102.5","8.0","two
lines"
"2024-01-01 14:00","102.5","102.75","98.0","98.5","0.25","say ""hi"" twice"
"""
BLANK_LINES = KRAKEN.replace("\n", "\n\n").replace("1704110400", "\n1704110400", 1)
INDEX_WITHOUT_NAME_IN_HEADER = """\
open,high,low,close,volume
2024-01-01 12:00:00,100.5,102.0,99.25,101.0,7.5
2024-01-01 13:00:00,101.0,103.0,100.0,102.5,8.0
2024-01-01 14:00:00,102.5,102.75,98.0,98.5,0.25
"""
SEPARATOR_AT_THE_END = """\
time;open;high;low;close;volume
2024-01-01 12:00:00;100.5;102.0;99.25;101.0;7.5;
2024-01-01 13:00:00;101.0;103.0;100.0;102.5;8.0;
2024-01-01 14:00:00;102.5;102.75;98.0;98.5;0.25;
"""

HOURLY = {
    "Binance klines, no header": BINANCE,
    "Binance klines, microseconds since 2025 in a part of the file": BINANCE_MICROSECONDS,
    "Binance futures klines, with header": BINANCE_FUTURES,
    "Kraken download, no header": KRAKEN,
    "Kraken service, average price before the volume": KRAKEN_SERVICE,
    "Coinbase, low and high first, newest first": COINBASE,
    "MetaTrader 5, tabs, real volume all zero": METATRADER_5,
    "MetaTrader 4, date and time apart, no header": METATRADER_4,
    "HistData, semicolons, decimal comma, no header": HISTDATA_WITH_DECIMAL_COMMA,
    "Stooq, dates and times as digits": STOOQ,
    "CryptoDataDownload, address above, s and ms mixed": CRYPTODATADOWNLOAD,
    "CryptoDataDownload before the unix column": CRYPTODATADOWNLOAD_BEFORE_UNIX,
    "Dukascopy, day first with points": DUKASCOPY,
    "pandas, times with a zone": PANDAS_ZONE,
    "ISO with Z, fraction in some rows": ISO_Z_WITH_SOME_FRACTIONS,
    "pandas, numbered index beside the time": NUMBERED_INDEX,
    "everything quoted, line break and separator inside": QUOTED,
    "blank lines between the rows": BLANK_LINES,
    "header without the index": INDEX_WITHOUT_NAME_IN_HEADER,
    "separator at the end of each row": SEPARATOR_AT_THE_END,
    "upper case header": KRAKEN.replace("1704110400", "TIME,OPEN,HIGH,LOW,CLOSE,VOLUME,TRADES\n1704110400", 1),
    "epoch nanoseconds": KRAKEN.replace("0,", "0000000000,", 1).replace("1704114000,", "1704114000000000000,"),
    "Windows line ends and byte order mark": "\ufeff" + PANDAS_ZONE.replace("\n", "\r\n"),
    "no line break at the end": KRAKEN.rstrip("\n"),
}

YAHOO = """\
Date,Open,High,Low,Close,Adj Close,Volume
2024-01-01,100.5,102.0,99.25,101.0,50.1,7.5
2024-01-02,101.0,103.0,100.0,102.5,50.2,8.0
2024-01-03,102.5,102.75,98.0,98.5,50.3,0.25
"""
YFINANCE = """\
Price,Close,High,Low,Open,Volume
Ticker,AAPL,AAPL,AAPL,AAPL,AAPL
Date,,,,,
2024-01-01,101.0,102.0,99.25,100.5,7.5
2024-01-02,102.5,103.0,100.0,101.0,8.0
2024-01-03,98.5,102.75,98.0,102.5,0.25
"""
YFINANCE_BY_TICKER = """\
Ticker,AAPL,AAPL,AAPL,AAPL,AAPL
Price,Open,High,Low,Close,Volume
Date,,,,,
2024-01-01,100.5,102.0,99.25,101.0,7.5
2024-01-02,101.0,103.0,100.0,102.5,8.0
2024-01-03,102.5,102.75,98.0,98.5,0.25
"""
BACKTESTING_PY = """\
,Open,High,Low,Close,Volume
2024-01-01,100.5,102.0,99.25,101.0,7.5
2024-01-02,101.0,103.0,100.0,102.5,8.0
2024-01-03,102.5,102.75,98.0,98.5,0.25
"""
DAILY = {
    "Yahoo, the adjusted close left out": YAHOO,
    "yfinance, header of three lines": YFINANCE,
    "yfinance grouped by ticker": YFINANCE_BY_TICKER,
    "backtesting.py's samples, index without a name": BACKTESTING_PY,
    "US dates, told by the day above twelve": BACKTESTING_PY.replace(",Open", "Date,Open")
    .replace("2024-01-01", "12/30/2023")
    .replace("2024-01-02", "12/31/2023")
    .replace("2024-01-03", "01/01/2024"),
    "dates as one number": BACKTESTING_PY.replace("2024-01-0", "2024010"),
}


def rows_of(path: Path, wanted: str = "") -> Rows:
    return recognise(read_tables(path), wanted)


def expect_bars(path: Path, expected: list[tuple[float, ...]], wanted: str = "") -> None:
    checked = check(rows_of(path, wanted))
    assert not checked.errors
    assert [(bar["time_ns"] / 1e9, *list(bar)[1:]) for bar in checked.bars] == expected


@pytest.mark.parametrize("text", HOURLY.values(), ids=HOURLY.keys())
def test_hourly_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(text.encode())
    expect_bars(file, BARS)


@pytest.mark.parametrize("text", DAILY.values(), ids=DAILY.keys())
def test_daily_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(text, encoding="utf-8")
    days = DAYS if "2023" not in text else [(time - 2 * 24 * HOUR, *rest) for time, *rest in DAYS]
    expect_bars(file, days)


def frame() -> pd.DataFrame:
    """As pandas and freqtrade hold candles: a time column in UTC."""
    data = pd.DataFrame(BARS, columns=["date", "open", "high", "low", "close", "volume"])
    data["date"] = pd.to_datetime(data["date"], unit="s", utc=True)
    return data


def polars_frame() -> pl.DataFrame:
    data = pl.DataFrame(BARS, schema=["date", "open", "high", "low", "close", "volume"], orient="row")
    return data.with_columns(pl.from_epoch("date", time_unit="s").dt.replace_time_zone("UTC"))


WRITERS: dict[str, Callable[[Path], object]] = {
    "pandas to_csv with its index": lambda file: frame().to_csv(file),
    "pandas to_csv, time as index": lambda file: frame().set_index("date").to_csv(file),
    "pandas to_csv, index without a name": lambda file: frame().set_index("date").rename_axis(None).to_csv(file),
    "pandas to_csv, semicolons and decimal comma": lambda file: frame().to_csv(file, sep=";", decimal=","),
    "pandas to_csv, compressed": lambda file: frame().to_csv(file, compression="gzip"),
    "Parquet, zoned times": lambda file: polars_frame().write_parquet(file),
    "Parquet, epoch milliseconds": lambda file: (
        polars_frame().with_columns(pl.col("date").dt.epoch("ms")).write_parquet(file)
    ),
    "Parquet, unnamed pandas index": lambda file: (
        polars_frame().rename({"date": "__index_level_0__"}).write_parquet(file)
    ),
    "Parquet, prices as text": lambda file: (
        polars_frame().with_columns(pl.col("open").cast(pl.String)).write_parquet(file)
    ),
    "freqtrade feather": lambda file: polars_frame().write_ipc(file, compression="lz4"),
    "Binance zip with one member": lambda file: zip_of(file, {"BTCUSDT-1h-2024-01.csv": BINANCE}),
    "UTF-16 of MetaTrader": lambda file: file.write_bytes(METATRADER_5.encode("utf-16")),
}


def zip_of(file: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_written_by(write: Callable[[Path], object], tmp_path: Path) -> None:
    file = tmp_path / "file"  # told by its content, not by its name
    write(file)
    expect_bars(file, BARS)


def test_numbers_as_web_pages_show_them(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(
        '"Date","Price","Open","High","Low","Vol.","Change %"\n'
        '"12/31/2024","93,381.0","96,515.0","98,000","92,092.5","25.34K","-3.2%"\n'
        '"12/30/2024","$96,515.50","96,000.5","97,000.0","$95,000.0","1.5M","1.0%"\n',
        encoding="utf-8",
    )
    checked = check(rows_of(file))
    assert not checked.errors
    assert [list(bar)[1:] for bar in checked.bars.tolist()] == [
        [96000.5, 97000.0, 95000.0, 96515.5, 1_500_000.0],
        [96515.0, 98000.0, 92092.5, 93381.0, 25_340.0],
    ]


def test_a_comma_that_may_be_a_fraction_is_no_number(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(
        'time,open,high,low,close\n2024-01-01,"1,071","1,072","1,070","1,071"\n2024-01-02,2,2,2,2\n', encoding="utf-8"
    )
    assert [(found.kind, found.count) for found in check(rows_of(file)).errors] == [("number", 4)]


def test_columns_of_unfit_types_are_told_and_do_not_crash(tmp_path: Path) -> None:
    odd = [[1.0], [2.0]]
    for name in ("date", "open"):
        frame = polars_frame().head(2).with_columns(pl.Series(name, odd))
        frame.write_parquet(tmp_path / "file.parquet")
        assert {found.kind for found in check(rows_of(tmp_path / "file.parquet")).errors} >= {
            "time" if name == "date" else "number"
        }


def test_missing_volume_is_zero_with_a_note(tmp_path: Path) -> None:
    file = tmp_path / "EURUSD.csv"
    file.write_text("time,open,high,low,close\n2024-01-01,1,2,1,2\n2024-01-02,2,3,2,3\n", encoding="utf-8")
    history = load(file)
    assert history.bars["volume"].tolist() == [0.0, 0.0]
    assert "no volume in this file: 0 is stored" in history.notes


def test_empty_volume_fields_are_zero_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "index.csv"
    file.write_text(
        "time,open,high,low,close,volume\n2024-01-01,1,2,1,2,5\n2024-01-02,2,3,2,3,\n2024-01-03,2,3,2,3,nan\n",
        encoding="utf-8",
    )
    history = load(file)
    assert history.bars["volume"].tolist() == [5.0, 0.0, 0.0]
    assert "2 bars without a volume (line 3, 4): 0 is stored" in history.notes


def test_of_two_volumes_the_base_currency_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(CRYPTODATADOWNLOAD.replace("Volume BTC,Volume USDT", "Volume USDT,Volume BTC"), encoding="utf-8")
    assert rows_of(file, "BTCUSDT").bars["volume"].tolist() == [24.6, 820.0, 757.5]


def test_one_market_of_several_is_chosen_by_symbol(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(
        "date,Name,ticker,open,high,low,close,volume\n"
        "2024-01-01,x,AAA,1,2,1,2,5\n2024-01-01,y,BBB,7,8,7,8,5\n2024-01-02,x,AAA,2,3,2,3,6\n",
        encoding="utf-8",
    )
    assert rows_of(file, "AAA").lines.tolist() == [2, 4]
    with pytest.raises(DataError, match="holds 2 markets: AAA, BBB"):
        rows_of(file)


def test_one_ticker_of_a_yfinance_export_is_chosen_by_symbol(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(
        "Price,Close,Close,High,High,Low,Low,Open,Open\nTicker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT\nDate,,,,,,,,\n"
        "2024-01-01,2,12,3,13,1,11,2,12\n2024-01-02,2,12,3,13,1,11,2,12\n",
        encoding="utf-8",
    )
    assert rows_of(file, "MSFT").bars["close"].tolist() == [12.0, 12.0]
    with pytest.raises(DataError, match="AAPL, MSFT"):
        rows_of(file)


def test_dates_that_could_be_either_are_not_guessed(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("date,open,high,low,close\n01/02/2024,1,2,1,2\n02/02/2024,1,2,1,2\n", encoding="utf-8")
    checked = check(rows_of(file))
    assert next((found.kind, found.count) for found in checked.errors) == ("time", 2)
    assert "day and month cannot be told apart in this file: say which by --dates dmy or --dates mdy" in checked.notes


REFUSED_FILES = {
    "empty": (b"", "is empty"),
    "only blank": (b"\n \n\n", "is empty"),
    "binary": (bytes(range(256)) * 10, "binary file of an unknown kind"),
    "an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary file"),
    "truncated gzip": (gzip.compress(KRAKEN.encode())[:-20], "cannot be unpacked"),
    "truncated Parquet": (b"PAR1\0\0\0", "begins as parquet but cannot be read"),
    "truncated Feather": (b"ARROW1\0\0", "begins as feather but cannot be read"),
    "Feather of version 1": (b"FEA1....", "version 1"),
    "gzip in gzip": (gzip.compress(gzip.compress(KRAKEN.encode())), "packed twice"),
    "one huge line": (b"time,open,high,low,close\n" + b"1" * 5_000_000, "line 2: 5000000 characters"),
    "prose": (b"Dear Sir,\nplease find attached\n", "shows no table of prices"),
    "HTML error page": (b"<html><body>429 Too Many Requests</body></html>", "is a web page"),
    "a header and nothing else": (b"time,open,high,low,close,volume\n", "a header but no rows"),
    "no low": (b"time,open,high,close\n2024-01-01,1,2,1\n", "no column for low; it has time, open, high, close"),
    "no time": (b"open,high,low,close\n1,2,1,2\n", "no column for time"),
    "one field too many": (
        b"time,open,high,low,close\n2024-01-01,1,2,1,2\n2024-01-02,1,5,2,1,2\n",
        "line 3: 6 fields where 5 are expected",
    ),
    "a quote never closed": (
        b'time,open,high,low,close\n2024-01-01,1,2,1,2\n"2024-01-02,1,2,1,2\n',
        "line 3: unexpected end",
    ),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED_FILES.values(), ids=REFUSED_FILES.keys())
def test_what_is_no_table_is_refused_with_a_reason(data: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(data)
    with pytest.raises(DataError) as refused:
        rows_of(file)
    assert reason in refused.value.message
    assert refused.value.hint


def test_a_zip_of_two_files_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.zip"
    zip_of(file, {"a.csv": KRAKEN, "b.csv": KRAKEN})
    with pytest.raises(DataError, match="holds 2 files, not one"):
        rows_of(file)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_tables(tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_tables(tmp_path)


def test_random_bytes_never_escape_as_another_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    file = tmp_path / "file"
    good = io.BytesIO()
    polars_frame().write_parquet(good)
    for _ in range(60):
        broken = bytearray(good.getvalue() if rng.random() < 0.5 else BINANCE.encode())
        for place in rng.integers(0, len(broken), 8):
            broken[place] = rng.integers(0, 256)
        file.write_bytes(bytes(broken))
        try:
            check(rows_of(file))
        except DataError:
            continue


def test_edited_text_never_escapes_as_another_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    file = tmp_path / "file"
    odd = list('",;\n\t\r x9.-é|')
    for _ in range(200):
        text = list(PANDAS_ZONE)
        for _ in range(rng.integers(1, 12)):
            place = rng.integers(0, len(text))
            text[place : place + rng.integers(0, 2)] = rng.choice(odd, rng.integers(0, 2)).tolist()
        file.write_text("".join(text), newline="", encoding="utf-8")
        try:
            check(rows_of(file))
        except DataError:
            continue


def test_a_quote_in_the_middle_of_a_field_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text('time,open,high,low,close\n2024-01-01,1,2,1,2\n2024-01-02,".5"1,2,1,2\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 3: ',' expected after '\"'"):
        rows_of(file)
