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
    (r"the machine was too busy|a quiet machine would decide", "busy"),
    (r"inside a call of many arguments", "inlined"),
    (r"absolute time", "date"),
    (r"the number of an event or of a pair", "counts"),
    (r": \w+ says '.*'(, which is| and answers|, and answers| and never looks)", "said"),
    (r"a parameter is compared", "pinned"),
    (r"but by order", "key"),
    (r"is a fraction and is compared|a time in another unit", "slip"),
    (r"of the decision is | was .* and is now a", "kind"),
    (r"is compared with|is added to|is divided by|: [a-z ]+ is less ", "units"),
    (r"its steps have no bound| steps, the most is", "loop"),
    (r"KB of a pair", "memory"),
    (r"more code than is looked at|a tuple of [\d,]+ numbers", "size"),
    (r"nobody saw what it does", "unseen"),
    (r"is multiplied by 2\*\*", "scaled"),
    (r"when a pair has been traded for|it tells how long it runs", "age"),
    (r"which the plan does not explain|no rule of the plan is the reason|and not with the lower", "unexplained"),
    (r"nothing bounds what a position may lose", "stop"),
    (
        r"known (is|are) |as it is known|another length than its period|its averages look back|no memory, and no",
        "known",
    ),
    (r"closes a position after", "patience"),
    (r"^At event .* it answers|nobody can say what its decisions", "allowed"),
    (r"the slip of a unit|has to be the smaller one|by hand it may only become narrower|outside of its range", "slip"),
    (r"may come to more than order_fraction", "fraction"),
    (r"an action that nothing chose", "chosen"),
    (r"^tests/.*: a class$", "test_class"),
    (r"import of ", "import"),
    (r"a list; a kernel|It makes a list or an array", "list"),
    (r"a call of (any|all|sorted|reversed|map|filter|divmod)$|: a comprehension$", "walked"),
    (r": a while loop$", "endless"),
    (r": a (function|lambda)$", "nested"),
    (r": a match block$|: the comparison (Is|IsNot|In|NotIn)$|the operator (~|BitXor|LShift|RShift)", "asked"),
    (r"a call of ", "call"),
    (r"at the top of a file", "top"),
    (r"is no plain NamedTuple| in the class ", "class"),
    (r"not ASCII|invisible character|names a coding", "letters"),
    (r"nested deeper|too many nested|files are more than|bytes are more", "size"),
    (r"outside of the strategy|not a file of the strategy's code", "place"),
    (r"the plan does not|the plan neither|the plan changes no behaviour", "plan"),
    (r": [CEFRW]\d{4} ", "pylint"),
    (r": B\d{3} ", "bandit"),
    (r"nothing in the change says why", "believed"),
    (r"it looks at .*, which says nothing about", "stranger"),
    (r"ZeroDivisionError", "zero"),
    (r"IndexError", "index"),
    (r"Cannot unify|cannot unify|TypingError|No implementation|LoweringError|NumbaError", "types"),
    (r"no answer within", "late"),
    (r" operations?[ ,;]", "work"),
    (r"us an event", "time"),
    (
        r"nobody knows this test|expected, and not found|a shipped test|asserts less|assertions held in it",
        "unknown_test",
    ),
    (r"(passed|failed), (passed|failed)", "test"),
    (r"not the same compiled|other numbers compiled", "twin"),
    (r"decisions change", "causality"),
    (r"Q-table", "table"),
    (r"It never trades|does not trade once", "never"),
    (r"of the money in positions|trades [\d,]+ times", "often"),
    (r"It falls by|It loses|ruinous|in fees", "backtest"),
    (r"which the trader refuses", "nonsense"),
)
"""A pattern of findings, and the text about them; the first that fits."""
BY_GATE: Final = {
    "scope": "plan",
    "policy": "listed",
    "bounds": "listed",
    "lint": "pylint",
    "security": "bandit",
    "compile": "types",
    "tests": "test",
    "formulas": "known",
    "twin": "twin",
    "branches": "unseen",
    "relations": "unexplained",
    "causality": "causality",
    "behaviour": "nonsense",
    "backtest": "backtest",
    "latency": "work",
}
"""What is said of a finding of this gate that no pattern knows."""
_PATTERNS: Final = tuple((re.compile(pattern), name) for pattern, name in ABOUT)


def advice(finding: str, language: Language | None = None, gate: str = "") -> str:
    """Why it matters and what to write instead, as one or two sentences; empty where there is nothing to add.

    `gate` is the one that refuses for this; where it is not given, only what the finding itself says is known.
    """
    name = next((name for pattern, name in _PATTERNS if pattern.search(finding)), BY_GATE.get(gate))
    return WORDING.say(f"advice.{name}", language) if name else ""
