"""Indicators written as code writes them: `MACD(12,26,7)`, `BB(50, 2.5)`, `RSI(21)`.

What stands between the brackets are numbers, whatever parts them: 12,26,7 are three, and 50; 2,5 are two.
"""

from __future__ import annotations

import re
from typing import Final

CALL: Final = re.compile(
    r"\b(?P<name>macd|bb|bbands?|bollinger|bands?|bandas?|stoch\w*|estoc\w*|rsi|ifr|ema|sma|mme|mms|atr|adx|vwap|kdj)"
    r"\s?[(\[](?P<said>\d[\d.,;/\u03c3 ]*)[)\]]",
    re.IGNORECASE,
)
TIMES: Final = re.compile(r"(?<=\d)\s*\*\s*(?=[^\W\d_])")
"""`volume > 1.2 * average`."""
SMOOTHED: Final = re.compile(
    r",?\s*(?:with |com |e |and )?(?:a |uma )?(?:smooth(?:ing|ed)?|suaviza[cç][aã]o)(?: of| de| by)?\s+(?=\d)",
    re.IGNORECASE,
)
"""`stochastic 14, smoothing 3`: the second number."""
PARTS: Final = re.compile(r"[,/]\s*")


def spelled_out(text: str) -> str:
    """The sentence with the numbers of each call as a list: `MACD 12, 26, 7`."""
    listed = CALL.sub(_listed, text) if "(" in text or "[" in text else text
    return SMOOTHED.sub(", ", TIMES.sub(" x ", listed))


def _listed(call: re.Match[str]) -> str:
    said = call["said"].strip().replace("\u03c3", "")
    parts = said.split(";") if ";" in said else PARTS.split(said)
    return f"{call['name']} {', '.join(part.strip() for part in parts if part.strip())}"
