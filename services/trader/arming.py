"""Arming: the owner's explicit word that this account may trade live under the limits that he read."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Final

from core.errors import ConfigurationError
from core.settings import Settings

ARMED_FILE: Final = "armed"


def arm(settings: Settings, limits_hash: str) -> None:
    """Allow live trading under the limits with this SHA-256, on the exchange of the settings."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=settings.data_dir, delete=False) as file:
        file.write(_word(settings, limits_hash))
    Path(file.name).replace(settings.data_dir / ARMED_FILE)


def disarm(settings: Settings) -> None:
    """Take the word back."""
    (settings.data_dir / ARMED_FILE).unlink(missing_ok=True)


def armed(settings: Settings, limits_hash: str) -> bool:
    """Whether the word was given for exactly these limits, this exchange and this key; another of them disarms."""
    try:
        word = (settings.data_dir / ARMED_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return word == _word(settings, limits_hash)


def refuse_unless_armed(settings: Settings, limits_hash: str) -> None:
    """Live needs keys, limits and arming; the other modes send no order to a real exchange at all."""
    if settings.trader.mode == "paper":
        raise ConfigurationError(
            "Paper mode trades on the simulated exchange, never on a real one.",
            "Leave --feed out, or use --mode shadow to watch a real market without orders.",
        )
    if settings.exchange.api_key is None or settings.exchange.api_secret is None:
        raise ConfigurationError(
            "The exchange's key and secret are missing.", "Set SORTE_EXCHANGE__API_KEY and __API_SECRET."
        )
    if settings.trader.mode == "live" and not armed(settings, limits_hash):
        raise ConfigurationError("Live trading is not armed for these limits.", "Read them again, then `sorte arm`.")


def _word(settings: Settings, limits_hash: str) -> str:
    exchange = settings.exchange
    key = exchange.api_key.get_secret_value() if exchange.api_key is not None else ""
    account = hashlib.sha256(key.encode()).hexdigest()[:16]  # the key itself stays where it is
    return f"{limits_hash} {account} {exchange.rest_url} {exchange.ws_api_url}\n"
