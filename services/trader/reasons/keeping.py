"""The other process's side: names the reason of each decision, and keeps a row when it is another one than before."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from core.contracts.reasons import Reason
from core.errors import SorteError
from core.strategy import Source
from core.symbols import Symbols
from core.telemetry import get_logger
from services.trader.reasons.files import Files, apart_seconds
from services.trader.reasons.naming import Bounds, reason_for, reason_of
from services.trader.reasons.seen import Looked, Second

SHOWN_SECONDS: Final = 2.0
"""Between two times that the pairs are shown as they stand."""
ORDERS: Final = frozenset({"buys", "sells"})
"""Each is kept: by its row an order is explained later. Their number is bounded by the limits."""

log = get_logger()


class Keeper:
    """The ledger of reasons of one account."""

    def __init__(self, account: Path, clock: Callable[[], float] = time.time) -> None:
        self._files, self._clock = Files(account), clock
        self._bounds: dict[tuple[str, str], Bounds] = {}  # by release and pair
        self._symbols: dict[str, Symbols | None] = {}  # by release
        self._last: dict[str, Looked] = {}
        self._now: dict[str, Reason] = {}
        self._kept: dict[str, tuple[float, str, str]] = {}  # by pair: when a row was kept, of which code and detail
        self._shown = 0.0

    def take(self, line: bytes) -> None:
        """One second, as the loop handed it over. What cannot be read or written is told in the log, and lost."""
        try:
            self._take(msgspec.json.decode(line, type=Second))
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("reasons.not_kept", detail=str(error))

    def _take(self, second: Second) -> None:
        looked = [taken.looked for taken in second.taken]
        pairs = {seen.pair for seen in looked} | {what.pair for what in second.happened}
        bounds = {pair: self._bounds_of(second, pair) for pair in pairs}
        self._last |= {seen.pair: seen for seen in looked}
        told = (second.trading, second.release)
        found = [reason_for(what, self._last.get(what.pair), bounds[what.pair], *told) for what in second.happened]
        after = {reason.pair for reason in found}  # what became of an order says more than that it was wanted
        found += [
            reason
            for seen in looked
            if seen.pair not in after and (reason := reason_of(seen, bounds[seen.pair], *told)) is not None
        ]
        self._now |= {reason.pair: reason for reason in found}
        now = self._clock()
        for reason in found:
            self._keep(reason, now, apart_seconds(second.pairs))
        if found and not 0.0 <= now - self._shown < SHOWN_SECONDS:
            self._shown = now
            self._files.show(list(self._now.values()))

    def _keep(self, reason: Reason, now: float, apart: float) -> None:
        detail = "" if reason.code == "unfilled" else reason.detail.partition(":")[0]  # without the figures
        when, *same = self._kept.get(reason.pair, (now - apart, "", ""))
        if reason.code not in ORDERS and (same == [reason.code, detail] or 0.0 <= now - when < apart):
            return
        if self._files.append(reason, datetime.datetime.fromtimestamp(now, datetime.UTC)):
            self._kept[reason.pair] = (now, reason.code, detail)

    def _bounds_of(self, second: Second, pair: str) -> Bounds:
        key = (second.release, pair)
        if key not in self._bounds:
            symbols = self._symbols_of(second.release, second.folder)
            self._bounds[key] = Bounds() if symbols is None else Bounds.of(symbols, pair)
        return self._bounds[key]

    def _symbols_of(self, release: str, folder: str) -> Symbols | None:
        """None for a strategy of another make: its scores are told without thresholds."""
        if release not in self._symbols:
            try:
                self._symbols[release] = Symbols.of(Source.read(Path(folder)).files)
            except (SorteError, OSError):
                self._symbols[release] = None
        return self._symbols[release]
