"""Why a finding matters, and what to write instead: for an owner who does not know what a gate means by its words.

The finding itself says what and where, and travels in English; this is told beside it, in the owner's language.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from core.language import Language
from core.wording import Wording

WORDING: Final = Wording(Path(__file__).with_name("texts.toml"))
ABOUT: Final[tuple[tuple[str, str], ...]] = (
    (r"the machine was too busy", "busy"),
    (r"import of ", "import"),
    (r"a list; a kernel|It makes a list or an array", "list"),
    (r"a call of ", "call"),
    (r"at the top of a file", "top"),
    (r"is no plain NamedTuple| in the class ", "class"),
    (r"not ASCII|invisible character|names a coding", "letters"),
    (r"nested deeper|too many nested|files are more than|bytes are more", "size"),
    (r"outside of the strategy|not a file of the strategy's code", "place"),
    (r"the plan does not|the plan neither|the plan changes no behaviour", "plan"),
    (r": [CEFRW]\d{4} ", "pylint"),
    (r": B\d{3} ", "bandit"),
    (r"ZeroDivisionError", "zero"),
    (r"IndexError", "index"),
    (r"Cannot unify|cannot unify|TypingError|No implementation|LoweringError|NumbaError", "types"),
    (r"no answer within", "late"),
    (r" operations?[ ,;]", "work"),
    (r"us an event", "time"),
    (r"nobody knows this test|expected, and not found", "unknown_test"),
    (r"(passed|failed), (passed|failed)", "test"),
    (r"not the same compiled|other numbers compiled", "twin"),
    (r"decisions change", "causality"),
    (r"Q-table", "table"),
    (r"It never trades", "never"),
    (r"of the money in positions|trades [\d,]+ times", "often"),
    (r"It falls by|It loses|ruinous|in fees", "backtest"),
    (r"which the trader refuses", "nonsense"),
)
"""A pattern of findings, and the text about them; the first that fits."""
_PATTERNS: Final = tuple((re.compile(pattern), name) for pattern, name in ABOUT)


def advice(finding: str, language: Language | None = None) -> str:
    """Why it matters and what to write instead, as one or two sentences; empty where there is nothing to add."""
    name = next((name for pattern, name in _PATTERNS if pattern.search(finding)), None)
    return WORDING.say(f"advice.{name}", language) if name else ""
