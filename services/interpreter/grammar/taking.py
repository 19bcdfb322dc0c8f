"""`Take` as the verb that it is: `take 0.05 away from the weight`, `take the rule out`. Elsewhere it names a profit.

Who hears the name in the verb sets a weight to what was to be taken off it, or removes the rule that takes profits.
"""

from __future__ import annotations

import re
from typing import Final

TAKE: Final = re.compile(
    r"\b(?:take|taking) "
    r"(?P<what>(?!(?:me|us|it|them|that|this|him|her)\b)[^,.;:!?\n]*?[^\s,.;:!?]|\d[\d.,]*\s?[^,.;:!?\n]*?) "
    r"(?:away|out|off)\b(?P<of>\s+(?:from|of)\b)?(?P<rest>[^,;:!?\n]*)",
    re.IGNORECASE,
)
GAINS: Final = re.compile(r"\b(?:profits?|gains?|money|chips|wins?|cash|winnings)\b", re.IGNORECASE)
AMOUNT: Final = re.compile(
    r"^(?:another |an? |one |two |three |four |five |half |some )?\d|^(?:half|a|an|one|two|three|four|five|ten)\b"
)
HOME: Final = re.compile(
    r"^\s*(?:(?:from|of)\s+)?(?:the |my |our |your )?(?:strategy|rules?|rule ?book|rule list|list|system|bot|code)\b",
    re.IGNORECASE,
)


def spelled_out(text: str) -> str:
    """The sentence with `remove` for a `take` that takes away."""
    return TAKE.sub(_taken, text) if "take " in text.lower() or "taking " in text.lower() else text


def _taken(found: re.Match[str]) -> str:
    what, rest = found["what"], found["rest"]
    if GAINS.search(what):
        return found[0]
    if AMOUNT.match(what) and rest.strip():
        return f"remove {what} from{rest}"
    if found["of"] and not HOME.match(rest):
        return found[0]
    return f"remove {what}{HOME.sub('', rest, count=1)}"
