"""Looks at the picture every few seconds: the account's line and its fall, a commander that stays away, the morning."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from core.contracts.answers import Answer, Shown
from core.contracts.asking import Question
from core.contracts.events import Starting
from core.contracts.ledger import PerformanceShown
from core.contracts.road import Verdict
from core.contracts.told import Telling
from core.errors import SorteError
from core.settings import Settings
from core.wording import owners_language
from core.zone import local_time
from services.gateway.alerts.alarm import Alarm
from services.gateway.alerts.decaying import decayed, traded
from services.gateway.alerts.falling import Fall, fallen
from services.gateway.alerts.missed import Missed
from services.gateway.alerts.notice import Notice
from services.gateway.alerts.summary import Due, due, summary
from services.gateway.outbox.outbox import Outbox
from services.gateway.picture import Picture
from services.gateway.store import Store
from services.gateway.store.samples import MINUTE_NS, Sample

LOOK_SECONDS: Final = 5.0
FRESH_SECONDS: Final = 30.0
"""Figures that are older say nothing of the account."""
AWAY_SECONDS: Final = 30.0
"""A commander that has died once is back by then."""
DAY_NS: Final = 86_400 * 10**9
DECAY_NS: Final = 6 * 3600 * 10**9
"""How often what trades is compared with what it was judged by."""
MONTH_NS: Final = 30 * DAY_NS
"""The best of an account is that of so long."""


Draw = Callable[[str, str], Awaitable[Path | None]]


async def _no_picture(_key: str, _period: str) -> Path | None:
    return None


class Watcher:
    """One gateway's."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        outbox: Outbox,
        alarm: Alarm,
        look: Callable[[], Picture],
        ask: Callable[[Question], Awaitable[Answer]],
        *,
        draw: Draw = _no_picture,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`draw` makes the picture of a summary: of its key and the period, the file."""
        self._draw = draw
        self._settings, self._store, self._outbox, self._alarm = settings, store, outbox, alarm
        self._look, self._ask, self._clock_ns = look, ask, clock_ns
        known = store.samples.since(clock_ns() - MONTH_NS)
        self._fall = Fall()
        for sample in known:  # what was told before a restart is not told again
            self._fall, _ = fallen(self._fall, sample.equity, settings.alerts.drawdown_share)
        self._sampled = known[-1].time_ns if known else 0
        self._deaf_ns = 0
        self._told: set[str] = set()
        self._judged_ns = clock_ns()
        self._missed = Missed(store.notes, alarm, ask)

    def hear(self, told: Telling) -> None:
        """A new account begins without a fall."""
        if isinstance(told, Starting) and told.account == "new":
            self._fall = Fall()

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once."""
        picture, now_ns = self._look(), self._clock_ns()
        self._see_account(picture, now_ns)
        self._see_commander(picture, now_ns)
        if self._settings.workspace is not None:
            await self._missed.look(now_ns)
        alerts = self._settings.alerts
        for each in due(local_time(now_ns, self._settings.time_zone), alerts.daily_at, alerts.weekly):
            await self._tell_summary(each)
        if now_ns - self._judged_ns >= DECAY_NS:
            self._judged_ns = now_ns
            await self._see_decay(picture, now_ns)

    def _see_account(self, picture: Picture, now_ns: int) -> None:
        trader = picture.status.trader if picture.status is not None else None
        age = picture.age_seconds(picture.status_ns)
        if trader is None or trader.equity is None or age is None or age > FRESH_SECONDS:
            return
        equity = trader.equity
        if now_ns - self._sampled >= MINUTE_NS:
            self._store.samples.add(Sample(now_ns, equity, trader.slots.blue))
            self._sampled = now_ns
        self._fall, lost = fallen(self._fall, equity, self._settings.alerts.drawdown_share)
        if lost is not None:
            values = {"equity": equity, "lost": lost, "best": self._fall.best}
            self._alarm.raise_(Notice("drawdown", str(self._fall.told), "drawdown", values, "critical"))

    def _see_commander(self, picture: Picture, now_ns: int) -> None:
        trades = any(each.name == "trader" and each.well for each in picture.processes)
        if not picture.deaf or not trades or self._settings.workspace is None:  # without one there is no commander
            self._deaf_ns = 0
            return
        self._deaf_ns = self._deaf_ns or now_ns
        seconds = (now_ns - self._deaf_ns) / 1e9
        if seconds >= AWAY_SECONDS:
            self._alarm.raise_(Notice("fault", "commander", "commander_away", {"seconds": seconds}, "critical"))

    async def _see_decay(self, picture: Picture, now_ns: int) -> None:
        """Compare what trades with what it was judged by; who cannot be asked is asked the next time."""
        release = picture.status.trader.slots.blue if picture.status is not None and picture.status.trader else ""
        try:
            performance = await self._ask(Question(do="performance", period="all"))
            figures = traded(performance, release) if isinstance(performance, PerformanceShown) else None
            shown = await self._ask(Question(do="show", id=figures.change)) if figures is not None else None
        except (SorteError, OSError):
            return
        verdict = shown.verdict if isinstance(shown, Shown) else None
        if figures is None or not isinstance(verdict, Verdict) or (decay := decayed(figures, verdict)) is None:
            return
        days = (now_ns - verdict.judged_ns) / DAY_NS
        values = {"days": days, "trades": decay.trades, "realised": decay.realised}
        shares = {"won": decay.won, "judged": decay.judged}
        key = f"decayed:{release}"
        if key not in self._told:
            self._told.add(key)
            with self._alarm.once(key):  # nor by the process after this one
                self._alarm.raise_(Notice("decayed", release, "decayed", {**values, **shares}, change=figures.change))

    async def _tell_summary(self, due: Due) -> None:
        if due.key in self._told or not self._ran(due):
            return
        try:
            title, text = await summary(due, self._ask, owners_language())
        except (SorteError, OSError):  # the commander is away, and is asked again with the next look
            return
        self._told.add(due.key)
        picture = await self._draw(due.key, "month" if due.weekly else due.days[-1].isoformat())
        kind = "weekly" if due.weekly else "daily"
        self._outbox.put(kind, text, "normal", title=title, key=due.key, picture=picture, sound=False)

    def _ran(self, due: Due) -> bool:
        """Whether anything was traded on in those days: a new account has no yesterday."""
        first_ns = self._store.samples.first_ns
        return first_ns is not None and local_time(first_ns, self._settings.time_zone).date() <= due.days[-1]
