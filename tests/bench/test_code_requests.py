"""The markets of the requests for code tell a right function from the strategy as it ships."""

from __future__ import annotations

import pytest

from bench.language.code_requests import wishes, wrong
from core.contracts import AddFunction, EditPlan, Interpretation, ReplaceFunction, Situation, Status
from core.strategy import Source
from core.symbols import Symbols
from services.editor.editing import edit
from services.interpreter import interpret
from services.interpreter.model.writing.hearing import wanted

FILES = Source.shipped().files
FIRST = (
    ("", "    return FORBID_ENTRY if f.bollinger_upper - f.price < 0.5 * f.atr else ALLOW"),
    ("", "    return FORCE_EXIT if f.profit * f.price < -1.5 * f.atr else ALLOW"),
    ("", "    return FORCE_EXIT if f.profit > 0.01 * f.held_seconds / 3600 else ALLOW"),
    ("", "    return FORBID_ENTRY if f.flow + f.book_imbalance < -0.4 else ALLOW"),
    ("", "    return ALLOW if f.macd - f.macd_signal > f.atr / 10 else FORBID_ENTRY"),
    ("", "    return FORBID_ENTRY if f.spread > P.take_profit / 5 else ALLOW"),
    ("stop_loss", "    limit = P.stop_loss / 2 if f.weekday >= 4 else P.stop_loss\n"
     "    return FORCE_EXIT if f.profit <= -limit else ALLOW"),
    ("trailing_stop", "    limit = P.trailing_stop / 3 if f.profit > 0.05 else P.trailing_stop\n"
     "    return FORCE_EXIT if P.trailing_stop > 0.0 and f.retreat >= limit else ALLOW"),
    ("stretched_rsi", "    if f.rsi <= P.rsi_oversold:\n        return 1.0 if f.rsi < P.rsi_oversold - 10 else 0.5\n"
     "    if f.rsi >= P.rsi_overbought:\n        return -1.0 if f.rsi > P.rsi_overbought + 10 else -0.5\n"
     "    return 0.0"),
    ("", "    return FORCE_EXIT if f.held_seconds > 10800 and f.profit >= P.take_profit / 4 else ALLOW"),
)  # fmt: skip


SECOND = (
    ("", "    return FORBID_ENTRY if abs(f.price - f.ema_slow) > 0.03 * f.price else ALLOW"),
    ("", "    return FORCE_EXIT if f.price < f.ema_slow - 2 * f.atr else ALLOW"),
    ("", "    return ALLOW if f.volume - f.volume_average >= 0.4 * f.volume_average else FORBID_ENTRY"),
    ("", "    return FORBID_ENTRY if f.flow + f.book_imbalance < -0.2 else ALLOW"),
    ("", "    return FORCE_EXIT if f.held_seconds > 100 * P.cooldown_seconds else ALLOW"),
    ("take_profit", "    target = 2 * P.take_profit / 3 if f.hour >= 20 else P.take_profit\n"
     "    return FORCE_EXIT if f.profit >= target else ALLOW"),
    ("min_hold", "    needed = 2 * P.min_hold_seconds if f.spread > 0.002 else P.min_hold_seconds\n"
     "    return FORBID_EXIT if f.held_seconds < needed else ALLOW"),
    ("max_hold", "    limit = P.max_hold_seconds / 4 if f.profit < 0 else P.max_hold_seconds\n"
     "    return FORCE_EXIT if P.max_hold_seconds > 0 and f.held_seconds >= limit else ALLOW"),
    ("stretched_band", "    if f.price < f.bollinger_lower:\n"
     "        return 1.0 if f.price < f.bollinger_lower - f.atr else 0.5\n"
     "    if f.price > f.bollinger_upper:\n"
     "        return -1.0 if f.price > f.bollinger_upper + f.atr else -0.5\n    return 0.0"),
    ("", "    return FORBID_ENTRY if f.spread > f.atr / f.price / 3 else ALLOW"),
)  # fmt: skip


@pytest.mark.parametrize(("of", "right"), [("first", FIRST), ("second", SECOND)])
def test_each_request_may_be_asked_about_and_can_be_met(of: str, right: tuple[tuple[str, str], ...]) -> None:
    symbols = Symbols.of(FILES)
    for wish, (name, body) in zip(wishes(of), right, strict=True):
        language = interpret(wish.say, symbols, situation=Situation()).language
        meant = Interpretation(Status.ASK, language, "grammar", 1.0, question="?")  # whatever it has learned since
        assert wanted(wish.say, meant, symbols) is not None, wish.say
        head = "-> float" if wish.values else "-> int"
        source = f"@kernel\ndef {name or 'new'}(f: Features) {head}:\n{body}\n"
        operation = ReplaceFunction(name, source) if name else AddFunction("new", source)
        assert wrong(wish, edit(FILES, EditPlan((operation,)), "1").files, name or "new") == "", wish.say
        assert wrong(wish, FILES, name or "cooldown") != "", wish.say
