"""What a tree promises of its decisions, read from its syntax: its numbers, its rules, and which of its code is known.

Where a tree does what is known here in words of its own, less can be said of it: then a bound is held in place of the
very value, and `gaps` names what is only bounded.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.allowed.rules import Rule, rules_of
from core.allowed.shapes import CHOOSE, ENSEMBLE, body_of, function_in, same_function, same_statement
from core.constants import worth
from core.symbols import INDICATORS_FILE, PARAMETERS_FILE, RULES_FILE, Symbols, parse

DECIDE_FILE: Final = "decide.py"
SCORED: Final = "d.score, d.confidence = ensemble(d.technical, d.orderbook, d.flow, d.qlearning, d.advice)"
CHOSEN: Final = (
    "d.action, d.rule = choose(features(state, event, d.score), d.confidence, e.position > 0.0, s.bars >= WARM_BARS)"
)
SIZED: Final = "d.size = P.order_fraction"
HELD: Final = "d.min_hold_seconds = P.min_hold_seconds"
ADVISED: Final = "d.advice = e.advice"
LEVELLED: Final = "d.stop, d.target = levels(state, event, d.score, d.action == SELL)"
WARM: Final = (
    "max(P.ema_fast, P.ema_slow + P.macd_signal, P.rsi_period + 1, P.atr_period + 1, P.bollinger_period,"
    " P.volume_period)"
)
"""Bars before which the shipped indicators are not known, whatever a tree says."""
WEIGHTS: Final = ("weight_technical", "weight_orderbook", "weight_flow", "weight_qlearning", "weight_advice")


@dataclass(frozen=True, slots=True)
class Contract:
    """Of one tree and one pair. A number that is None is not known, and nothing is held against it."""

    weights: tuple[float, ...] | None  # of the ensemble, where it is the known one
    buy: float | None
    sell: float | None
    confidence: float | None
    chooses: bool  # as the known `choose` does: it must act as much as it may
    size: float | None
    sizes: bool  # exactly so much, and not at the most
    min_hold: float | None
    advises: bool  # tells the advice that it was given, and not perhaps none
    warm_bars: int  # no entry before so many
    warms: bool  # and none is held back for it after them
    rules: tuple[Rule, ...]
    levels: bool  # declares its levels
    gaps: tuple[str, ...]


def contracts_for(files: Mapping[str, bytes], symbols: Sequence[str]) -> list[Contract | None]:
    """The contract of each pair; those without values of their own share one. Raises as `contract_of` does."""
    common = contract_of(files)
    if common is None:
        return [None] * len(symbols)
    own = {symbol for parameter in Symbols.of(files).parameters.values() for symbol in parameter.own}
    found = {symbol: contract_of(files, symbol) for symbol in own & set(symbols)}
    return [found.get(symbol, common) for symbol in symbols]


def contract_of(files: Mapping[str, bytes], symbol: str | None = None) -> Contract | None:
    """The contract for a pair; None for a strategy of another make, which has neither thresholds nor a `choose`.

    Raises StrategyError when the files cannot be read.
    """
    if b"buy_threshold" not in files.get(PARAMETERS_FILE, b"") and b"choose" not in files.get(DECIDE_FILE, b""):
        return None
    symbols = Symbols.of(files)
    values = {name: parameter.of(symbol) for name, parameter in symbols.parameters.items()}
    tree = parse(DECIDE_FILE, files.get(DECIDE_FILE, b""))
    if "buy_threshold" not in values and function_in(tree, "choose") is None:
        return None
    told = _Decide(tree)
    scored = told.says(SCORED) is not None
    ensemble = same_function(ENSEMBLE, function_in(tree, "ensemble")) if scored else None
    choose = same_function(CHOOSE, function_in(tree, "choose")) if told.says(CHOSEN) is not None else None
    sized, held = told.says(SIZED), told.says(HELD)
    named = choose or {}
    number = {
        role: values.get((found or {}).get(role, role))
        for found, roles in (
            (named, ("buy_threshold", "sell_threshold", "min_confidence")),
            (sized, ("order_fraction",)),
            (held, ("min_hold_seconds",)),
        )
        for role in roles
    }
    warm = _warm_bars(files, values)
    weights = tuple(values[ensemble[role]] for role in WEIGHTS) if ensemble is not None else None
    gaps = {
        "score and confidence": weights is None,
        "the choice of the action": choose is None,
        "the size": sized is None,
        "the levels": files.get("levels.py") is not None and told.says(LEVELLED) is None,
    }
    return Contract(
        weights=weights,
        buy=number["buy_threshold"],
        sell=number["sell_threshold"],
        confidence=number["min_confidence"],
        chooses=choose is not None,
        size=number["order_fraction"],
        sizes=sized is not None,
        min_hold=number["min_hold_seconds"],
        advises=told.says(ADVISED) is not None,
        warm_bars=int(max(warm or 0.0, worth(ast.parse(WARM, mode="eval").body, values) or 0.0)),
        warms=warm is not None,
        rules=rules_of(parse(RULES_FILE, files[RULES_FILE]), values),
        levels=told.says(LEVELLED) is not None,
        gaps=tuple(what for what, missing in gaps.items() if missing),
    )


class _Decide:
    """The function `decide`: which fields of a decision it writes in one known statement, and nowhere else."""

    def __init__(self, tree: ast.Module) -> None:
        function = function_in(tree, "decide")
        self._body = body_of(function) if function is not None else []
        self._stores: list[str] = []
        lent = 0
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(attr=attr, ctx=ast.Store()):
                    self._stores.append(attr)
                case ast.Call(args=args):
                    lent += any(isinstance(one, ast.Name) and one.id in ("decision", "d") for one in args)
        self._whole = not lent

    def says(self, text: str) -> Mapping[str, str] | None:
        """The parameters in the places of a statement's, where it stands once and its fields are written only there."""
        wanted = ast.parse(text).body[0]
        fields = [n.attr for n in ast.walk(wanted) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
        found = [matched for node in self._body if (matched := same_statement(text, node)) is not None]
        once = self._whole and all(self._stores.count(field) == 1 for field in fields)
        return found[0] if once and len(found) == 1 else None


def _warm_bars(files: Mapping[str, bytes], values: Mapping[str, float]) -> float | None:
    """What the tree itself says, where it can be read."""
    for node in parse(INDICATORS_FILE, files.get(INDICATORS_FILE, b"")).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id="WARM_BARS"), value=ast.expr() as value):
                return worth(value, values)
    return None
