"""A value of one pair's own: a line of OVERRIDES comes, changes and goes, and taking it back restores every byte."""

from __future__ import annotations

import pytest

from core.contracts import EditPlan, Operation, RemoveOverride, Rename, SetOverride, SetParameter
from core.overrides import ABOUT, MOST_SETS
from core.strategy import Source
from core.symbols import PARAMETERS_FILE, Symbols
from services.editor.editing import edit, inverse
from services.editor.refusals import EditRefused

SHIPPED = dict(Source.shipped().files)
BARE = SHIPPED[PARAMETERS_FILE].decode()


def after(*operations: Operation, files: dict[str, bytes] = SHIPPED, change: str = "7") -> dict[str, bytes]:
    return dict(edit(files, EditPlan(operations), change).files)


def written(*lines: str) -> str:
    """parameters.py with these lines in OVERRIDES."""
    return BARE + f"\n# {ABOUT}\nOVERRIDES = {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


BTC = SetOverride("stop_loss", "BTCUSDT", 0.03, 0.02)
ETH = SetOverride("take_profit", "ETHUSDT", 0.06, 0.04)
MORE = SetOverride("take_profit", "BTCUSDT", 0.08, 0.04)


def test_values_come_in_order_of_the_pairs_and_of_the_class_and_change_in_place():
    first = after(BTC)
    assert first[PARAMETERS_FILE].decode() == written('"BTCUSDT": Parameters(stop_loss=0.03),')
    both = after(ETH, files=first, change="8")
    assert both[PARAMETERS_FILE].decode() == written(
        '"BTCUSDT": Parameters(stop_loss=0.03),', '"ETHUSDT": Parameters(take_profit=0.06),'
    )
    whole = SetOverride("rsi_period", "BTCUSDT", 9, 14)
    more = after(MORE, whole, SetOverride("stop_loss", "BTCUSDT", 0.04, 0.03), files=both, change="9")
    assert more[PARAMETERS_FILE].decode() == written(
        '"BTCUSDT": Parameters(rsi_period=9, stop_loss=0.04, take_profit=0.08),',
        '"ETHUSDT": Parameters(take_profit=0.06),',
    )
    assert Symbols.of(more).parameters["stop_loss"].own == {"BTCUSDT": 0.04}
    assert b'strategy.of("BTCUSDT").parameters.stop_loss == 0.04' in more["tests/test_change_9.py"]
    assert b"stop_loss" not in more.get("tests/test_change_7.py", b""), "what is not true any more goes"


def test_the_last_value_takes_the_constant_with_it():
    gone = after(RemoveOverride("stop_loss", "BTCUSDT", 0.03), files=after(BTC))
    assert gone[PARAMETERS_FILE] == SHIPPED[PARAMETERS_FILE]
    later = after(RemoveOverride("stop_loss", "BTCUSDT", 0.03), files=after(BTC), change="8")
    assert b"== strategy.parameters.stop_loss" in later["tests/test_change_8.py"]
    again = after(BTC, files=later, change="9")
    assert b"before, not there (change 8), 0.03 (change 7), not there." in again["tests/test_change_9.py"]


def test_every_edit_has_an_inverse_that_restores_every_byte():
    crlf = SHIPPED | {PARAMETERS_FILE: SHIPPED[PARAMETERS_FILE].replace(b"\n", b"\r\n")}
    wide = tuple(
        SetOverride(name, "BTCUSDT", value, was)
        for name, value, was in (
            *(("weight_technical", 0.3, 0.35), ("weight_orderbook", 0.2, 0.3), ("weight_flow", 0.1, 0.25)),
            *(("min_hold_seconds", 40, 30), ("cooldown_seconds", 90, 60)),
        )
    )
    for files in (SHIPPED, crlf, after(BTC), after(BTC, ETH)):
        own = Symbols.of(files).parameters["stop_loss"].own
        plans = [wide, (SetParameter("stop_loss", 0.05, 0.02), SetOverride("rsi_period", "SOLUSDT", 7, 14))]
        plans += [(SetOverride("stop_loss", "BTCUSDT", 0.01, own.get("BTCUSDT", 0.02)),)]
        plans += [(RemoveOverride("stop_loss", "BTCUSDT", 0.03),)] if own else [(BTC, ETH, MORE)]
        for operations in plans:
            plan = EditPlan(operations)
            back = inverse(plan, files)
            assert back is not None, plan
            assert dict(edit(edit(files, plan, "x").files, back, "x").files) == files, plan


def test_a_renamed_parameter_is_renamed_there_too_and_in_its_tests():
    renamed = after(Rename("parameter", "stop_loss", "loss_limit"), files=after(BTC), change="8")
    assert Symbols.of(renamed).parameters["loss_limit"].own == {"BTCUSDT": 0.03}
    assert b"def test_parameter_loss_limit_of_btcusdt_is_as_asked" in renamed["tests/test_change_7.py"]
    assert inverse(EditPlan((Rename("parameter", "stop_loss", "loss_limit"),)), after(BTC)) is not None


def test_what_cannot_be_done_is_refused_and_says_why():
    by_hand = after(BTC)
    by_hand[PARAMETERS_FILE] = by_hand[PARAMETERS_FILE].replace(b"0.03),\n", b"0.03),  # mine\n")
    crowded = tuple(SetOverride("stop_loss", f"P{i}USDT", (i + 3) / 100, 0.02) for i in range(MOST_SETS))
    full = after(*crowded[4:], files=after(*crowded[:4]))
    cases: list[tuple[Operation, dict[str, bytes], str]] = [
        (SetOverride("stop_lost", "BTCUSDT", 0.03, 0.02), SHIPPED, "unknown_parameter"),
        (SetOverride("stop_loss", "btc", 0.03, 0.02), SHIPPED, "no_pair"),
        (SetOverride("stop_loss", "BTCUSDT", 0.9, 0.02), SHIPPED, "out_of_range"),
        (SetOverride("rsi_period", "BTCUSDT", 7.5, 14), SHIPPED, "not_whole"),
        (SetOverride("stop_loss", "BTCUSDT", 0.03, 0.05), SHIPPED, "stale_own"),
        (SetOverride("stop_loss", "BTCUSDT", 0.04, 0.02), after(BTC), "stale_own"),
        (SetOverride("stop_loss", "BTCUSDT", 0.02, 0.02), SHIPPED, "same_own"),
        (RemoveOverride("stop_loss", "BTCUSDT", 0.03), SHIPPED, "no_own"),
        (RemoveOverride("stop_loss", "BTCUSDT", 0.04), after(BTC), "stale_own"),
        (SetOverride("take_profit", "BTCUSDT", 0.05, 0.04), by_hand, "own_laid_out"),
        (SetOverride("stop_loss", "XUSDT", 0.2, 0.02), full, "many_own"),
    ]
    for operation, files, reason in cases:
        with pytest.raises(EditRefused) as refused:
            after(operation, files=files)
        assert refused.value.reason == reason, operation
    shared = after(SetOverride("stop_loss", "XUSDT", 0.03, 0.02), files=full, change="8")
    assert Symbols.of(shared).parameters["stop_loss"].own["XUSDT"] == 0.03, "pairs may share a set"
