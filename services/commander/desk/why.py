"""`why`: the ledger of reasons of the account that was traded with last, whether a trader runs or not."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.contracts.reasons import Reason, WhyShown
from core.errors import DataError
from core.names import normalise_symbol
from core.owner import OwnersWord
from services.commander.desk.closing import pair_of
from services.commander.desk.orders import journals
from services.commander.road.deployment import Deployment
from services.trader.reasons import files

USUAL: Final = 12
"""Rows that are shown of what came before."""
MOST_LOOKED: Final = 2_000_000
"""Rows; more than a ledger of three months holds."""


async def why(deployment: Deployment, wanted: str, at_ns: int | None = None, limit: int = USUAL) -> WhyShown:
    """Why a pair (all of them, when none is named) is as it is, or was at a moment."""
    context = deployment.context
    runs = deployment.trader is not None or OwnersWord(context.settings.data_dir).listener is not None
    return await context.edit(_read, context.settings.data_dir, wanted, at_ns, limit, runs)


def _read(data_dir: Path, wanted: str, at_ns: int | None, limit: int, runs: bool) -> WhyShown:
    account = _account(data_dir)
    latest = files.latest(account) if account is not None else []
    rows = itertools.islice(files.newest_first(account), MOST_LOOKED) if account is not None else iter(())
    pair = _pair(wanted, [reason.pair for reason in latest])
    own = (row for row in rows if not pair or row.pair == pair)
    if at_ns is None:
        now = [reason for reason in latest if not pair or reason.pair == pair]
        before = list(itertools.islice(own, limit)) if pair else []
        return WhyShown(pair=pair, at_ns=None, now=now, reasons=before, runs=runs)
    earlier = (row for row in own if row.time_ns <= at_ns)
    now, before = _split(earlier, 1 if pair else len(latest), limit if pair else 0)
    return WhyShown(pair=pair, at_ns=at_ns, now=now, reasons=before, runs=runs)


def _split(rows: Iterable[Reason], pairs: int, limit: int) -> tuple[list[Reason], list[Reason]]:
    """What held then, the first row of each pair; and the rows before it."""
    now: dict[str, Reason] = {}
    before: list[Reason] = []
    for row in rows:
        if row.pair not in now:
            now[row.pair] = row
        elif len(before) < limit:
            before.append(row)
        if len(now) >= pairs and len(before) >= limit:
            break
    return list(now.values()), before


def _account(data_dir: Path) -> Path | None:
    """The folder of the account that was traded with last."""
    newest = max(journals(data_dir), key=lambda journal: journal.stat().st_mtime_ns, default=None)
    return newest.parent if newest is not None else None


def _pair(wanted: str, known: list[str]) -> str:
    """The pair that is meant by `btc`, `BTC/USDT` or `BTCUSDT`; what was said when none is."""
    if not wanted.strip():
        return ""
    if (found := pair_of(wanted, known)) is not None:
        return found
    with contextlib.suppress(DataError):
        return normalise_symbol(wanted)
    return wanted.strip()[:20].upper()
