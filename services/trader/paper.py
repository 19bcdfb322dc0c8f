"""The paper account: one for each data folder, kept from run to run until its owner starts anew.

`data/paper` holds the trader's journal and recordings as any account's folder does, and in `exchange` what the
simulated exchange keeps. `reset` puts the folder aside under the day and time, so nothing is ever lost.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import UNSET

from core.contracts.events import PaperTold
from core.errors import ConfigurationError
from services.simulator import kept

FOLDER: Final = "paper"
EXCHANGE: Final = "exchange"
FIRST_SEED: Final = 7
MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a run goes on with, as its exchange tells of it; amounts in the currencies named."""

    starts: int
    began: datetime.datetime
    deposited: Mapping[str, Decimal]
    balances: Mapping[str, Decimal]
    prices: Mapping[str, Decimal]
    traded: Sequence[str] = field(default=())
    """The symbols that this run trades."""

    @classmethod
    def of(cls, told: Mapping[str, Any], traded: Sequence[str]) -> Account:
        """What the exchange's first line says of it."""

        def amounts(name: str) -> dict[str, Decimal]:
            return {key: Decimal(value) for key, value in told[name].items()}

        began = datetime.datetime.fromtimestamp(told["began_ms"] / MILLISECONDS, datetime.UTC)
        return cls(told["starts"], began, amounts("deposited"), amounts("balances"), amounts("prices"), traded)

    @property
    def continued(self) -> bool:
        """Whether somebody has traded with it before."""
        return self.starts > 1

    def aside(self, quote: str) -> dict[str, tuple[Decimal, Decimal]]:
        """What it holds of pairs that this run does not trade: asset, amount and value in `quote`."""
        found = {}
        for asset, amount in self.balances.items():
            price = self.prices.get(asset + quote)
            if asset != quote and price is not None and asset + quote not in self.traded:
                found[asset] = (amount, amount * price)
        return found

    def told(self, quote: str) -> PaperTold:
        """What the first line of a run says of it."""
        aside = {asset: f"{amount:f} ({value:.2f} {quote})" for asset, (amount, value) in self.aside(quote).items()}
        return PaperTold(account="continued" if self.continued else "new", since=self.since, not_traded=aside or UNSET)

    def profit(self, quote: str, equity: float) -> float:
        """What it has earned on what was paid in, to the cent."""
        return round(equity - float(self.deposited.get(quote, Decimal(0))), 2)

    @property
    def since(self) -> str:
        """When it was opened."""
        return f"{self.began:%Y-%m-%dT%H:%M:%SZ}"


def folder_of(data_dir: Path) -> Path:
    """Where the paper account of a data folder is."""
    return data_dir / FOLDER


def earlier(data_dir: Path) -> list[Path]:
    """The accounts that were put aside, oldest first."""
    return sorted(path for path in data_dir.glob(f"{FOLDER}-*") if path.is_dir())


def seed_of_next(data_dir: Path) -> int:
    """The seed of a new account's market: another one after each reset, so that it is not the same market again."""
    return FIRST_SEED + len(earlier(data_dir))


def check(folder: Path) -> None:
    """Raise ConfigurationError unless the account can be gone on with, or there is none yet."""
    hint = "`sorte paper reset` keeps it aside and starts a new account; --fresh trades without it."
    try:
        found = kept.load(folder / EXCHANGE)
    except kept.DamagedError as error:
        raise ConfigurationError(f"The paper account cannot be gone on with: {error.message}", hint) from None
    journal = folder / "journal"
    if found is None and journal.exists() and journal.stat().st_size:
        told = f"{folder / EXCHANGE / kept.SNAPSHOT} is missing, and {journal} has orders of it."
        raise ConfigurationError(f"The paper account cannot be gone on with: {told}", hint)


def reset(folder: Path) -> Path | None:
    """Put the account aside; answers where it is now, None when there is none. ConfigurationError while it is used."""
    if not folder.is_dir():
        return None
    with _nobody_uses(folder):
        stamp = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S}"
        names = (
            folder.with_name(f"{FOLDER}-{stamp}{end}") for end in ("", *(f"-{number}" for number in range(2, 100)))
        )
        aside = next(path for path in names if not path.exists())
        return folder.rename(aside)


@contextlib.contextmanager
def _nobody_uses(folder: Path) -> Iterator[None]:
    """Hold the locks of trader and exchange; who starts meanwhile is refused, or begins anew after it."""
    held: list[int] = []
    try:
        for path in (folder / EXCHANGE / kept.LOCK, folder / "journal"):
            if path.exists():
                held.append(os.open(path, os.O_RDWR | os.O_CLOEXEC))
                fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ConfigurationError(
            f"A trader runs with {folder}.", "End it first: Ctrl-C where it was started."
        ) from None
    finally:
        for descriptor in held:
            os.close(descriptor)
