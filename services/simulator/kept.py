"""What a simulated exchange keeps over a restart, and how it lies on the disk.

A folder holds one snapshot and the log of everything that changed since: `snapshot` and `log-<number>`. A line is the
CRC-32 of its JSON in hexadecimal, a space, the JSON, as in the trader's journal. Both hold `Kept` values; a line of the
log holds only what changed, with its new amounts and states, so taking in a line is overwriting. A line is one write:
a last line that a crash tore is as if it had never been, and nobody was told of what it says.

A new snapshot is written beside the old one and renamed, and names the log that belongs to it; so the two can never be
mixed. Whatever else does not read back is refused with its name, never guessed at.
"""

from __future__ import annotations

import fcntl
import os
import time
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from core.contracts import Pair
from core.errors import ConfigurationError, DataError
from services.simulator.orders import Fill, OrderType, Side, Status, TimeInForce
from services.simulator.tape import BarRow

VERSION: Final = 1
SNAPSHOT: Final = "snapshot"
LOCK: Final = "lock"
KEPT_MINUTES: Final = 10_000
"""Of bars in each pair, a week; more than a strategy is warmed up with."""


class DamagedError(DataError):
    """What was kept cannot be read."""


class KeptOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order. Prices and quantities are in ticks and lots of its pair."""

    order_id: int
    client_order_id: str
    symbol: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    ticks: int
    lots: int
    quote_quantity: Decimal
    created_ms: int
    updated_ms: int
    status: Status
    stop_ticks: int = 0
    working_ms: int = -1
    filled_lots: int = 0
    filled_value: int = 0
    locked: Decimal = Decimal(0)
    cancel_id: str = ""
    list_id: int = -1


class KeptList(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of orders, by their ids."""

    list_id: int
    client_list_id: str
    symbol: str
    created_ms: int
    order_ids: tuple[int, ...]


class KeptMarket(msgspec.Struct, frozen=True, kw_only=True):
    """Where one pair's market stands, and the bars that are new or changed."""

    pair: Pair
    price: float
    pressure: float
    regime: str
    regime_seconds: float
    anchor: float
    next_trade: int
    last_trade: tuple[int, int, int, bool]
    """Market time, ticks, lots, whether the buyer was the maker; zeros before there was one."""
    update_id: int
    bars: list[BarRow]


class Kept(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All of an exchange in a snapshot, what changed in a line of the log."""

    version: int
    number: int = 0
    """Of the snapshot, and of the log that goes with it."""
    began_ms: int = 0
    """Wall clock when the account was opened."""
    starts: int = 0
    """How often the exchange was started with this account."""
    seed: int = 0
    deposited: dict[str, Decimal] = {}
    time_ms: int = 0
    """Market time."""
    reports: int = 0
    next_order: int = 0
    next_list: int = 0
    balances: dict[str, tuple[Decimal, Decimal]] = {}
    """Free and locked."""
    orders: list[KeptOrder] = []
    fills: list[Fill] = []
    lists: list[KeptList] = []
    markets: list[KeptMarket] = []


class _Versioned(msgspec.Struct):
    version: int


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Kept)
_version: Final = msgspec.json.Decoder(_Versioned)


def log_of(folder: Path, number: int) -> Path:
    """The log that goes with snapshot `number`."""
    return folder / f"log-{number:06d}"


def encode(kept: Kept) -> bytes:
    """The line of it."""
    body = _encoder.encode(kept)
    return b"%08x %s\n" % (zlib.crc32(body), body)


def lock(folder: Path, patience_seconds: float) -> int:
    """Take the folder for ourselves; the descriptor holds it. Raises ConfigurationError when another has it.

    One whose trader was killed writes everything before it ends, so it gets a moment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience_seconds
    while not _taken(descriptor):
        if time.monotonic() >= deadline:
            os.close(descriptor)
            raise ConfigurationError(
                f"The account in {folder.parent} is in use: a trader runs with it.",
                "End that one, or start this one with an account of its own: --fresh.",
            )
        time.sleep(0.02)  # the kernel tells nobody of a lock that is given back within a time
    return descriptor


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_snapshot(folder: Path, kept: Kept) -> None:
    """Replace the snapshot: all of it or, whenever we die, nothing."""
    beside = folder / f".{SNAPSHOT}"
    beside.write_bytes(encode(kept))
    beside.rename(folder / SNAPSHOT)
    for old in folder.glob("log-*"):
        if old != log_of(folder, kept.number):
            old.unlink()


def load(folder: Path) -> Kept | None:
    """What is kept there: the snapshot, and every change since. None when there is nothing; raises DamagedError.

    A torn last line of the log is cut off by the next snapshot, with the log.
    """
    path = folder / SNAPSHOT
    if not path.exists():
        if any(folder.glob("log-*")):
            raise DamagedError(f"{path} is missing, and {folder} holds changes to it.")
        return None
    data = path.read_bytes()
    if not data.endswith(b"\n"):
        raise DamagedError(f"{path} is damaged: its end is missing.")
    kept = _decoded(path, data, whose=0)
    log = log_of(folder, kept.number)
    lines = log.read_bytes().splitlines(keepends=True) if log.exists() else []
    bars = {market.pair.symbol: {row[0]: row for row in market.bars} for market in kept.markets}
    state = _State(kept, bars)
    for place, line in enumerate(lines):
        if line.endswith(b"\n"):
            state.take(_decoded(log, line, whose=place + 1))
    return state.all()


def _decoded(path: Path, line: bytes, whose: int) -> Kept:
    checksum, _, body = line.partition(b" ")
    where = f"{path}, line {whose}," if whose else str(path)
    if len(checksum) != 8 or b"%08x" % zlib.crc32(body[:-1]) != checksum:
        raise DamagedError(f"{where} is damaged.")
    try:
        if (version := _version.decode(body).version) != VERSION:
            told = f"{where} was written by another version of Sorte"
            raise DamagedError(f"{told} ({version}, this one reads {VERSION}).")
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise DamagedError(f"{where} was written by another version of Sorte: {error}.") from None


class _State:
    """Changes taken in one after another."""

    def __init__(self, kept: Kept, bars: dict[str, dict[int, BarRow]]) -> None:
        self._kept, self._bars = kept, bars
        self._orders = {order.order_id: order for order in kept.orders}
        self._lists = {made.list_id: made for made in kept.lists}
        self._markets = {market.pair.symbol: market for market in kept.markets}
        self._traded = {market.pair.symbol: market.next_trade for market in kept.markets}

    def take(self, change: Kept) -> None:
        kept = self._kept
        kept.time_ms = max(kept.time_ms, change.time_ms)
        kept.reports = max(kept.reports, change.reports)
        kept.next_order = max(kept.next_order, change.next_order)
        kept.next_list = max(kept.next_list, change.next_list)
        kept.balances.update(change.balances)
        kept.fills += change.fills
        for fill in change.fills:  # an id that the account has seen is never used again
            self._traded[fill.symbol] = max(self._traded.get(fill.symbol, 0), fill.trade_id + 1)
        self._orders.update({order.order_id: order for order in change.orders})
        self._lists.update({made.list_id: made for made in change.lists})
        for market in change.markets:
            self._markets[market.pair.symbol] = market
            self._bars.setdefault(market.pair.symbol, {}).update({row[0]: row for row in market.bars})

    def all(self) -> Kept:
        kept = self._kept
        kept.orders, kept.lists = list(self._orders.values()), list(self._lists.values())
        kept.markets = [
            msgspec.structs.replace(
                market,
                bars=sorted(self._bars[symbol].values())[-KEPT_MINUTES:],
                next_trade=max(market.next_trade, self._traded.get(symbol, 0)),
            )
            for symbol, market in self._markets.items()
        ]
        return kept
