"""What libraries and spreadsheets save."""

from __future__ import annotations

import bz2
import io
import json
import lzma
from collections.abc import Iterator
from typing import Any

import polars as pl

from bench.files.market import DAYS, HOURS, Bar, Sample
from bench.files.workbook import workbook


def samples() -> Iterator[Sample]:
    """Each dialect as its library writes it."""
    plain = pl.DataFrame(HOURS, schema=list(Bar._fields), orient="row")
    frame = plain.with_columns(pl.from_epoch("time", time_unit="s").dt.replace_time_zone("UTC")).rename(
        {"time": "date"}
    )
    yield Sample("freqtrade", "BTC_USDT-1h.feather", written(frame.write_ipc), HOURS)
    yield Sample("Parquet", "bars.parquet", written(frame.write_parquet), HOURS)
    text = frame.with_columns(pl.col("date").dt.strftime("%Y-%m-%d %H:%M:%S+00:00")).write_csv().encode()
    yield Sample("pandas", "pandas.csv", text.replace(b"date,", b",", 1), HOURS)
    yield Sample("pandas", "pandas.csv.bz2", bz2.compress(text), HOURS)
    yield Sample("pandas", "pandas.csv.xz", lzma.compress(text), HOURS)
    yield from json_of_pandas()
    yield Sample("Excel", "planilha.xlsx", workbook(HOURS), HOURS)
    yield Sample("Excel", "diario.xlsx", workbook(DAYS), DAYS)


def written(write: Any) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def json_of_pandas() -> Iterator[Sample]:
    names = Bar._fields[1:]
    stamps = [bar.time * 1000 for bar in HOURS]
    split = {"columns": names, "index": stamps, "data": [bar[1:] for bar in HOURS]}
    columns = {name: {str(t): getattr(b, name) for t, b in zip(stamps, HOURS, strict=True)} for name in names}
    index = {str(t): dict(zip(names, b[1:], strict=True)) for t, b in zip(stamps, HOURS, strict=True)}
    records = [{"date": b.at("%Y-%m-%dT%H:%M:%S.000Z"), **dict(zip(names, b[1:], strict=True))} for b in HOURS]
    for name, value in (("split", split), ("columns", columns), ("index", index), ("records", records)):
        yield Sample(f"pandas JSON, {name}", f"{name}.json", json.dumps(value).encode(), HOURS)
    yield Sample("JSON lines", "bars.jsonl", "\n".join(json.dumps(record) for record in records).encode(), HOURS)
