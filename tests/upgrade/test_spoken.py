"""What c950185 made goes on: a pair's own value, an indicator on longer bars, a question that is still open."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from core.contracts import EditPlan, SetParameter, Situation
from core.symbols import Symbols
from core.workspace import Workspace
from services.interpreter.dialogue import kept as conversation
from tests.upgrade.test_upgrade import sorte

LIVE = "b1df49e1e5b7c160cd17f26292236e3031dde1d6"
SAID = ["não compre entre 2h e 5h", "adiciona uma EMA de 50 no 15m e só compra acima dela", "stop de 3% só no btc"]


def test_the_account_goes_on_in_the_strategy_that_he_said(spoken_owner: Path) -> None:
    lines = sorte(spoken_owner, "run", "--for", "5", "--pairs", "BTCUSDT,ETHUSDT")
    starting, summary = lines[0], lines[-1]
    assert (starting["kind"], starting["account"], starting["fills"]) == ("starting", "continued", 90)
    assert starting["release"] == next(line for line in lines if line["kind"] == "epoch")["release"]
    assert not [line for line in lines if line["kind"] in ("fault", "error", "offer")]
    assert (summary["account"], summary["faults"]) == ("continued", 0)
    assert Decimal(9900) < Decimal(str(summary["equity"])) < Decimal(9960)
    (history,) = sorte(spoken_owner, "history")
    assert [change["text"] for change in history["changes"]] == SAID
    (status,) = sorte(spoken_owner, "status")
    assert status["live"] == LIVE
    with Workspace(spoken_owner / "workspace") as workspace:
        symbols = Symbols.of(workspace.source(workspace.main).files)
    assert symbols.parameters["stop_loss"].own == {"BTCUSDT": 0.03}
    assert "ema_50_15m" in symbols.features


def test_the_question_that_was_open_is_answered_with_a_number(spoken_owner: Path) -> None:
    """`muda o take profit` was asked back for its value; within its time a bare number answers."""
    kept = next((spoken_owner / "data/dialogues").glob("*.json")).read_bytes()
    asked_ns = msgspec.json.decode(kept)["expires_ns"] - 1
    with Workspace(spoken_owner / "workspace") as workspace:
        symbols = Symbols.of(workspace.source(workspace.main).files)
    _, reply, _ = conversation.heard(kept, "6%", symbols, Situation(), asked_ns)
    assert reply.meant.plan == EditPlan((SetParameter("take_profit", 0.06, 0.04),))
