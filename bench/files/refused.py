"""Files that hold no bars, or leave open which: each with words that its refusal must have."""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Iterator
from typing import Final

from bench.files.exchanges import zipped
from bench.files.market import DAYS, HOURS, Bar, Sample, lines

HEAD: Final = "time,open,high,low,close,volume\n"
BEFORE_WINTER: Final = 1_730_584_800 + 3600
"""2024-11-02, 23:00 by the clock of New York, which showed 01:00 twice in that night: as if it were UTC."""


def samples() -> Iterator[Sample]:
    """What is wrong is in the dialect's name."""
    yield from times()
    yield from others()


def row(time: str, bar: Bar) -> str:
    return ",".join([time, *map(str, bar[1:])])


def times() -> Iterator[Sample]:
    rounded = (row(f"{b.time * 1000:.5E}", b) for b in HOURS)
    yield Sample(
        "times that Excel rounded", "rounded.csv", lines(*rounded, head=HEAD), refused="has lost its last digits"
    )
    either = (row(b.at("%d/%m/%Y"), b) for b in DAYS if int(b.at("%d")) < 13)
    yield Sample("day or month", "either.csv", lines(*either, head=HEAD), refused="may be day/month or month/day")
    short = (row(b.at("%d/%m/%y"), b) for b in DAYS)
    yield Sample("years of two digits", "short.csv", lines(*short, head=HEAD), refused="has a year of two digits")
    zone = (row(b.at("%Y-%m-%d %H:%M:%S EST"), b) for b in HOURS)
    yield Sample("a zone by its name", "zone.csv", lines(*zone, head=HEAD), refused="names a zone")
    days = (row(f"{b.time / 86_400 + 25_569}", b) for b in HOURS)
    yield Sample("day numbers of Excel", "numbers.csv", lines(*days, head=HEAD), refused="day number of a spreadsheet")
    autumn = [b._replace(time=BEFORE_WINTER + 3600 * (n - (n > 2))) for n, b in enumerate(HOURS)]
    local = (row(b.at("%Y-%m-%d %H:%M:%S"), b) for b in autumn)
    yield Sample("clocks that were set back", "autumn.csv", lines(*local, head=HEAD), refused="clocks were set back")


def others() -> Iterator[Sample]:
    thousands = (f'{b.at("%Y-%m-%d")},"1,{int(b.close) % 900 + 100}","1,999","1,001","1,500",5' for b in DAYS)
    yield Sample(
        "fraction or thousand", "thousands.csv", lines(*thousands, head=HEAD), refused="may be a fraction or a thousand"
    )
    yield Sample("HDF5", "bars.h5", b"\x89HDF\r\n\x1a\n" + bytes(512), refused="HDF5")
    yield Sample("SQLite", "bars.db", b"SQLite format 3\0" + bytes(512), refused="database")
    yield Sample("pickle", "bars.pkl", pickle.dumps(HOURS), refused="pickle")
    yield Sample("web page", "bars.csv", b"<!DOCTYPE html><html><body>429</body></html>", refused="web page")
    yield Sample("PDF", "bars.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", refused="PDF")
    yield Sample("7z", "bars.7z", b"7z\xbc\xaf\x27\x1c" + bytes(100), refused="archive")
    two = {"a.csv": b"1,2,3,4,5\n", "b.csv": b"1,2,3,4,5\n"}
    yield Sample("zip of two files", "two.zip", zipped(two), refused="holds 2 files")
    yield Sample("half a gzip", "half.csv.gz", gzip.compress(bytes(range(256)) * 9)[:-40], refused="cannot be unpacked")
    yield Sample(
        "an answer without bars",
        "error.json",
        b'{"code": -1121, "msg": "Invalid symbol."}',
        refused="JSON without bars",
    )
    document = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    yield Sample("a text document", "letter.docx", document, refused="spreadsheet")
