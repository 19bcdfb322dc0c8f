"""Who may ask: API key, HMAC-SHA256 signature and the time window, in the order the exchange checks them."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from services.simulator.clock import wall_ms
from services.simulator.refusals import Refusal, missing

DEFAULT_WINDOW_MS: Final = 5_000
MAX_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_WINDOW: Final = re.compile(r"([0-9]{1,5})(\.[0-9]{1,3})?", re.ASCII)


def sign(secret: str, payload: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def form_payload(query: str, body: str) -> str:
    """What a REST client signed: the query string and the body as they were sent, without the signature."""
    parts = (
        "&".join(piece for piece in part.split("&") if not piece.startswith("signature=")) for part in (query, body)
    )
    return "".join(parts)


def sorted_payloads(sent: Mapping[str, str]) -> tuple[str, ...]:
    """What a WebSocket client signed: its parameters in alphabetic order, as they are or percent-encoded."""
    pairs = sorted((name, value) for name, value in sent.items() if name != "signature")
    plain = "&".join(f"{name}={value}" for name, value in pairs)
    return plain, "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)


def check_key(sent: str | None, key: str) -> None:
    if not sent or not _KEY.fullmatch(sent):
        raise Refusal(-2014, "API-key format invalid.", status=401)
    if not hmac.compare_digest(sent, key):
        raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def check_signature(sent: Mapping[str, str], payloads: tuple[str, ...], secret: str, clock_ms: int = 0) -> None:
    """Raise unless the request is recent and one of the payloads carries its signature.

    `clock_ms` is how far the exchange's clock is ahead of the machine's.
    """
    signature = sent.get("signature")
    if not signature:
        raise missing("signature")
    _check_time(sent, wall_ms() + clock_ms)
    good = [hmac.compare_digest(sign(secret, payload).encode(), signature.lower().encode()) for payload in payloads]
    if not any(good):
        raise Refusal(-1022, "Signature for this request is not valid.")


def _check_time(sent: Mapping[str, str], now: int) -> None:
    timestamp, window = sent.get("timestamp", ""), sent.get("recvWindow") or str(DEFAULT_WINDOW_MS)
    if not re.fullmatch(r"[0-9]{1,18}", timestamp, re.ASCII):
        raise missing("timestamp")
    if not _WINDOW.fullmatch(window):
        raise missing("recvWindow")
    if float(window) > MAX_WINDOW_MS:
        raise Refusal(-1131, "recvWindow must be less than 60000.")
    if int(timestamp) >= now + AHEAD_MS:
        raise Refusal(-1021, f"Timestamp for this request was {AHEAD_MS}ms ahead of the server's time.")
    if now - int(timestamp) > float(window):
        raise Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
