"""Every kind of line that the local socket carries, in one scene: what is asked in JSON, and what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from services.commander.desk.desk import Desk
from services.commander.line.local_socket import connect
from services.commander.line.server import Server
from services.commander.rooms import real_rooms
from services.trader.journal import Journal
from services.trader.orders import Fill, Order, Side
from tests.commander.rig import Rig, rig

CHANGE = {"do": "change", "text": "stop_loss 0.03"}
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"do": "profit", "period": "all"},
    {"do": "profit", "period": "someday"},
    {"do": "trades"},
    {"do": "compare"},
    {"do": "why"},
    {"do": "why", "pair": "btc"},
    {"do": "explain", "id": "stop_loss"},
    {"do": "explain", "id": "cooldown"},
    {"do": "explain", "id": "flow"},
    {"do": "explain", "id": "buy"},
    {"do": "explain", "id": "sell"},
    {"do": "explain", "id": "nothing of that name"},
    {"do": "trips"},
    {"do": "trips", "pair": "btc", "period": "today"},
    {"do": "trip", "id": "1"},
    {"do": "trip", "id": "nothing of that name"},
    {"do": "periods"},
    {"do": "periods", "period": "fortnight"},
    {"do": "performance"},
    {"do": "stats", "period": "all"},
    {"do": "count"},
    {"do": "balance"},
    {"do": "equity", "period": "all"},
    {"do": "candles", "pair": "btc"},
    {"do": "judged", "id": "nothing of that name"},
)
KEPT = frozenset({"kind", "operation", "status", "type"})
"""Keys whose values are codes; of other values a skeleton keeps the type."""


def skeleton(line: Any, key: str = "") -> Any:
    """The keys of a line in their order, with the types of its values, or the values themselves where they are codes.

    What a trader says of itself is left out: this scene's is not a real one.
    """
    if key == "trader" and line is not None:
        return "a trader"
    if isinstance(line, dict):
        if key in ("seconds", "figures", "versions", "parameters", "rules"):  # free names
            return "by name"
        return [[name, skeleton(value, name)] for name, value in line.items()]
    if isinstance(line, list):
        return [skeleton(line[0], key)] if line else []
    return line if key in KEPT else type(line).__name__


async def talk(folder: Path, *words: dict[str, Any]) -> list[bytes]:
    """The lines that come back to the first of `words`, each question among them being answered with the next."""
    connection = connect(folder)
    assert connection is not None
    reader, writer = await asyncio.open_connection(sock=connection, limit=1 << 22)
    left = iter(words)
    writer.write(json.dumps(next(left)).encode() + b"\n")
    lines: list[bytes] = []
    while line := await reader.readline():
        lines.append(line)
        if b'"kind":"confirm"' in line:
            writer.write(json.dumps(next(left)).encode() + b"\n")
    writer.close()
    return lines


async def scene(folder: Path, *, runs: bool) -> list[bytes]:
    """All lines of a day; `runs`: with a trader."""
    with rig(folder, trader=runs) as it:
        return [line async for line in _day(it, runs=runs)]


async def _day(it: Rig, *, runs: bool) -> Any:
    data = it.context.settings.data_dir
    desk = Desk(it.deployment)
    server = Server(desk, data)
    await server.start()
    yes, no = {"confirm": True}, {"confirm": False}
    try:
        for words in (
            ({"do": "status"},),
            (CHANGE, {"said": "what?"}, {"said": "status"}, yes),
            ({"do": "change", "text": "stop_loss 0.04"}, no),
            ({"do": "change", "text": "?"},),
            ({"do": "change", "text": "-"},),
            ({"do": "change", "text": "status"},),
            ({"do": "history", "all": True},),
            ({"do": "change", "text": "take_profit 0.05"}, yes),
            ({"do": "status"},),
            ({"do": "show", "id": it.first[:12]},),
            ({"do": "show", "id": "nothing of that name"},),
            ({"do": "close", "pair": "BTC"},),
            ({"do": "pause"},),
            ({"do": "resume"},),
            ({"do": "panic"},),
            ({"do": "unkill"},),
            ({"do": "change", "text": "back"}, yes),
            ({"do": "rollback"},),
            ({"do": "nonsense"},),
        ):
            for line in await talk(data, *words):
                yield line
            if words[0] is CHANGE and runs:  # its watch ends before anything else is done
                async with asyncio.timeout(10):
                    while not it.told:  # noqa: ASYNC110 - the watch is a task of its own
                        await asyncio.sleep(0.01)
                (it.workspace.path / "strategy" / "parameters.py").write_text("# edited by hand\n", encoding="utf-8")
        change = it.context.changes.latest(99)[-1]
        for made in (change.id, "unknown"):
            journalled(data, made)
            for line in await talk(data, {"do": "show", "id": f"s1-{made}-1"}):
                yield line
        for word in ("show", "diff"):
            for line in await talk(data, {"do": word, "id": change.id}):
                yield line
        it.context.rooms = real_rooms()
        for text in ("the fills", "help", "backtest", "show stop_loss", "show the parameters", "show cooldown"):
            for line in await talk(data, {"do": "change", "text": text}):
                yield line
        reasoned(data)
        for asked in QUESTIONS:
            for line in await talk(data, asked):
                yield line
    finally:
        await desk.watcher.close()
        await server.close()
    for kind, fields in dict(it.told).items():  # what everybody is told who listens, each kind once
        yield msgspec.json.encode({"kind": kind, **fields}) + b"\n"


def journalled(data: Path, change: str) -> None:
    """An order and its fill, in the journal of a trader."""
    from decimal import Decimal

    journal = Journal(data / "trader" / "journal")
    price, size = Decimal("65000.10"), Decimal("0.015")
    name = f"s1-{change}-1"
    journal.append(Order(name, "BTCUSDT", Side.BUY, size, price, 1, 1, "tree", 7, "score", "c" * 40, change, "m"))
    journal.append(Fill(name, "BTCUSDT", Side.BUY, 1, size, price, Decimal("0.97"), "USDT", 1))
    journal.close()


def reasoned(data: Path) -> None:
    """How a pair stands, and what came before, in the ledger of the same trader."""
    import datetime

    from core.contracts.reasons import Reason
    from services.trader.reasons.files import Files

    figures: dict[str, Any] = {"score": 0.1, "threshold": 0.3, "confidence": 0.7, "min_confidence": 0.6}
    reason = Reason(
        time_ns=1,
        pair="BTCUSDT",
        code="score",
        detail="",
        held=False,
        signals={"technical": 0.1, "orderbook": None, "flow": 0.2, "qlearning": None, "advice": None},
        trading="active",
        release="0123456789ab",
        **figures,
    )
    ledger = Files(data / "trader")
    ledger.append(reason, datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC))
    ledger.append(
        msgspec.structs.replace(reason, code="buys", detail="score", sequence=7),
        datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC),
    )
    ledger.show([reason])


def kinds(lines: list[bytes]) -> Iterator[str]:
    for line in lines:
        yield json.loads(line)["kind"]
