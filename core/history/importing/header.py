"""Column names as exchanges, brokers and libraries write them, and what each of them means here."""

from __future__ import annotations

import re
from typing import Final, Literal

from core.history.arrays import PRICES

Role = Literal["time", "symbol", "open", "high", "low", "close", "volume"]

TIME_NAMES: Final = (
    "time_ns",
    "open_time",  # Binance
    "opentime",
    "open_timestamp",
    "unix",  # CryptoDataDownload, beside a `date` whose format changed over the years
    "unix_timestamp",
    "unix_time",
    "epoch",
    "timestamp",
    "datetime",
    "date_time",
    "start_time",
    "starttime",
    "start",  # Coinbase Advanced Trade
    "time_period_start",  # CoinAPI
    "begin",  # MOEX
    "gmt_time",  # Dukascopy
    "local_time",
    "date",
    "time",
    "time_utc",
    "date_utc",
    "utc",
    "day",
    "ts",
    "t",
    "dt",
    "data",  # pt-BR: date
    "hora",
    "index_level_0",  # pandas' name for an index without one, in Parquet
    "index",
    "unnamed_0",
    "",  # pandas' to_csv of an index without a name
)
"""Best first: of two columns that both hold a time, the earlier name is taken."""

NAMES: Final[dict[str, Role]] = {
    **dict.fromkeys(TIME_NAMES, "time"),
    **dict.fromkeys(("symbol", "ticker", "pair", "market", "product_id", "instrument", "tic"), "symbol"),
    **dict.fromkeys(("open", "o", "op", "opening", "open_price", "price_open", "first", "abertura"), "open"),
    **dict.fromkeys(("high", "h", "hi", "max", "highest", "high_price", "price_high", "maxima", "máxima"), "high"),
    **dict.fromkeys(("low", "l", "lo", "min", "lowest", "low_price", "price_low", "minima", "mínima"), "low"),
    **dict.fromkeys(
        ("close", "c", "cl", "last", "closing", "close_price", "price_close", "close_last", "price", "fechamento"),
        "close",
    ),
    **dict.fromkeys(
        (
            "volume",
            "vol",
            "v",
            "base_volume",
            "volume_base",
            "volume_traded",
            "real_volume",
            "tick_volume",
            "tickvol",
            "total_volume",
            "vol_",
            "turnover_volume",
        ),
        "volume",
    ),
}

VOLUME_IN_ASSET: Final = re.compile(r"vol(?:ume)?_([a-z0-9]{2,10})")
"""`Volume BTC` and `Volume USDT` of CryptoDataDownload."""


def plain_name(cell: object) -> str:
    """`<TICKVOL>`, `Gmt time` and `1. open` as `tickvol`, `gmt_time` and `open`."""
    name = re.sub(r"^\d+\.\s+", "", str(cell).strip().strip("\"'\ufeff").lower())  # Alpha Vantage counts its columns
    return re.sub(r"[^\w]+", "_", name).strip("_")


def role_of(cell: object) -> Role | None:
    """What a column of this name holds; None when it is of no use here (an adjusted close, a trade count ...)."""
    name = plain_name(cell)
    if name in NAMES:
        return NAMES[name]
    return "volume" if VOLUME_IN_ASSET.fullmatch(name) else None


def is_header(cells: list[str]) -> bool:
    """Two prices by name, or one beside a time, and nothing that is a number."""
    roles = [role_of(cell) for cell in cells]
    prices = len({role for role in roles if role in PRICES})
    named_time = any(role == "time" and cell.strip() for role, cell in zip(roles, cells, strict=True))
    return (prices >= 2 or (prices == 1 and named_time)) and not any(is_number(cell) for cell in cells)


def is_number(cell: str) -> bool:
    return re.fullmatch(r"\s*[+-]?(\d[\d.,]*|[.,]\d+)([eE][+-]?\d+)?\s*", cell) is not None
