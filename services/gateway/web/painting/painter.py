"""Paints the parts of the page, once for all who look: what a hundred open pages cost is what one costs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from core.contracts import State
from core.contracts.answers import ChangeEnded, HistoryShown
from core.contracts.events import Told
from core.contracts.ledger import TripsShown
from core.contracts.reasons import WhyShown
from core.contracts.told import Switched, Telling, Watched
from core.language import Language
from core.tasks import start_task
from services.gateway.web.live.board import Board
from services.gateway.web.painting.fresh import Fresh
from services.gateway.web.painting.holding import Holding
from services.gateway.web.rendering import render
from services.gateway.web.site import Kind, Site
from services.gateway.web.talk import Talk
from services.gateway.web.views.lines import story_line
from services.gateway.web.views.now import Now
from services.gateway.web.views.road import Roads

NEWS: Final = (ChangeEnded, Switched, Watched)
"""What a screen reader is told of at once."""
REFUSALS: Final = frozenset({"score", "confidence", "warming", "rule", "limit", "refused", "unfilled"})
"""Reasons for which nothing was traded."""
SECONDS: Final = 1.0
KINDS: Final = tuple(Kind(language, acts) for language in Language for acts in (True, False))


class Painter:
    """Holds what is on the page beside the picture."""

    def __init__(self, site: Site, now: Callable[[], Now]) -> None:
        self._site, self._now = site, now
        self.roads = {kind.language: Roads() for kind in KINDS}
        self.fresh = Fresh(lambda question: site.line.ask(question, _nothing), site.now_ns)
        self.talk = Talk(self._talked, self._said)
        self.holding = Holding(site.store.approvals, self.edit_roads)
        self._waking = asyncio.Event()
        self._renewing: asyncio.Task[None] | None = None

    def board(self, kind: Kind) -> Board:
        """The board of who reads in that language; painted at once when it is the first time."""
        if kind not in self._site.boards:
            self._site.boards[kind] = Board(looked_at=self._waking.set)
            self._paint(kind)
        return self._site.boards[kind]

    def hear(self, told: Telling) -> None:
        """Something was told to everybody: a line of the story, and perhaps a step of a change."""
        self.fresh.hear(told)
        now_ns = self._site.now_ns()
        for kind, board in self._site.boards.items():
            what, text = story_line(told, self._site.zone, kind.language)
            values = {"what": what, "text": text, "at_ns": now_ns, "kind": type(told).__name__}
            board.tell(self._render("parts/line.html", kind, values))
            if isinstance(told, NEWS):
                board.show("news", self._render("parts/news.html", kind, {"text": f"{what}: {text}"}))
        self._step(told, now_ns)
        self._waking.set()

    async def run(self) -> None:
        """Paint whenever something changed, and once a second while somebody looks; until cancelled."""
        looking: asyncio.Task[None] | None = None
        try:
            while True:
                self._waking.clear()
                if self._is_looked_at != (looking is not None):
                    looking = self._look(looking)
                if looking is not None:
                    self.paint()
                    self._renew()  # who is slow to answer holds up nothing that is known
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SECONDS):
                        await self._waking.wait()
        finally:
            for task in (looking, self._renewing):
                if task is not None:
                    task.cancel()

    @property
    def _is_looked_at(self) -> bool:
        return any(board.readers for board in self._site.boards.values())

    def _look(self, looking: asyncio.Task[None] | None) -> asyncio.Task[None] | None:
        """Begin to look at the picture, which then is asked for more often; or cease to."""
        if looking is None:
            return start_task(self._follow(), "the picture is looked at no more")
        looking.cancel()
        return None

    async def _follow(self) -> None:
        async for _ in self._site.pictures.follow():
            self._waking.set()

    async def renew_within(self, seconds: float) -> None:
        """Ask anew, and wait so long for it: what comes later comes with the events, and a page is not kept waiting."""
        self.paint()
        await asyncio.wait({self._renew()}, timeout=seconds)

    def _renew(self) -> asyncio.Task[None]:
        if self._renewing is None or self._renewing.done():
            self._renewing = start_task(self._ask_anew(), "the parts of the page are not renewed")
        return self._renewing

    async def _ask_anew(self) -> None:
        """Ask for what is not told, where it may have changed, and paint it where it has."""
        if await self.fresh.renew():
            self.holding.take(self.fresh.answer("held"))
            self.paint()

    def edit_roads(self, edit: Callable[[Roads], Roads]) -> None:
        """Change what is known of the changes, in every language, and show it."""
        self.roads = {language: edit(roads) for language, roads in self.roads.items()}
        self._waking.set()

    def paint(self) -> None:
        """Every part of every board that is looked at."""
        for kind in self._site.boards:
            self._paint(kind)

    def roads_of(self, kind: Kind) -> Roads:
        """The changes that are under way, as that reader reads them."""
        return self.roads[kind.language]

    # How --------------------------------------------------------------------------------------------------------------

    def _paint(self, kind: Kind) -> None:
        now, board = self._now(), self._site.boards[kind]
        values: dict[str, object] = {"now": now, "acts": kind.acts}
        for name in ("head", "account", "health", "alerts"):
            board.show(name, self._render(f"parts/{name}.html", kind, values))
        board.show("change", self._render("parts/change.html", kind, {"roads": self.roads[kind.language].roads}))
        board.show("talk", self._render("parts/talk.html", kind, {"exchanges": self.talk.exchanges}))
        for name, told in self.lists().items():
            board.show(name, self._render(f"parts/{name}.html", kind, told))

    def lists(self) -> dict[str, dict[str, object]]:
        """The tables that are asked for; None is what was not answered yet."""
        history, trades, why = (self.fresh.answer(name) for name in ("history", "trades", "why"))
        changes = None
        if isinstance(history, HistoryShown):  # what is not understood yet may be a question
            changes = [each for each in history.changes if each.state is not State.RECEIVED]
        trips = trades.trips if isinstance(trades, TripsShown) else None
        reasons = [each for each in why.now if each.code in REFUSALS] if isinstance(why, WhyShown) else None
        of_why: dict[str, object] = {"reasons": reasons, "stopped": self._site.pictures.current.stopped}
        return {"history": {"changes": changes}, "trades": {"trips": trips}, "why": of_why}

    def _render(self, template: str, kind: Kind, values: dict[str, object]) -> str:
        alone = self._site.settings.workspace is None  # there is no commander that could be away
        return render(template, kind.language, self._site.zone, {"acts": kind.acts, "alone": alone, **values})

    def _step(self, told: Telling, now_ns: int) -> None:
        for language, roads in self.roads.items():
            self.roads[language] = roads.hear(told, now_ns, language)

    def _said(self, told: Telling, _: str) -> None:
        """A step of what was said on the page itself; everybody who listens hears it too, and a step twice is one."""
        self._step(told, self._site.now_ns())

    def _talked(self) -> None:
        self._waking.set()
        for kind, board in self._site.boards.items():
            board.show("talk", self._render("parts/talk.html", kind, {"exchanges": self.talk.exchanges}))


def _nothing(_: Told) -> None:
    """Questions that only show something have no steps."""
