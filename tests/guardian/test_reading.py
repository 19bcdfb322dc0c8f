"""Where a known function looks: a back door needs something to be opened by, and a refactoring needs nothing new."""

from __future__ import annotations

import pytest

from core.strategy import Source
from core.symbols import Symbols
from services.guardian.gates.bounds import parsed
from services.guardian.gates.formulas import gate
from services.guardian.known.reading import strangers

from .conftest import SHIPPED, case_of
from .edits import edited, with_rule

BOOK = "    return float(s.book_imbalance)\n"
FADED = "        return ABSTAIN\n    return imbalance(s.buy_flow, s.sell_flow)\n"
STOP = "    return FORCE_EXIT if f.profit <= -P.stop_loss else ALLOW"
TREND = "    trend = clip(f.macd / f.atr, -1.0, 1.0)\n"
LEVELS = "    return stop, target\n\n\n@kernel\ndef world"
SIZE = "    d.size = P.order_fraction\n"
ASIDE = """@kernel
def far(event: Records) -> bool:
    return event[0].drawdown > 0.3


"""
LISTED = "    return (\n        stop_loss(f),"
THREE = "    if f.hour == 3:\n        return (*((ALLOW,) * 6),)\n"
CHOSEN = "(0.5 if f.rsi <= P.rsi_oversold else -0.5 * (f.rsi >= P.rsi_overbought))"
THIN = "    if f.volume < f.volume_average"
CALM = "    calm = max(1.0 - e.drawdown, 0.5)\n    d.size = P.order_fraction * calm\n"
SIZED = """@kernel
def sized(event: Records, state: Records, decision: Records) -> float:
    wild = state[0].spread / max(event[0].price, 1.0)
    {}return P.order_fraction if wild < 0.02 else 0.5 * P.order_fraction


"""
BY_HELPER = ("decide.py", SIZE, "    d.size = sized(event, state, decision)\n")
WRITES = "if wild > 0.9:\n        decision[0].action = BUY\n    "
LAST = '        ("flow_ns", "i8"),'
COUNTED = (
    ("state.py", LAST, f'        ("seen", "i8"),\n{LAST}'),
    ("indicators.py", "    s.flow_ns = e.time_ns\n", "    s.flow_ns = e.time_ns\n    s.seen = s.seen + 1\n"),
)


def before(line: str, door: str, file: str = "signals.py") -> tuple[str, str, str]:
    return file, line, door + line


def found(candidate: Source, parent: Source = SHIPPED) -> dict[str, str]:
    """Function by function, what it looks at."""
    trees = [parsed(source.files) or {} for source in (candidate, parent)]
    symbols = [Symbols.of(source.files) for source in (candidate, parent)]
    return {one.function: one.said for one in strangers(trees[0], trees[1], symbols[0], symbols[1])}


@pytest.mark.parametrize(
    ("candidate", "function", "what"),
    [
        pytest.param(
            edited(*COUNTED, before(BOOK, "    if s.seen > 50_000:\n        return 1.0\n")),
            *("orderbook", "seen"),
            id="its own count of trades",
        ),
        pytest.param(
            edited(before(STOP, "    if f.drawdown > 0.37:\n        return ALLOW\n", "rules.py")),
            *("stop_loss", "drawdown"),
            id="a deep fall of the account",
        ),
        pytest.param(
            edited(before(STOP, "    if P.trailing_stop > 0.0:\n        return ALLOW\n", "rules.py")),
            *("stop_loss", "trailing_stop"),
            id="another parameter",
        ),
        pytest.param(
            edited(before(BOOK, "    if event[0].bid_size == 7.0 * event[0].ask_size:\n        return 1.0\n")),
            *("orderbook", "_size"),
            id="the shape of a book",
        ),
        pytest.param(
            edited(before(TREND, "    if state[0].bars % 4096 == 4095:\n        return 1.0\n")),
            *("technical", "remainder"),
            id="what is left of a count",
        ),
        pytest.param(
            edited(before(TREND, "    if float(int(f.rsi)) == f.rsi:\n        return 1.0\n")),
            *("technical", "whole part"),
            id="whole numbers",
        ),
        pytest.param(
            edited(before(LEVELS, "    if e.drawdown > 0.2:\n        target = NO_LEVEL\n", "levels.py")),
            *("levels", "drawdown"),
            id="levels that hang on the account",
        ),
        pytest.param(
            edited(("decide.py", "    forced = -1\n", "    forced = -1\n    warm = warm and f.weekday < 6\n")),
            *("choose", "weekday"),
            id="a day on which nothing is bought",
        ),
        pytest.param(
            edited(
                before(BOOK, "    if far(event):\n        return 1.0\n"),
                before("@kernel\ndef flow", ASIDE),
            ),
            *("orderbook", "drawdown"),
            id="through a helper",
        ),
        pytest.param(
            edited(before(LISTED, THREE, "rules.py")),
            *("verdicts", "hour"),
            id="a list of rules for an hour",
        ),
        pytest.param(
            edited(BY_HELPER, before("@kernel\ndef read_chart", SIZED.format(WRITES), "decide.py")),
            *("decide", "looks at"),
            id="a helper for the size that buys besides",
        ),
        pytest.param(
            edited(
                BY_HELPER,
                ("decide.py", "    d.advice = e.advice\n", "    d.advice = e.advice * sized(event, state, decision)\n"),
                before("@kernel\ndef read_chart", SIZED.format(""), "decide.py"),
            ),
            *("decide", "looks at"),
            id="a helper for the size and for more",
        ),
    ],
)  # fmt: skip
def test_a_known_function_that_looks_elsewhere_is_told(candidate: Source, function: str, what: str) -> None:
    assert what in found(candidate)[function]


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param(SHIPPED, id="nothing changed"),
        pytest.param(with_rule("night", "FORBID_ENTRY if f.hour < 5 and f.drawdown > 0.1 else ALLOW"), id="a new rule"),
        pytest.param(with_rule("floor", "FORBID_ENTRY if f.rsi < 20.0 else ALLOW"), id="a rule called like a function"),
        pytest.param(
            edited(("signals.py", "clip(f.macd / f.atr", "clip((f.ema_fast - f.ema_slow) / f.atr")),
            id="what a feature is the difference of",
        ),
        pytest.param(
            edited(("signals.py", "0.5 * stretched_rsi(f)", CHOSEN)),
            id="a helper written out",
        ),
        pytest.param(
            edited(("decide.py", SIZE, CALM)),
            id="how much an order may spend",
        ),
        pytest.param(
            edited(BY_HELPER, before("@kernel\ndef read_chart", SIZED.format(""), "decide.py")),
            id="a helper that works out how much",
        ),
        pytest.param(
            edited(("decide.py", SIZE, f"{SIZE}    if s.spread > 0.01:\n        d.size = 0.5 * P.order_fraction\n")),
            id="a question about it",
        ),
        pytest.param(
            edited(
                ("state.py", "    atr: float\n", "    atr: float\n    quiet: float\n"),
                ("indicators.py", "        atr=s.atr,\n", "        atr=s.atr,\n        quiet=s.spread,\n"),
                ("signals.py", f"{THIN}:", f"{THIN} or f.quiet > 0.1:"),
            ),
            id="a new feature",
        ),
        pytest.param(edited(*COUNTED), id="what is remembered besides"),
    ],
)  # fmt: skip
def test_what_needs_nothing_new_or_brings_it_itself_is_fine(candidate: Source) -> None:
    assert found(candidate) == {}


def test_what_the_parent_looks_at_already_is_no_stranger() -> None:
    door = before(STOP, "    if f.drawdown > 0.37:\n        return ALLOW\n", "rules.py")
    assert found(edited(door), edited(door)) == {}


@pytest.mark.parametrize(
    ("function", "door"),
    [
        ("stop_loss", before(STOP, "    if f.hour == 3:\n        return ALLOW\n", "rules.py")),
        ("verdicts", before(LISTED, THREE, "rules.py")),
    ],
)
def test_the_gate_refuses_it_before_it_opens_a_box(function: str, door: tuple[str, str, str]) -> None:
    assert gate(case_of(edited(door))).refusals == (
        f"rules.py, {function}: it looks at hour, which says nothing about what it is known to tell.",
    )
