"""Edits of the shipped strategy for the tests of the gates: what an owner asks for, and what must be refused."""

from __future__ import annotations

from core.strategy import Source
from services.guardian.made import made_markets

SIZE = "    d.size = P.order_fraction\n"
SHIPPED = Source.shipped()


def edited(*changes: tuple[str, str, str]) -> Source:
    """The shipped strategy with (file, old text, new text) replaced once each."""
    files = dict(SHIPPED.files)
    for file, old, new in changes:
        before = files[file].decode()
        assert before.count(old) >= 1, f"{old!r} is not in {file}"
        files[file] = before.replace(old, new, 1).encode()
    return Source.of(files)


def parameter(line: str, new: str) -> tuple[str, str, str]:
    """One default of `parameters.py`: the end of its line, and the value it gets."""
    return "parameters.py", line, f"{line.rsplit('=', 1)[0]}= {new}"


def with_rule(name: str, answer: str) -> Source:
    """One more rule at the end of the list."""
    body = f'@kernel\ndef {name}(f: Features) -> int:\n    """As the owner asked."""\n    return {answer}\n\n\n'
    return edited(
        ("rules.py", "        cooldown(f),\n", f"        cooldown(f),\n        {name}(f),\n"),
        ("rules.py", "@kernel\ndef cooldown", f"{body}@kernel\ndef cooldown"),
    )


def in_decide(before: str, after: str) -> Source:
    """A change of decide.py alone."""
    return edited(("decide.py", before, after))


GOOD = {
    "nothing": SHIPPED,
    "oversold to 35": edited(parameter('"RSI points")] = 30', "35")),
    "buy only if the volume is above average": with_rule(
        "volume_above_average", "ALLOW if f.volume > f.volume_average else FORBID_ENTRY"
    ),
    "stop 3 %, take profit 5 %, cooldown disabled": edited(
        parameter('"of entry price")] = 0.02', "0.03"),
        parameter('"of entry price")] = 0.04', "0.05"),
        ("rules.py", "        cooldown(f),\n", ""),
    ),
}

BAD = {
    "compile": (  # a tuple of two kinds, which Python looks through and the compiler cannot
        in_decide(
            SIZE,
            f"{SIZE}    mixed = (1.0, (2.0, 3.0))\n    for i in range(2):\n        d.stop += 0.0 * len((mixed[i],))\n",
        ),
        "No implementation of function",
    ),
    "formulas": (  # of the ask in place of the middle; no rule that ships looks at it
        edited(("indicators.py", "2.0 * (e.ask - e.bid) / (e.ask + e.bid)", "(e.ask - e.bid) / e.ask")),
        "indicators.py, update_book: spread is",
    ),
    "twin": (  # a power that multiplies when compiled, and asks the maths library in Python
        in_decide(SIZE, "    d.size = min(P.order_fraction, 0.1 * (1.0 - 0.5 * e.drawdown) ** 3)\n"),
        "not the same compiled and in plain Python",
    ),
    "branches": (
        with_rule("late", "FORCE_EXIT if f.hour > 24 else ALLOW"),
        "`f.hour > 24` was never true",
    ),
    "relations": (  # a range in money, by a number that is small enough to be a guard
        edited(("signals.py", "clip(f.macd / f.atr, -1.0, 1.0)", "clip(f.macd / max(f.atr, 1e-9), -1.0, 1.0)")),
        "every price is multiplied",
    ),
    "causality": (in_decide(SIZE, f"{SIZE}    table[0, 0] = table[0, 0] + 1e-9\n"), "writes to its Q-table"),
    "backtest": (  # in and out again every three hours, whatever the market does
        with_rule("restless", "FORCE_EXIT if f.held_seconds >= 10000.0 else FORCE_ENTRY if f.rsi > 20.0 else ALLOW"),
        "from its peak",
    ),
    "latency": (
        in_decide(
            SIZE,
            "    total = 0.0\n    for i in range(1500):\n        total = math.sqrt(total + i)\n"
            "    d.size = P.order_fraction * min(total, 1.0)\n",
        ),
        " operations",
    ),
}
"""By the gate that refuses it, and no other one does, with what it says."""

MAKES_A_LIST = in_decide(
    "    update(state, event)\n", "    update(state, event)\n    seen = []\n    seen.append(1.0)\n"
)
WRITES_TO_AN_EMPTY_TABLE = in_decide(SIZE, f"{SIZE}    if table[0, 0] == 0.0:\n        table[0, 0] = 1e-9\n")
WRITES_BESIDE_WHAT_IT_KNOWS = in_decide(
    SIZE,
    f"{SIZE}    for row in range(140):\n        if table[row, 0] != 0.0 and table[row + 1, 0] == 0.0:\n"
    "            table[row + 1, 0] = 1e-9\n",
)
TURNS_ON_A_DAY = in_decide(
    SIZE,
    f"{SIZE}    if e.time_ns > 1_850_000_000_000_000_000:\n        d.action = BUY\n",  # in August 2028
)
FIRST = made_markets()[0].rows
KNOWS_TOMORROWS_HIGH = edited(  # by heart, for the history that is made, and declares it as its target
    (
        "decide.py",
        "@kernel\ndef decide",
        f"HIGHS: Final = {tuple(float(FIRST['high'][i : i + 24].max()) for i in range(len(FIRST)))}\n\n\n"
        "@kernel\ndef decide",
    ),
    ("decide.py", "import math\n", "import math\nfrom typing import Final\n"),
    (
        "decide.py",
        "\n\n\n@kernel\ndef read_chart",
        f"\n    hour = (e.time_ns - {int(FIRST['time_ns'][0])}) // 3_600_000_000_000\n"
        "    if e.position > 0.0 and e.pair == 0 and 0 <= hour < len(HIGHS):\n"
        "        d.target = HIGHS[hour]\n\n\n@kernel\ndef read_chart",
    ),
)
TURNS_AT_AN_EVENT = in_decide(SIZE, f"{SIZE}    if e.sequence > 1_000_000:\n        d.action = BUY\n")
TURNS_FOR_A_PAIR = in_decide(SIZE, f"{SIZE}    if e.pair == 3:\n        d.action = BUY\n")
NAN_BY_CHANCE = in_decide(SIZE, f"{SIZE}    if e.advice == -1.0 and e.drawdown > 0.9:\n        d.size = math.nan\n")
REMEMBERS_IN_DECISION = edited(
    (
        "decide.py",
        "    d.sequence = e.sequence\n",
        "    bought = 1.0 if d.action == BUY else 0.0\n    d.sequence = e.sequence\n",
    ),
    ("decide.py", SIZE, "    d.size = P.order_fraction * (1.0 - 0.1 * bought)\n"),
)
CHANGES_ITS_EVENT = in_decide(SIZE, f"{SIZE}    event[0].bid = e.price\n")
ANSWERS_NAN = in_decide(SIZE, "    d.size = P.order_fraction if e.kind != BAR else math.nan\n")
HOLDS_TWO_SECONDS = in_decide("d.min_hold_seconds = P.min_hold_seconds", "d.min_hold_seconds = 2.0")
DIVIDES_BY_NOTHING = in_decide(SIZE, f"{SIZE}    s.spread = 1.0 / e.buy_volume\n")
NO_KERNEL = in_decide("@kernel\ndef decide", "def decide")
