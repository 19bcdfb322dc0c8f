"""Column names as exchanges, brokers and libraries write them, and what each of them means here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from core.history.arrays import PRICES

Role = Literal["time", "symbol", "open", "high", "low", "close", "volume"]

TIME_NAMES: Final = (
    "time_ns",
    "open_time",  # Binance
    "opentime",
    "open_timestamp",
    "time_open",
    "timeopen",  # CoinMarketCap, beside a `timestamp` of the close
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
    "datahora",
    "data_hora",
    "data_pregao",
    "dt_pregao",
    "periodo",
    "período",
    "fecha",  # es
    "fecha_hora",
    "datum",  # de
    "дата",  # ru
    "время",
    "日期",  # zh
    "时间",
    "traddt",  # B3
    "trade_date",
    "tradedate",
    "timestamp_utc",
    "candle_begin_time",
    "date_time_utc",
    "index_level_0",  # pandas' name for an index without one, in Parquet
    "index",
    "unnamed_0",
    "",  # pandas' to_csv of an index without a name
)
"""Best first: of two columns that both hold a time, the earlier name is taken."""

WORDS: Final[dict[Role, str]] = {
    "time": " ".join(TIME_NAMES),
    "symbol": "symbol ticker pair market product_id instrument tic ativo papel codneg codigo código tckrsymb",
    "open": """open o op opening open_price openprice price_open first abertura abert abe abrir preabe px_open frstpric
        apertura eröffnung eroeffnung eröffnungskurs erster ouverture otwarcie открытие 开盘 开盘价""",
    "high": """high h hi max highest high_price price_high highprice maxima máxima maximo máximo máx alto premax
        px_high maxpric hoch tageshoch massimo plus_haut haut najwyższy najwyzszy максимум 最高 最高价""",
    "low": """low l lo min lowest low_price price_low lowprice minima mínima minimo mínimo mín baixo premin px_low
        minpric tief tagestief plus_bas bas najniższy najnizszy минимум 最低 最低价""",
    "close": """close c cl last closing close_price price_close closeprice close_last price fechamento fech fec fecho
        ultimo último preult último_preço ultimo_preco preço preco px_last lastpric cierre schluss schlusskurs
        chiusura clôture cloture zamknięcie zamkniecie закрытие 收盘 收盘价""",
    "volume": """volume vol v base_volume basevolume volume_base volume_traded real_volume tick_volume tickvol
        total_volume vol_ turnover_volume quantidade qtd qtde quatot quantity volumefrom volume_from px_volume
        fininstrmqty volumen wolumen stücke stuecke stück объем объём 成交量""",
}
"""English, Portuguese and what exchanges, brokers and data services of other languages write."""
NAMES: Final[dict[str, Role]] = {name: role for role, words in WORDS.items() for name in words.split()} | {"": "time"}

COUNTED: Final = frozenset(
    (
        *("quantidade", "qtd", "qtde", "quatot", "fininstrmqty", "quantity", "volumefrom", "volume_from"),
        *("stücke", "stuecke", "stück"),
    )
)
"""Volumes in units of what is traded; what else is called volume beside them is money."""
PORTUGUESE: Final = "data hora abertura abert abe fechamento fech fec maxima máxima mínima último"
"""Of these, no other language has two in one table."""
DAY_FIRST: Final = f"""{PORTUGUESE} fecha apertura máximo mínimo cierre volumen datum eröffnung hoch tief schluss
    schlusskurs ouverture plus_haut plus_bas clôture cloture massimo minimo chiusura fecho otwarcie zamknięcie
    дата открытие закрытие"""
"""Names of languages that write the day before the month."""

VOLUME_IN_ASSET: Final = re.compile(r"vol(?:ume)?_([a-z0-9]{2,10})")
"""`Volume BTC` and `Volume USDT` of CryptoDataDownload."""


UNIT: Final = re.compile(r"[(\[][^)\]]*[)\]]\s*$")


def plain_name(cell: object) -> str:
    """`<TICKVOL>`, `Gmt time` and `1. open` as `tickvol`, `gmt_time` and `open`."""
    name = re.sub(r"^\d+\.\s+", "", str(cell).strip().strip("\"'\ufeff").lower())  # Alpha Vantage counts its columns
    return re.sub(r"[^\w]+", "_", name).strip("_")


def role_of(cell: object) -> Role | None:
    """What a column of this name holds; None when it is of no use here (an adjusted close, a trade count ...)."""
    name = plain_name(cell)
    if name in NAMES:
        return NAMES[name]
    if (bare := NAMES.get(plain_name(UNIT.sub("", str(cell))))) in PRICES:  # `Open (USD)`
        return bare
    return "volume" if VOLUME_IN_ASSET.fullmatch(name) else None


def is_header(cells: list[str]) -> bool:
    """Two prices by name, or one beside a time, and nothing that is a number."""
    roles = [role_of(cell) for cell in cells]
    prices = len({role for role in roles if role in PRICES})
    named_time = any(role == "time" and cell.strip() for role, cell in zip(roles, cells, strict=True))
    return (prices >= 2 or (prices == 1 and named_time)) and not any(is_number(cell) for cell in cells)


def is_number(cell: str) -> bool:
    return re.fullmatch(r"\s*[+-]?(\d[\d.,]*|[.,]\d+)([eE][+-]?\d+)?\s*", cell) is not None


def is_portuguese(header: Iterable[object]) -> bool:
    """Two Portuguese names or more; one alone may be another language's."""
    return _has_two_of(header, PORTUGUESE)


def is_day_first(header: Iterable[object]) -> bool:
    """The same of a language whose dates begin with their day."""
    return _has_two_of(header, DAY_FIRST)


def _has_two_of(header: Iterable[object], names: str) -> bool:
    return sum(plain_name(cell) in names.split() for cell in header) >= 2
