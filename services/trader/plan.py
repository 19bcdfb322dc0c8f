"""What `sorte run` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.errors import ConfigurationError
from core.settings import Settings

if TYPE_CHECKING:
    from core.history import Hints

REPLAY: Final = "replay:"


@dataclass(frozen=True, slots=True)
class Plan:
    """What `sorte run` was asked for. Raises ConfigurationError for what makes no sense."""

    symbols: tuple[str, ...]
    feed: str = "sim"  # sim, replay:FILE, or exchange (the one of the settings)
    seconds: float | None = None  # None: until stopped
    speed: float = 60.0  # seconds of market time per second; sim and replay
    events_per_second: float = 200.0  # sim
    seed: int | None = None  # sim; None: the paper account's market
    strategy: Path | None = None  # None: the shipped one
    fresh: bool = False  # sim: an account of its own
    hints: Hints | None = None  # replay: what its files leave open

    def __post_init__(self) -> None:
        if self.feed not in ("sim", "exchange") and not self.replays:
            raise ConfigurationError(f"There is no feed {self.feed!r}.", "Use sim, replay:FILE_OR_SYMBOL or exchange.")
        if self.hints is not None and not self.replays:
            raise ConfigurationError("--dates and --decimal are about files.", "Add --feed replay:FILE.")
        if not self.symbols and not self.replays:
            raise ConfigurationError("No pair was named.", "Name some: --pairs BTCUSDT,ETHUSDT.")

    def keeps(self, settings: Settings) -> bool:
        """Whether it trades with the paper account, which goes on from run to run."""
        return self.feed == "sim" and settings.trader.mode == "paper" and self.seed is None and not self.fresh

    @property
    def replays(self) -> str:
        """The files or symbols whose history is played; empty when none is."""
        return self.feed.removeprefix(REPLAY) if self.feed.startswith(REPLAY) else ""
