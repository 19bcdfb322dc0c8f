"""Files with something in them that is no bar, packed in other ways, damaged, or full of mistakes."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import random
import tarfile
from collections.abc import Iterator
from typing import Final

import pandas as pd
import polars as pl

from bench.files.brokers import row
from bench.files.exchanges import kline, zipped
from bench.files.libraries import written
from bench.files.market import DAYS, HOURS, Bar, Sample, lines

HEAD: Final = "time,open,high,low,close,volume\n"
HOUR: Final = "%Y-%m-%d %H:%M"
ROWS: Final = [row(b, HOUR) for b in HOURS]
PLAIN: Final = lines(*ROWS, head=HEAD)


def samples() -> Iterator[Sample]:
    """What is odd is in the dialect's name."""
    yield from not_bars()
    yield from shapes()
    yield from packed()
    yield from trades()
    yield from mistakes()
    yield from columns()
    yield from markets()
    yield from names()


def not_bars() -> Iterator[Sample]:
    yield Sample("a total below", "total.csv", lines(*ROWS, "Total,,,,,12345.0", head=HEAD), HOURS)
    notice = "Source: Example Data Ltd. All rights reserved."
    yield Sample("a notice below", "notice.csv", lines(*ROWS, "", notice, head=HEAD), HOURS)
    yield Sample("comments above", "above.csv", lines("# by a tool", "# 1.2", HEAD + ROWS[0], *ROWS[1:]), HOURS)
    yield Sample("a comment between", "between.csv", lines(*ROWS[:9], "# week", *ROWS[9:], head=HEAD), HOURS)
    yield Sample("two files in one", "cat.csv", lines(*ROWS[:30], HEAD + ROWS[30], *ROWS[31:], head=HEAD), HOURS)
    average = "2024-02,average,,,,5"
    yield Sample(
        "an average between", "average.csv", lines(*ROWS[:9], average, *ROWS[9:], head=HEAD), refused="no time"
    )
    many = [f"note {number}" for number in range(9)]
    yield Sample("nine notes below", "notes.csv", lines(*ROWS, *many, head=HEAD), refused="no time")


def shapes() -> Iterator[Sample]:
    blank = lines(*(row(b, HOUR, " ") for b in HOURS), head="date time open high low close volume\n")
    yield Sample("blanks between", "blanks.txt", blank, HOURS)
    fixed = (f"{b.at(HOUR):<18}{''.join(f'{v:>12.2f}' for v in b[1:])}" for b in HOURS)
    yield Sample("columns of one width", "fixed.txt", lines(*fixed), HOURS)
    marked = (f"| {row(b, '%Y-%m-%d', ' | ')} |" for b in DAYS)
    head = "| date | open | high | low | close | volume |\n|---|---|---|---|---|---|\n"
    yield Sample("Markdown", "table.md", lines(*marked, head=head), DAYS)
    yield Sample("a separator at the end", "end.csv", lines(*(r + "," for r in ROWS), head=HEAD[:-1] + ",\n"), HOURS)
    empty = (f"{b.at(HOUR)},,{b.open},,{b.high},{b.low},{b.close},,{b.volume}" for b in HOURS)
    yield Sample("empty columns", "empty.csv", lines(*empty, head="date,,open,,high,low,close,,volume\n"), HOURS)
    shuffled = random.Random(4).sample(ROWS, len(ROWS))  # noqa: S311 - the same order at each run
    yield Sample("no order at all", "shuffled.csv", lines(*shuffled, head=HEAD), HOURS)
    some = [number for number in range(len(HOURS)) if number not in (11, 12, 40)]
    gaps = lines(*(ROWS[number] for number in some), ROWS[20], head=HEAD)
    yield Sample("gaps and a double", "gaps.csv", gaps, tuple(HOURS[number] for number in some))
    pairs = (f"{name},{row(b, HOUR)}" for b in HOURS for name in ("VALE3", "PETR4"))
    yield Sample("two pairs", "pairs.csv", lines(*pairs, head="Symbol," + HEAD), HOURS)
    others = (f"{name},{row(b, HOUR)}" for b in HOURS for name in ("VALE3", "ITUB4"))
    yield Sample("two other pairs", "others.csv", lines(*others, head="Symbol," + HEAD), refused="holds 2 markets")
    flagged = (f"{b.time}000,{','.join(map(str, b[1:]))},True" for b in HOURS)
    yield Sample("a flag behind each bar", "flag.csv", lines(*flagged), HOURS)


def packed() -> Iterator[Sample]:
    yield Sample("tar and gzip", "bars.tar.gz", gzip.compress(tar({"BTC/1h.csv": PLAIN})), HOURS)
    yield Sample("tar of two", "two.tar", tar({"a.csv": PLAIN, "b.csv": PLAIN}), refused="holds 2 files")
    yield Sample("LZMA alone", "bars.csv.lzma", lzma.compress(PLAIN, format=lzma.FORMAT_ALONE), HOURS)
    yield Sample("zip with a word about it", "bars.zip", zipped({"d/b.csv": PLAIN, "d/README.txt": b"see site"}), HOURS)
    months = {f"BTCUSDT-1h-{m}.csv": "".join(kline(b, 1000) for b in HOURS[m : m + 20]).encode() for m in (0, 20, 40)}
    yield Sample("zip of months", "months.zip", zipped(months), refused="holds 3 files")
    yield Sample("zip in gzip", "bars.zip.gz", gzip.compress(zipped({"a.csv": PLAIN})), refused="packed twice")
    yield Sample("nothing in gzip", "nothing.csv.gz", gzip.compress(b""), refused="is empty")


def tar(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding="utf-8") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def trades() -> Iterator[Sample]:
    told = "single trades, not bars"
    many = (f"{3_300_000 + n},{b.open},{b.volume},4221.5,{b.time}000,True,True" for n, b in enumerate(HOURS))
    yield Sample("Binance trades", "BTCUSDT-trades-2024-01.csv", lines(*many), refused=told)
    few = (f"{b.time},{b.open},{b.volume}" for b in HOURS)
    yield Sample("Kraken trades", "XBTUSD.csv", lines(*few), refused=told)
    named = (f"{n},{b.open},{b.volume},{b.time}000,True" for n, b in enumerate(HOURS))
    head = "id,price,qty,time,isBuyerMaker\n"
    yield Sample("trades with a header", "t.csv", lines(*named, head=head), refused="no column for open, high, low")


def mistakes() -> Iterator[Sample]:
    yield Sample("cut in a line", "cut.csv", PLAIN[:-9], refused="ends in the middle of it")
    yield Sample("zeros behind", "zeros.csv", PLAIN + bytes(512), refused="is damaged")
    zero = [row(b._replace(low=0.0) if n == 7 else b, HOUR) for n, b in enumerate(HOURS)]
    yield Sample("a price of zero", "zero.csv", lines(*zero, head=HEAD), refused="not above zero")
    below = [row(b._replace(low=-37.63) if n == 7 else b, HOUR) for n, b in enumerate(HOURS)]
    yield Sample("a price below zero", "below.csv", lines(*below, head=HEAD), refused="not above zero")
    huge = [line + ("x" * 3000 if n == 5 else "") for n, line in enumerate(ROWS)]
    yield Sample("a huge field", "huge.csv", lines(*huge, head=HEAD), refused="is no number")
    other = row(HOURS[20]._replace(close=HOURS[20].close - 1), HOUR)
    yield Sample("a double that differs", "double.csv", lines(*ROWS, other, head=HEAD), refused="already, with close")


def columns() -> Iterator[Sample]:
    """What pandas and polars save, with an odd index or in an odd form."""
    names = list(Bar._fields[1:])
    times = pd.to_datetime([b.time for b in HOURS], unit="s", utc=True)
    bars = pd.DataFrame([b[1:] for b in HOURS], columns=names, index=times)
    both = pd.concat({"PETR4": bars, "VALE3": bars * 2}, names=["symbol", "date"])
    yield Sample("pandas, two names a row", "rows.csv", both.to_csv().encode(), HOURS)
    yield Sample("pandas, decimal commas", "commas.csv", bars.to_csv(sep=";", decimal=",").encode(), HOURS)
    yield Sample("pandas, powers of ten", "powers.csv", bars.to_csv(float_format="%.8e").encode(), HOURS)
    frame = pl.DataFrame(HOURS, schema=["timestamp", *names], orient="row")
    local = frame.with_columns(
        pl.from_epoch("timestamp", "s").dt.replace_time_zone("UTC").dt.convert_time_zone("America/Sao_Paulo")
    )
    yield Sample("Parquet, local times", "local.parquet", written(local.write_parquet), HOURS)
    texts = frame.select(pl.all().cast(pl.String))
    yield Sample("Parquet, all of it text", "text.parquet", written(texts.write_parquet), HOURS)
    exact = frame.with_columns(
        pl.from_epoch("timestamp", "s").dt.cast_time_unit("ns"), pl.col("open").cast(pl.Decimal(20, 8))
    )
    yield Sample("Parquet, decimals", "exact.parquet", written(exact.write_parquet), HOURS)
    yield Sample("Arrow stream", "bars.arrows", written(frame.write_ipc_stream), HOURS)
    yield Sample("Avro", "bars.avro", written(frame.write_avro), HOURS)
    yield Sample("JSON lines of polars", "bars.ndjson", written(frame.write_ndjson), HOURS)
    quotes = [{"datetime": b.at(HOUR), **{name: str(getattr(b, name)) for name in names}} for b in HOURS[::-1]]
    yield Sample("Twelve Data", "td.json", json.dumps({"meta": {"symbol": "X"}, "values": quotes}).encode(), HOURS)
    no_volume = tuple(b._replace(volume=0.0) for b in HOURS)
    yield Sample("CoinGecko", "cg.json", json.dumps([[b.time * 1000, *b.prices] for b in HOURS]).encode(), no_volume)


def markets() -> Iterator[Sample]:
    """JSON of several at once."""
    names = ("time", *Bar._fields[1:])
    mine = [dict(zip(names, b, strict=True)) for b in HOURS]
    other = [{**entry, "open": 1.0, "high": 2.0, "low": 1.0, "close": 2.0} for entry in mine]
    short = [{name[0]: value for name, value in entry.items() if name != "volume"} for entry in mine]
    listed = [{"symbol": "VALE3", "candles": other}, {"symbol": "PETR4", "candles": mine}]
    rows = {"VALE3": [list(entry.values()) for entry in other], "PETR4": [list(entry.values()) for entry in mine]}
    for name, value in (("object", {"VALE3": other, "PETR4": mine}), ("list", listed), ("rows", rows)):
        yield Sample(f"JSON of two markets, {name}", f"{name}.json", json.dumps(value).encode(), HOURS)
    for name, value in (("sides", {"bid": mine, "ask": other}), ("unlike", {"BTC": short, "ETH": mine})):
        yield Sample(f"JSON of two tables, {name}", f"{name}.json", json.dumps(value).encode(), refused="2 markets")
    cut = "\n".join(map(json.dumps, mine)).encode()[:-20]
    yield Sample("JSON lines cut short", "cut.jsonl", cut, refused="line 60, begins as JSON but ends too early")


def names() -> Iterator[Sample]:
    """Of columns: with units, twice, or not there at all."""
    head = "Time (UTC),Open (USD),High (USD),Low (USD),Close (USD),Volume (USD),Volume (PETR)\n"
    rows = (f"{row(b, HOUR, volume=False)},{b.volume * b.close},{b.volume}" for b in HOURS)
    yield Sample("units in the names", "units.csv", lines(*rows, head=head), HOURS)
    zone = HEAD.replace("time", "Time (BRT)")
    yield Sample("a zone in the name", "brt.csv", lines(*ROWS, head=zone), refused="no column for time")
    twice = (f"{row(b, HOUR, volume=False)},{b.close / 2},{b.volume}" for b in HOURS)
    head = "time,open,high,low,close,close,volume\n"
    yield Sample("two columns of a name", "twice.csv", lines(*twice, head=head), refused="two columns of the name")
    camel = (f"{b.time}000,{','.join(map(str, b[1:]))}" for b in HOURS)
    head = "openTime,openPrice,highPrice,lowPrice,closePrice,baseVolume\n"
    yield Sample("names without blanks", "camel.csv", lines(*camel, head=head), HOURS)
    last = (f"{','.join(map(str, b[1:]))},{b.at('%Y-%m-%d')}" for b in DAYS)
    yield Sample("no header, the date last", "last.csv", lines(*last), refused="its times stand in column 6")
    renko = (f"{b.time + n * n * 7},{','.join(map(str, b[1:]))}" for n, b in enumerate(HOURS))
    yield Sample("bars of price", "renko.csv", lines(*renko, head=HEAD), refused="of no one length")
    empty = pl.DataFrame(HOURS, schema=list(Bar._fields), orient="row").head(0)
    yield Sample("Parquet without rows", "empty.parquet", written(empty.write_parquet), refused="but no rows")
