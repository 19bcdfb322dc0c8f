"""A band that is broken is broken outwards: who breaks through the lower one comes out below it.

What is forbidden by that is forbidden for as long as the price is out there, and not at the crossing only.
"""

from __future__ import annotations

import re
from typing import Final

BREAKS: Final = (
    r"\b(?:romp(?:er|e|eu|a|endo)|fur(?:ar|a|ou|e|ando)|perfur(?:ar|a|ou|e)|estour(?:ar|a|ou|e)|"
    r"(?:break|breaks|breaking|broke|bust|busts|burst|bursts|smash|smashes|punch|punches|pop|pops|poke|pokes|"
    r"slice|slices|cut|cuts|go|goes|push|pushes)(?: right| straight)? (?:through|thru|out of)|"
    r"breach|breaches|breaching|pierce|pierces|piercing|break|breaks|violate|violates)"
)
ARTICLE: Final = r"(?:\s+(?:a|o|the|its|da|na|de|out of))?"
SIDES: Final = {
    "below": r"(?:lower|bottom)\s+(?:bollinger(?:\s+band)?|bands?)|"
    r"(?:banda|bollinger)(?:\s+(?:de\s+)?bollinger)?\s+(?:inferior|de baixo|mais baixa)",
    "above": r"(?:upper|top)\s+(?:bollinger(?:\s+band)?|bands?)|"
    r"(?:banda|bollinger)(?:\s+(?:de\s+)?bollinger)?\s+(?:superior|de cima|mais alta)",
}
CROSSING: Final = {
    "below": ("cruzar abaixo da", "crosses below the"),
    "above": ("cruzar acima da", "crosses above the"),
}
BEYOND: Final = {
    "below": ("abaixo da", "below the"),
    "above": ("acima da", "above the"),
}
FORBIDS: Final = re.compile(
    r"\b(?:n[aã]o|nem|nunca|jamais|sem|evit\w+|bloque\w+|pro[ií]b\w+|no|not|never|without|avoid\w*|block\w*|forbid\w*|"
    r"prohibit\w*|skip\w*|don.?t)\b",
    re.IGNORECASE,
)
BROKEN: Final = {side: re.compile(f"{BREAKS}{ARTICLE}\\s+(?={band})", re.IGNORECASE) for side, band in SIDES.items()}
PORTUGUESE: Final = re.compile(r"banda|inferior|superior")


def outwards(text: str) -> str:
    """The sentence with the break of a band as the crossing that it is."""
    if "band" not in text.lower() and "bollinger" not in text.lower():
        return text
    sides = BEYOND if FORBIDS.search(text) else CROSSING
    for side, broken in BROKEN.items():
        portuguese, english = sides[side]
        said = portuguese if PORTUGUESE.search(text) else english
        text = broken.sub(f"{said} ", text)
    return text
