"""The bounds gate: what is refused before anything runs, and what an honest edit may write."""

from __future__ import annotations

from typing import Final

from core.contracts import AddRule, Condition, EditPlan, Language, Outcome, ReplaceFunction
from core.retelling import retold
from core.strategy import Source
from tests.each import each

from .conftest import Hold
from .edits import SHIPPED, SIZE, edited, in_decide, with_rule

STATE: Final = '        ("bars", "i8"),  # closed'


def only_if(condition: str) -> Source:
    """A back door behind a condition."""
    return in_decide(SIZE, f"{SIZE}    if {condition}:\n        d.action = BUY\n")


def remembering(field: str) -> Source:
    """One more field of the state."""
    return edited(("state.py", STATE, f"        {field},\n{STATE}"))


def counting(unit: str, answer: str) -> Source:
    """A parameter with a range in that unit, and a rule that reads it."""
    last = "    # How long a pair rests"
    line = f'    # A limit.\n    limit: Annotated[float, Range(0, 90, "{unit}")] = 15\n'
    files = with_rule("limited", answer).files
    return Source.of({**files, "parameters.py": files["parameters.py"].replace(last.encode(), (line + last).encode())})


DATE: Final = "absolute time is used as a number"
COUNTS: Final = "the number of an event or of a pair is used"
REFUSED: Final = {
    "a price": (only_if("e.price > 60000.0"), "a price is compared with the number 60000"),
    "a price by a name": (only_if("s.close * 2.0 > 1.0 + 60000.0"), "a price is compared with the number 60001"),
    "a price by its digits": (only_if("e.price % 100.0 == 0.0"), "a price is divided by the number 100"),
    "the best price": (only_if("0.0 < e.best_price < 7.5"), "a price is compared with the number 7.5"),
    "a volume": (only_if("e.volume == 777.0"), "an amount of the coin is compared with the number 777"),
    "a range": (only_if("s.atr > 250.0"), "a price is compared with the number 250"),
    "a price and a volume": (only_if("s.atr > s.volume"), "a price is compared with an amount of the coin"),
    "a price and a plain parameter": (only_if("e.price > P.rsi_period"), "a price is compared with a plain number"),
    "a date": (only_if("e.time_ns > 1_850_000_000_000_000_000"), DATE),
    "a date less another": (only_if("e.time_ns - 1_850_000_000_000_000_000 > 0"), DATE),
    "a year": (only_if("e.time_ns // 31_536_000_000_000_000 == 57"), DATE),
    "a fraction of a second": (only_if("e.time_ns % 1_000_000_000 > 990_000_000"), DATE),
    "the number of an event": (only_if("e.sequence % 7919 == 17"), COUNTS),
    "the number of a pair": (only_if("e.pair >= 20"), COUNTS),
    "a pair in the size": (in_decide(SIZE, "    d.size = P.order_fraction * (1.0 + e.pair)\n"), COUNTS),
    "the value of a parameter": (only_if("P.cooldown_seconds == 60.0"), "a parameter is compared with a number"),
    "a member of prices": (only_if("e.price in (60000.0, 60001.0)"), "a price is compared with the number 60000"),
    "a member of dates": (only_if("e.time_ns in range(1_850_000_000_000_000_000, 1_860_000_000_000_000_000)"), DATE),
    "not a member of numbers of events": (only_if("e.sequence not in (7919, 17)"), COUNTS),
    "a parameter among numbers": (
        only_if("P.cooldown_seconds in (60.0, 90.0)"),
        "a parameter is compared with a number",
    ),
    "a part of a date": (only_if("(e.time_ns & 1_048_576) > 0"), DATE),
    "a long way down": (
        in_decide(SIZE, f"{SIZE}    for i in range(10**12, 0, -1):\n        d.size = d.size * 0.5\n"),
        "steps, the most is",
    ),
    "a long way where hardly any event leads": (
        in_decide(
            SIZE, f"{SIZE}    if e.ask > 1.03 * e.bid > 0.0:\n        for i in range(700):\n            d.size *= 1.0\n"
        ),
        "what is new explains 10,",
    ),
    "a way down to where the book ends": (
        in_decide(SIZE, f"{SIZE}    for i in range(9, -int(e.bid_size), -1):\n        d.size = d.size * 0.5\n"),
        "its steps have no bound",
    ),
    "money as a size": (
        in_decide(SIZE, "    d.size = P.order_fraction * e.price\n"),
        "size of the decision is a price",
    ),
    "trend in money": (
        edited(("signals.py", "clip(f.macd / f.atr, -1.0, 1.0)", "clip(f.macd, -1.0, 1.0)")),
        "a price is compared with the number",
    ),
    "a feature of another kind": (
        edited(("indicators.py", "imbalance(s.buy_flow, s.sell_flow),", "s.buy_flow - s.sell_flow,")),
        "flow was a plain number and is now an amount of the coin",
    ),
    "seconds as nanoseconds": (
        edited(("indicators.py", "return (later_ns - earlier_ns) / NANOSECONDS", "return later_ns - earlier_ns")),
        "nanoseconds is compared with seconds",
    ),
    "just one number": (
        with_rule("advised", "FORCE_ENTRY if f.advice == -0.25 else ALLOW"),
        "a measured number is compared with just -0.25",
    ),
    "a gap that is a key": (
        with_rule("advised", "FORCE_ENTRY if 0.3331 < f.advice < 0.3334 else ALLOW"),
        "between 0.3331 and 0.3334 lies next to nothing",
    ),
    "a gap in two halves": (
        with_rule("advised", "FORCE_ENTRY if f.rsi < 61.81 and f.score > 0.0 and 61.8 <= f.rsi else ALLOW"),
        "between 61.8 and 61.81 lies next to nothing",
    ),
    "per cent for a fraction": (
        with_rule("rich", "FORCE_EXIT if f.profit >= 5.0 else ALLOW"),
        "profit is a fraction and is compared with 5: 5 % is 0.05",
    ),
    "a loss in per cent": (
        with_rule("poor", "FORBID_ENTRY if -10.0 > f.drawdown else ALLOW"),
        "drawdown is a fraction and is compared with 10",
    ),
    "a parameter that counts per cent": (
        counting("%", "FORBID_ENTRY if f.spread > P.limit else ALLOW"),
        "spread is a fraction and is compared with limit",
    ),
    "minutes as seconds": (
        counting("minutes", "FORBID_ENTRY if f.rested_seconds < P.limit else ALLOW"),
        "seconds is compared with a time in another unit",
    ),
    "an endless loop": (
        in_decide(SIZE, f"{SIZE}    for i in range(int(e.bid_size)):\n        d.size = d.size * 0.5\n"),
        "a loop whose end is no constant",
    ),
    "a long loop": (
        in_decide(SIZE, f"{SIZE}    for i in range(10**12):\n        d.size = d.size * 0.5\n"),
        "steps, the most is 200,000",
    ),
    "much to remember": (remembering('("heap", "f8", (1000, 1000))'), "7,813 KB of a pair, the most is 1,024"),
    "a table of numbers": (
        edited(("decide.py", "@kernel\ndef decide", f"BIG: Final = ({'1.0, ' * 1001})\n\n\n@kernel\ndef decide")),
        "a tuple of 1,001 numbers",
    ),
}
DAY: Final = "86_400 * 1_000_000_000"
FINE: Final = {
    "shares of an average": with_rule("busy", "ALLOW if f.volume > 1.5 * f.volume_average else FORBID_ENTRY"),
    "multiples of the range": with_rule("near", "ALLOW if f.price - f.ema_slow < 2.0 * f.atr else FORBID_ENTRY"),
    "parts of the price": with_rule("calm", "FORBID_ENTRY if f.atr > 0.05 * f.price else ALLOW"),
    "hours and days": with_rule("late", "FORCE_EXIT if f.weekday == 4 and f.hour >= 21 else ALLOW"),
    "seconds": with_rule("old", "FORCE_EXIT if f.held_seconds > 86400.0 / 2.0 and f.profit < 0.005 else ALLOW"),
    "several times a parameter": with_rule(
        "rest", "FORBID_ENTRY if f.rested_seconds < 5.0 * P.cooldown_seconds else ALLOW"
    ),
    "gaps and whole numbers": with_rule(
        "plain",
        "FORBID_ENTRY if 45.0 < f.rsi < 46.0 or f.weekday == 5 or f.flow == 1.0 or 0.0 < f.spread < 1e-3 else ALLOW",
    ),
    "parts of one, and twice the money": with_rule(
        "rich", "FORCE_EXIT if f.profit >= 1.0 or 100.0 * f.retreat > 5.0 else ALLOW"
    ),
    "per cents of a hundred": counting("%", "FORBID_ENTRY if f.spread > P.limit / 100.0 or f.rsi > P.limit else ALLOW"),
    "minutes made seconds": counting("minutes", "FORBID_ENTRY if f.rested_seconds < 60.0 * P.limit else ALLOW"),
    "seconds made minutes": counting("minutes", "FORBID_ENTRY if f.rested_seconds / 60.0 < P.limit else ALLOW"),
    "an hour of the day": counting("hours", "FORBID_ENTRY if f.hour < P.limit else ALLOW"),
    "a guard": edited(("signals.py", "/ f.atr, -1.0, 1.0)\n    m", "/ max(f.atr, 1e-12), -1.0, 1.0)\n    m")),
    "gaps": only_if("e.time_ns - s.book_ns > 30_000_000_000 and s.book_ns > 0"),
    "the owner's minute": only_if("(e.time_ns + e.utc_offset_s * 1_000_000_000) // 60_000_000_000 % 60 == 30"),
    "time of the day": only_if(f"e.time_ns % ({DAY}) > 3600 * 1_000_000_000"),
    "a new day": edited(
        ("state.py", STATE, f'        ("day", "i8"),\n{STATE}'),
        (
            "decide.py",
            SIZE,
            f"{SIZE}    if e.time_ns // ({DAY}) != s.day:\n        s.day = e.time_ns // ({DAY})\n",
        ),
    ),
    "days and hours that are named": with_rule(
        "quiet", "FORBID_ENTRY if f.weekday in (5, 6) or f.hour not in range(8, 20) else ALLOW"
    ),
    "questions as for a table": with_rule("both", "FORCE_EXIT if (f.rsi > 70.0) & (f.price < f.ema_slow) else ALLOW"),
    "a loop backwards": in_decide(
        SIZE, f"{SIZE}    low = e.price\n    for i in range(4, -1, -1):\n        low = min(low, s.closes[i])\n"
    ),
    "a loop over what is remembered": in_decide(
        SIZE,
        f"{SIZE}    low = e.price\n    for i in range(min(s.bars, P.bollinger_period)):\n"
        "        low = min(low, s.closes[i])\n    if low > e.price:\n        d.size = 0.0\n",
    ),
}


def test_what_may_not_be_depended_on_is_refused_with_what_to_write(hold: Hold) -> None:
    def is_refused(name: str) -> None:
        candidate, why = REFUSED[name]
        report = hold("bounds", candidate)
        assert report.outcome is Outcome.FAILED
        assert any(why in finding for finding in report.findings), report.findings
        assert not any(why in retold(finding, Language.PT) for finding in report.findings)

    each(REFUSED, is_refused)


def test_an_honest_edit_and_the_shipped_strategy_pass(hold: Hold) -> None:
    def passes(name: str) -> None:
        report = hold("bounds", FINE[name])
        assert report.outcome is Outcome.PASSED, report.findings
        assert report.findings == ()

    each(FINE, passes)
    figures = hold("bounds", SHIPPED, parent=FINE["gaps"]).figures
    assert figures["state_bytes"] == 496
    assert int(str(figures["steps"]).replace(",", "")) < 9_000  # as the page of the settings says


def test_a_level_that_the_owner_asked_for_is_told_and_not_refused(hold: Hold) -> None:
    rule = with_rule("above", "ALLOW if f.price > 60000 else FORBID_ENTRY")
    asked = AddRule("entry", "require", Condition("price", ">", 60000), "above")
    report = hold("bounds", rule, EditPlan((asked,)))
    assert report.outcome is Outcome.PASSED
    assert "a price is compared with the number 60000" in report.findings[0]
    by_a_model = EditPlan((asked, ReplaceFunction("decide", "")))
    assert hold("bounds", only_if("e.price > 9.0"), by_a_model).outcome is Outcome.FAILED
    assert hold("bounds", only_if("e.price > 9.0"), parent=only_if("e.price > 9.0")).outcome is Outcome.PASSED


def test_code_that_unfolds_without_end_is_not_walked(hold: Hold) -> None:
    bricks = '@kernel\ndef t0(x: float) -> float:\n    """Brick."""\n    return x\n\n\n'
    for number in range(1, 30):
        body = f"    return t{number - 1}(x) + t{number - 1}(x)\n\n\n"
        bricks += f'@kernel\ndef t{number}(x: float) -> float:\n    """Brick."""\n{body}'
    tower = edited(
        ("decide.py", "@kernel\ndef decide", f"{bricks}@kernel\ndef decide"),
        ("decide.py", SIZE, "    d.size = P.order_fraction * t29(1.0)\n"),
    )
    assert "more code than is looked at" in hold("bounds", tower).findings[0]
