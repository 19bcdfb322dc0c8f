"""A pair may have values of its own; every runner of a strategy gives it these, and its code cannot tell."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from core.backtest import Market, simulate
from core.backtest.naming import level_edges, names_of
from core.backtest.plain import Terms
from core.errors import StrategyError
from core.kernel import DECISION, SELL
from core.overrides import MOST_SETS, overrides_of
from core.strategy import Source, load, memories
from core.symbols import Symbols
from core.warming import wanted
from sandbox.tasks.trading import PROPER, Bench
from services.guardian.play import recount
from services.guardian.tape import tape_of
from tests.core.test_naming import DAY, wild_days

SHIPPED = Source.shipped()
TERMS = Terms()


def with_own(text: str) -> Source:
    """The shipped strategy with these OVERRIDES."""
    data = SHIPPED.files["parameters.py"] + f"\nOVERRIDES = {text}\n".encode()
    return Source.of({**SHIPPED.files, "parameters.py": data})


def test_what_is_no_plain_dictionary_of_parameters_is_refused():
    many = ", ".join(f'"P{i}": Parameters(stop_loss=0.0{i + 1})' for i in range(MOST_SETS + 1))
    refused = [
        ("{}", "empty"),
        ("dict()", "no plain dictionary"),
        ('{"BTCUSDT": P}', "something else"),
        ('{"btcusdt": Parameters(stop_loss=0.03)}', "something else"),
        ('{**P, "BTCUSDT": Parameters(stop_loss=0.03)}', "something else"),
        ('{"BTCUSDT": Parameters(0.03)}', "something else"),
        ('{"BTCUSDT": Parameters()}', "something else"),
        ('{"BTCUSDT": Parameters(stop_loss=0.03, stop_loss=0.04)}', "there twice"),
        ('{"BTCUSDT": Parameters(stop_loss=2 * 0.03)}', "no plain number"),
        ('{"BTCUSDT": Parameters(stop_loss=True)}', "no plain number"),
        ('{"BTCUSDT": Parameters(**P)}', "no plain number"),
        ('{"A": Parameters(stop_loss=0.03), "A": Parameters(stop_loss=0.04)}', "twice"),
        (f"{{{many}}}", "different sets"),
    ]
    for text, why in refused:
        with pytest.raises((StrategyError, SyntaxError), match=why):
            overrides_of(ast.parse(f"OVERRIDES = {text}\n"))
    with pytest.raises(StrategyError, match="plainly"):
        overrides_of(ast.parse("OVERRIDES: dict = {}\n"))
    assert overrides_of(ast.parse("P = 1\n")) == {}


def test_an_unknown_parameter_and_one_out_of_its_range_are_refused_with_the_pair():
    for text, why in (
        ("stop_lost=0.03", "stop_lost"),
        ("stop_loss=0.9", "BTCUSDT.*0.9"),
        ("rsi_period=7.5", "BTC.*whole"),
    ):
        with pytest.raises(StrategyError, match=why):
            load(with_own(f'{{"BTCUSDT": Parameters({text})}}'))
    with pytest.raises(StrategyError, match=r"BTCUSDT.*stop_lost"):
        Symbols.of(with_own('{"BTCUSDT": Parameters(stop_lost=0.03)}').files)


OWN = with_own(
    '{"A": Parameters(stop_loss=0.011, bollinger_period=7), "B": Parameters(stop_loss=0.011, bollinger_period=7)}'
)


def test_pairs_of_the_same_values_share_a_kernel_and_the_others_have_the_common_one():
    strategy = load(OWN, {"stop_loss": 0.05, "take_profit": 0.07})
    own = strategy.of("A")
    assert own is strategy.of("B") and own is not strategy  # noqa: PT018 - they belong together
    assert strategy.of("C") is strategy
    assert (own.parameters.stop_loss, own.parameters.take_profit, strategy.parameters.stop_loss) == (0.011, 0.07, 0.05)
    assert [state.dtype["closes"].shape for state in memories([strategy, own])] == [(20,), (7,)]
    assert load(SHIPPED).own == {}


def test_what_the_source_says_of_a_pair():
    stop = Symbols.of(OWN.files).parameters["stop_loss"]
    assert (stop.value, stop.of("A"), stop.of("C"), stop.of(None)) == (0.02, 0.011, 0.02, 0.02)
    assert Symbols.of(SHIPPED.files).parameters["stop_loss"].own == {}
    slow = with_own('{"A": Parameters(ema_slow=300)}')
    assert wanted(slow.files).own == wanted(SHIPPED.files).own - 26 + 300


def markets() -> list[Market]:
    """Three pairs of days."""
    return [Market(symbol, wild_days(seed), DAY) for symbol, seed in (("A", 3), ("C", 4), ("D", 5))]


def test_backtest_and_judge_give_each_pair_its_values_and_carry_a_kernel_for_each_set():
    strategy = load(OWN)
    result = simulate(strategy, markets())
    names = names_of(strategy, [level_edges(strategy.of(symbol)) for symbol in result.symbols], result.fills)
    paid: dict[int, float] = {}
    stopped: dict[int, set[float]] = {}
    for fill, name in zip(result.fills, names, strict=True):
        if fill.side != SELL:
            paid[int(fill.pair)] = float(fill.price)
        elif name == "stop_loss":
            stopped.setdefault(int(fill.pair), set()).add(round(1 - fill.signal_price / paid[int(fill.pair)], 6))
    assert stopped == {0: {0.011}, 1: {0.02}, 2: {0.02}}, "each is stopped at its own distance, by the rule named"

    bench, tape = Bench(OWN), tape_of(markets(), "history")
    prepared = bench.prepare()
    grids = [list(grid) for grid in tape.grids]
    told = bench.trade(tape.data, grids, list(TERMS), DAY, bars=True, symbols=tape.symbols)
    play = recount(tape, TERMS, np.frombuffer(told["decisions"], DECISION))
    assert play.fingerprint == result.fingerprint, "box and backtest decide alike"
    nameless = bench.trade(tape.data, grids, list(TERMS), DAY, bars=True)
    assert nameless["decisions"] != told["decisions"], "a pair without a name has the common values"
    again = Bench(OWN).prepare(prepared["made"])
    assert (prepared["fault"], again["fault"], again["made"]) == ("", "", b"")
    assert prepared["compiled"] == again["compiled"] == PROPER
