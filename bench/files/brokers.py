"""What brokers' platforms and sites of prices export, outside Brazil."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bench.files.market import DAYS, HOURS, Bar, Sample, lines


def samples() -> Iterator[Sample]:
    """Each dialect as its program or site writes it."""
    yield from platforms()
    yield from sites()
    yield from languages()


def row(bar: Bar, shape: str, mark: str = ",", *, volume: bool = True) -> str:
    return mark.join([bar.at(shape), *map(str, bar.prices), *([str(bar.volume)] if volume else [])])


def platforms() -> Iterator[Sample]:
    five = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n" + "".join(
        row(b, "%Y.%m.%d\t%H:%M:%S", "\t") + "\t0\t10\n" for b in HOURS
    )
    yield Sample("MetaTrader 5", "mt5.csv", five.encode(), HOURS)
    yield Sample("MetaTrader 5", "mt5-utf16.csv", five.replace("\n", "\r\n").encode("utf-16"), HOURS)
    yield Sample("MetaTrader 4", "EURUSD60.csv", lines(*(row(b, "%Y.%m.%d,%H:%M") for b in HOURS), end="\r\n"), HOURS)
    yield Sample(
        "TradingView",
        "tv-epoch.csv",
        lines(*(f"{b.time},{','.join(map(str, b[1:]))}" for b in HOURS), head="time,open,high,low,close,Volume\n"),
        HOURS,
    )
    local = (f"{b.at('%Y-%m-%dT%H:%M:%S', -3)}-03:00,{','.join(map(str, b[1:]))}" for b in HOURS)
    yield Sample("TradingView", "tv-iso.csv", lines(*local, head="time,open,high,low,close,Volume\n"), HOURS)
    yield Sample("HistData", "DAT_ASCII.csv", lines(*(row(b, "%Y%m%d %H%M%S", ";") for b in HOURS)), HOURS)
    yield Sample(
        "Dukascopy",
        "dukascopy.csv",
        lines(*(row(b, "%d.%m.%Y %H:%M:%S.000") for b in HOURS), head="Gmt time,Open,High,Low,Close,Volume\n"),
        HOURS,
    )
    ninja = (row(b, "%Y%m%d %H%M%S", ";") for b in HOURS)
    yield Sample("NinjaTrader", "ninja.txt", lines(*ninja), HOURS)
    halves = (f"{b.at('%m/%d/%Y %I:%M %p')},{','.join(map(str, b[1:]))}" for b in HOURS)
    yield Sample("American clock", "us.csv", lines(*halves, head="Date,Open,High,Low,Close,Volume\n"), HOURS)
    stock = (f"X.US,60,{b.at('%Y%m%d,%H%M%S')},{','.join(map(str, b[1:]))},0" for b in HOURS)
    yield Sample(
        "Stooq",
        "stooq.txt",
        lines(*stock, head="<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"),
        HOURS,
    )
    stock = (f"X,60,{b.at('%Y%m%d,%H%M%S')},{','.join(map(str, b[1:]))},0" for b in HOURS)
    yield Sample("MetaStock", "metastock.txt", lines(*stock), HOURS)


def sites() -> Iterator[Sample]:
    yahoo = (f"{b.at('%Y-%m-%d')},{','.join(map(str, b.prices))},{b.close / 2},{b.volume}" for b in DAYS)
    yield Sample("Yahoo", "yahoo.csv", lines(*yahoo, head="Date,Open,High,Low,Close,Adj Close,Volume\n"), DAYS)
    quote = {name: [getattr(b, name) for b in DAYS] for name in Bar._fields[1:]}
    chart = {
        "chart": {
            "result": [{"meta": {"symbol": "X"}, "timestamp": [b.time for b in DAYS], "indicators": {"quote": [quote]}}]
        }
    }
    yield Sample("Yahoo", "chart.json", json.dumps(chart).encode(), DAYS)
    yield Sample(
        "Alpha Vantage",
        "av.csv",
        lines(*(row(b, "%Y-%m-%d") for b in DAYS[::-1]), head="timestamp,open,high,low,close,volume\n", end="\r\n"),
        DAYS,
    )
    numbered = {
        b.at("%Y-%m-%d"): {f"{n}. {name}": str(getattr(b, name)) for n, name in enumerate(Bar._fields[1:], 1)}
        for b in DAYS[::-1]
    }
    yield Sample(
        "Alpha Vantage",
        "av.json",
        json.dumps({"Meta Data": {"2. Symbol": "X"}, "Time Series (Daily)": numbered}).encode(),
        DAYS,
    )
    yield Sample(
        "Stooq",
        "stooq-daily.csv",
        lines(*(row(b, "%Y-%m-%d") for b in DAYS), head="Date,Open,High,Low,Close,Volume\n"),
        DAYS,
    )
    investing = (
        f'"{b.at("%m/%d/%Y")}",{shown(b.close, b.open, b.high, b.low)},"{b.volume / 1000:.4f}K","0.1%"'
        for b in DAYS[::-1]
    )
    yield Sample(
        "Investing.com",
        "investing.csv",
        lines(*investing, head='\ufeff"Date","Price","Open","High","Low","Vol.","Change %"\n'),
        DAYS,
    )
    nasdaq = (
        f'{b.at("%m/%d/%Y")},"${b.close:,.2f}",{b.volume},"${b.open:,.2f}","${b.high:,.2f}","${b.low:,.2f}"'
        for b in DAYS[::-1]
    )
    yield Sample("Nasdaq", "nasdaq.csv", lines(*nasdaq, head="Date,Close/Last,Volume,Open,High,Low\n"), DAYS)
    named = (row(b, "%d-%b-%Y") for b in DAYS)
    yield Sample("NSE", "nse.csv", lines(*named, head="Date,Open,High,Low,Close,Volume\n"), DAYS)
    begin, end = '"%Y-%m-%dT00:00:00.000Z"', '"%Y-%m-%dT23:59:59.999Z"'
    cap = (f'{b.at(begin)};{b.at(end)};"2781";{";".join(map(str, b[1:]))};1.5;{b.at(end)}' for b in DAYS[::-1])
    yield Sample(
        "CoinMarketCap",
        "cmc.csv",
        lines(*cap, head="timeOpen;timeClose;name;open;high;low;close;volume;marketCap;timestamp\n"),
        DAYS,
    )


def shown(*prices: float) -> str:
    return ",".join(f'"{price:,.2f}"' for price in prices)


def languages() -> Iterator[Sample]:
    """Numbers as three more countries write them."""
    for name, group, mark in (("German", ".", ","), ("French", "\u00a0", ","), ("Swiss", "'", ".")):
        rows = (";".join([b.at("%d.%m.%Y"), *(marked(value, group, mark) for value in b[1:])]) for b in DAYS)
        yield Sample(f"{name} numbers", f"{name}.csv", lines(*rows, head="Datum;Open;High;Low;Close;Volume\n"), DAYS)


def marked(value: float, group: str, mark: str) -> str:
    return f"{value:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", group)
