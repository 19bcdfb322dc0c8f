"""Numbers and names as some people write them, and as the grammar reads them.

`MACD(12,26,7)` is code: what stands between the brackets are numbers, whatever parts them. `The 9 and 21 EMAs` are two,
`a full minute` is one, and of `trailing? make it 1.2%` the question is the topic.
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
FULL: Final = re.compile(
    r"\b(a|an|one|two|three|four|five|um|uma|\d+) (?:full|whole|entire|solid|good) (?=(?:second|minute|hour|day)s?\b)",
    re.IGNORECASE,
)
BOTH: Final = re.compile(r"\b(\d+)(?:,| and| e|,? &) (\d+)(?:[ -](?:period|bar))? (ema|sma)s\b", re.IGNORECASE)
TOPIC: Final = re.compile(
    r"^((?:e |and |o |a |the |my |meu |minha |our )?"
    r"(?:trailing(?: stop)?|stop(?: loss)?|alvo|target|take(?: profit)?|tp|sl|cooldown|descanso|ordem|"
    r"confian[cç]a|confidence|order size|size|oversold|overbought|sobrecompra|sobrevenda|"
    r"vendeu|sold|saiu|fechou))\s?\?\s*(?=\S)",
    re.IGNORECASE,
)
CROSSOVER: Final = re.compile(
    r"\b(?:at|on|upon|in|with|(?:when(?:ever)?|if|as soon as) "
    r"(?:there(?:.s| is)|we (?:get|see|have)|i (?:get|see)|it (?:is|sees)))\s+"
    r"(?:a |an |the |any |every |each )?(?:bullish |bearish |upward |downward |clean )?"
    r"(?:cross-?over|crossing|cross)\s+of\s+(?P<who>[^,.;:!?]+?)\s+(?P<side>above|over|below|under)\s",
    re.IGNORECASE,
)
"""`at the crossover of the 8 EMA above the 21`: not for as long as it is above."""
PARTS: Final = re.compile(r"[,/]\s*")


def spelled_out(text: str) -> str:
    """The sentence as the grammar reads it: `MACD 12, 26, 7`."""
    listed = CALL.sub(_listed, text) if "(" in text or "[" in text else text
    listed = SMOOTHED.sub(", ", TIMES.sub(" x ", listed))
    listed = CROSSOVER.sub(r"when \g<who> crosses \g<side> ", listed)
    if "cross" not in listed and "cruz" not in listed:
        listed = BOTH.sub(r"\3 \1 and \3 \2", listed)
    return TOPIC.sub(r"\1, ", FULL.sub(r"\1 ", listed))


def _listed(call: re.Match[str]) -> str:
    said = call["said"].strip().replace("\u03c3", "")
    parts = said.split(";") if ";" in said else PARTS.split(said)
    return f"{call['name']} {', '.join(part.strip() for part in parts if part.strip())}"
