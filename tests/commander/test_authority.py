"""What gives the agent more to do with, and is asked about twice; whatever is not known counts as that."""

from __future__ import annotations

from typing import get_args

from core.contracts import (
    AddFunction,
    AddIndicator,
    AddRule,
    Condition,
    DisableRule,
    EditPlan,
    EnableRule,
    Extract,
    Inline,
    Operation,
    RemoveFunction,
    RemoveIndicator,
    RemoveOverride,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetOverride,
    SetParameter,
    Upgrade,
)
from services.commander.road.authority import gives_more

FORBID = AddRule("entry", "forbid", Condition(feature="rsi", op=">", value=65), "no_buy")
MORE: tuple[tuple[Operation, bool], ...] = (
    (SetParameter("stop_loss", 0.03, 0.02), True),
    (SetParameter("stop_loss", 0.01, 0.02), False),
    (SetParameter("order_fraction", 0.2, 0.1), True),
    (SetParameter("order_fraction", 0.05, 0.1), False),
    (SetParameter("trailing_stop", 0.0, 0.02), True),
    (SetParameter("trailing_stop", 0.02, 0.0), False),
    (SetParameter("trailing_stop", 0.03, 0.02), True),
    (SetParameter("max_hold_seconds", 0, 3600), True),
    (SetParameter("max_hold_seconds", 60, 3600), False),
    (SetParameter("buy_threshold", 0.2, 0.3), True),
    (SetParameter("buy_threshold", 0.4, 0.3), False),
    (SetParameter("min_confidence", 0.5, 0.6), True),
    (SetParameter("rsi_period", 20, 14), False),
    (SetOverride("stop_loss", "BTCUSDT", 0.05, 0.02), True),
    (SetOverride("stop_loss", "BTCUSDT", 0.01, 0.02), False),
    (RemoveOverride("stop_loss", "BTCUSDT", 0.01), True),
    (RemoveOverride("rsi_period", "BTCUSDT", 20), False),
    (FORBID, False),
    (AddRule("entry", "force", Condition(feature="rsi", op="<", value=20), "buy_low"), True),
    (RemoveRule("cooldown"), True),
    (DisableRule("cooldown"), True),
    (EnableRule("cooldown"), True),
    (SetParameter("sell_threshold", -0.5, -0.3), True),
    (SetParameter("sell_threshold", -0.2, -0.3), False),
    (AddRule("exit", "forbid", Condition(feature="rsi", op=">", value=65), "keep"), True),
    (AddRule("exit", "require", Condition(feature="rsi", op=">", value=65), "keep"), True),
    (AddRule("exit", "force", Condition(feature="rsi", op=">", value=85), "leave"), False),
    (AddRule("entry", "require", Condition(feature="rsi", op="<", value=35), "only_low"), False),
    (AddIndicator("ema", "ema_200", {"period": 200}), False),
    (RemoveIndicator("ema", "ema_200"), False),
    (Rename("rule", "cooldown", "rest"), False),
    (Extract("cooldown", 60, "rest", 0, 600, "seconds"), False),
    (Inline("rest"), False),
    (AddFunction("buy", "def buy(f): return 1"), True),
    (ReplaceFunction("buy", "def buy(f): return 1"), True),
    (RemoveFunction("buy"), True),
    (Upgrade("a", "b"), True),
)


def test_what_gives_more_to_do_with_is_known_and_the_unknown_counts_as_that() -> None:
    for operation, more in MORE:
        assert gives_more(EditPlan((operation,))) is more, operation
        assert gives_more(EditPlan((FORBID, operation))) is more, operation
    assert gives_more(None)


def test_every_operation_is_among_them() -> None:
    assert {type(operation) for operation, _ in MORE} == set(get_args(Operation))
