"""What exchanges of coins publish, and what their interfaces answer."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator

from bench.files.market import HOURS, Bar, Sample


def samples() -> Iterator[Sample]:
    """Each dialect as its exchange writes it."""
    yield from binance()
    yield from answers()
    yield from downloads()


def binance() -> Iterator[Sample]:
    rows = "".join(kline(bar, 1_000) for bar in HOURS)
    late = "".join(kline(bar, 1_000_000) for bar in HOURS)
    head = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_quote,ignore\n"
    yield Sample("Binance", "BTCUSDT-1h-2024-01.zip", zipped({"BTCUSDT-1h-2024-01.csv": rows.encode()}), HOURS)
    yield Sample("Binance", "BTCUSDT-1h-2025-01.zip", zipped({"BTCUSDT-1h-2025-01.csv": late.encode()}), HOURS)
    yield Sample("Binance", "binance-futures.csv", (head + rows).encode(), HOURS)
    mac = {"BTCUSDT-1h.csv": rows.encode(), "__MACOSX/._BTCUSDT-1h.csv": b"\0\5\x16\7", ".DS_Store": b"\0\0\0\1"}
    yield Sample("zip of macOS", "mac.zip", zipped(mac), HOURS)
    answer = [[bar.time * 1000, *(f"{value:.8f}" for value in bar[1:]), bar.time * 1000 + 3_599_999] for bar in HOURS]
    yield Sample("Binance", "klines.json", json.dumps(answer).encode(), HOURS)


def kline(bar: Bar, unit: int) -> str:
    o, h, low, c = bar.prices
    end = (bar.time + 3600) * unit - 1
    return f"{bar.time * unit},{o},{h},{low},{c},{bar.volume},{end},{c * bar.volume:.2f},310,{bar.volume / 2},1.0,0\n"


def answers() -> Iterator[Sample]:
    """JSON, as the interfaces answer."""
    for name, answer in {**answers_of_rows(), **answers_of_objects()}.items():
        yield Sample(name, f"{name}.json", json.dumps(answer).encode(), HOURS)


def answers_of_rows() -> dict[str, object]:
    """The newest first, where the exchange sends it so."""
    newest = HOURS[::-1]
    text = {bar: [f"{value}" for value in bar[1:]] for bar in HOURS}
    bybit = [[f"{b.time}000", *text[b], "1.5"] for b in newest]
    kucoin = [[str(v) for v in (b.time, b.open, b.close, b.high, b.low, b.volume, 9)] for b in newest]
    return {
        "Bybit": {"retCode": 0, "result": {"symbol": "BTCUSDT", "list": bybit}},
        "Kraken": {"error": [], "result": {"XXBTZUSD": [averaged(bar) for bar in HOURS], "last": HOURS[-1].time}},
        "Coinbase": [[b.time, b.low, b.high, b.open, b.close, b.volume] for b in newest],
        "OKX": {"code": "0", "data": [[f"{b.time}000", *text[b], "1", "2", "1"] for b in newest]},
        "Bitfinex": [[b.time * 1000, b.open, b.close, b.high, b.low, b.volume] for b in newest],
        "KuCoin": {"code": "200000", "data": kucoin},
    }


def answers_of_objects() -> dict[str, object]:
    columns = {name[0]: [getattr(bar, name) for bar in HOURS] for name in Bar._fields[1:]}
    short = [{name[0]: getattr(bar, name) for name in Bar._fields[1:]} for bar in HOURS]
    advanced = [
        {"start": str(b.time), **{name: str(getattr(b, name)) for name in Bar._fields[1:]}} for b in HOURS[::-1]
    ]
    oanda = [
        {
            "complete": True,
            "volume": bar.volume,
            "time": bar.at("%Y-%m-%dT%H:%M:%S.000000000Z"),
            "mid": {name[0]: str(getattr(bar, name)) for name in Bar._fields[1:5]},
        }
        for bar in HOURS
    ]
    polygon = [{**row, "vw": bar.close, "t": bar.time * 1000, "n": 7} for row, bar in zip(short, HOURS, strict=True)]
    return {
        "Coinbase Advanced": {"candles": advanced},
        "TradingView's feed": {"s": "ok", "t": [bar.time for bar in HOURS], **columns},
        "Polygon": {"ticker": "X:BTCUSD", "results": polygon},
        "OANDA": {"candles": oanda},
    }


def averaged(bar: Bar) -> list[object]:
    o, h, low, c = bar.prices
    return [bar.time, f"{o}", f"{h}", f"{low}", f"{c}", f"{(h + low) / 2:.2f}", f"{bar.volume}", 12]


def downloads() -> Iterator[Sample]:
    """Files of text."""
    plain = [",".join(map(str, bar)) for bar in HOURS]
    yield Sample("Kraken", "XBTUSD_60.csv", "\n".join(f"{row},12" for row in plain).encode(), HOURS)
    yield Sample(
        "Bybit",
        "bybit.csv",
        ("timestamp,open,high,low,close,volume,turnover\n" + "\n".join(f"{row},1.0" for row in plain)).encode(),
        HOURS,
    )
    ccxt = "".join(f"{bar.time}000,{','.join(map(str, bar[1:]))}\n" for bar in HOURS)
    yield Sample("ccxt", "ccxt.csv", ("timestamp,open,high,low,close,volume\n" + ccxt).encode(), HOURS)
    cdd = "".join(
        f"{b.time}000,{b.at('%Y-%m-%d %H:%M:%S')},BTC/USDT,{','.join(map(str, b[1:]))},{b.volume * b.close:.2f}\n"
        for b in HOURS[::-1]
    )
    head = "https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USDT\n"
    yield Sample("CryptoDataDownload", "Binance_BTCUSDT_1h.csv", (head + cdd).encode(), HOURS)
    freqtrade = json.dumps([[bar.time * 1000, *bar[1:]] for bar in HOURS]).encode()
    yield Sample("freqtrade", "BTC_USDT-1h.json", freqtrade, HOURS)
    yield Sample("freqtrade", "BTC_USDT-1h.json.gz", gzip.compress(freqtrade), HOURS)


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()
