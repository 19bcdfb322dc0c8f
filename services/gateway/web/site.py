"""Everything that the pages work with, put together once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.language import Language
from core.settings import Settings
from core.telemetry.process import folder_of
from core.wording import owners_language
from services.gateway.line import Line
from services.gateway.pictures import Pictures
from services.gateway.store import Store
from services.gateway.web.live.board import Board
from services.gateway.web.live.tail import Tail
from services.gateway.web.security.hosts import allowed_names
from services.gateway.web.security.rates import Failures

SURFACE: Final = "web"


@dataclass(frozen=True, slots=True)
class Kind:
    """Of a reader: the language that he reads, and whether he may act."""

    language: Language
    acts: bool


class Site:
    """One gateway's page."""

    def __init__(
        self,
        settings: Settings,
        line: Line,
        pictures: Pictures,
        store: Store,
        *,
        owner: str = "",
        now_ns: Callable[[], int] = time.time_ns,
        login_failed: Callable[[str], None] = lambda _: None,
        metrics: Callable[[], bytes] | None = None,
    ) -> None:
        """`owner` is whose conversation goes on here, `login_failed` tells him; `metrics` is what Prometheus reads."""
        self.settings, self.line, self.pictures, self.store = settings, line, pictures, store
        self.owner = owner
        self.now_ns, self.login_failed, self.metrics = now_ns, login_failed, metrics
        self.zone = settings.time_zone
        self.language = owners_language()
        self.names = allowed_names(settings.web.host, settings.web.names)
        self.failures = Failures()
        self.boards: dict[Kind, Board] = {}
        self.tail = Tail(folder_of(settings.data_dir), self.zone)

    def line_of(self, owner: str, language: Language) -> Line:
        """The line of one session, which is answered in its language."""
        return self.line.of(owner, SURFACE, language)
