"""What a run shows is true to the line, and nothing that a stranger wrote can draw on the owner's terminal."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console as Screen

from core.contracts.events import Decided, FaultTold, Filled, Ready, Starting
from core.contracts.figures import Percentiles
from core.language import Language
from services.gateway.console.board import LEFT_FREE, Happened, board
from services.gateway.console.live import RECENT_LINES, JsonLines, Terminal, console
from services.trader.figures import Figures, PairFigures
from services.trader.orders import Side

HOSTILE = "[red]not red[/] \x1b[2J\x07\x00\r\n\u202e\u2028 [/nothing] \x9b1A"


FILLED = Filled(
    pair="BTCUSDT",
    side=Side.BUY,
    quantity=Decimal("0.10000000"),
    price=Decimal("50000.10"),
    fee=Decimal(5),
    fee_asset="USDT",
    order="s1-tree-1",
)
DECIDED = Decided(
    pair="BTCUSDT", action="buy", reason="score", score=0.5, confidence=0.5, signals={"flow": 1.0}, sequence=1
)


def fault(detail: str, subject: str = "tree") -> FaultTold:
    return FaultTold(cause="host_raised", subject=subject, detail=detail)


BTC = PairFigures("BTCUSDT", 55_000.0, 0.1, 50_000.0, Decimal(48_500), "buy: score")
ETH = PairFigures("ETHUSDT", 3_000.5, 0.0, 0.0, None, "")


def figures(**changes: Any) -> Figures:
    """What a console is shown: BTC bought at 50,000 and now at 55,000, ETH flat."""
    usual: dict[str, Any] = dict.fromkeys((each.name for each in dataclasses.fields(Figures)), 0)
    given = {
        "mode": "paper",
        "trading": "active",
        "equity": 10_500.0,
        "fees": 5.0,
        "orders": 1,
        "fills": 1,
        "latency_us": Percentiles(p50=70, p99=None),
        "protects": True,
        "pairs": (BTC, ETH),
    }
    return Figures(**usual | given | changes)


class Seen:
    """A window through which `figures` are seen."""

    def __init__(self, **changes: Any) -> None:
        self._figures = figures(**changes)

    def figures(self) -> Figures:
        return self._figures

    def follow(self, view: Callable[[Figures], None]) -> None:
        view(self._figures)


def shown(terminal: Terminal) -> str:
    """The view as plain text; raises when it cannot be drawn."""
    screen = Screen(record=True, width=140, file=io.StringIO(), force_terminal=True)
    screen.print(terminal._view())
    return screen.export_text()


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


# JSON lines -----------------------------------------------------------------------------------------------------------


def test_an_event_is_one_json_object_on_one_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    lines = JsonLines()
    lines.tell(FILLED)
    lines.tell(fault(HOSTILE))
    lines.tell(Ready(pairs=["BTCUSDT"], equity=float("nan")))
    out = capfdbinary.readouterr().out
    assert out.count(b"\n") == 3
    first, second, third = (json.loads(line) for line in out.splitlines())
    assert first["time"] > 1_700_000_000
    assert {name: first[name] for name in ("kind", "pair", "side", "price")} == {
        "kind": "fill",
        "pair": "BTCUSDT",
        "side": "BUY",
        "price": "50000.10",
    }
    assert second["detail"] == HOSTILE
    assert third["equity"] is None


def test_being_warm_is_told_with_the_pairs_and_the_equity(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    JsonLines().watch(Seen())
    ready = json.loads(capfdbinary.readouterr().out)
    assert (ready["kind"], ready["pairs"], ready["equity"]) == ("ready", ["BTCUSDT", "ETHUSDT"], 10_500.0)


@pytest.mark.parametrize(
    ("is_terminal", "as_json", "kind"), [(False, False, JsonLines), (True, True, JsonLines), (True, False, Terminal)]
)
def test_the_view_is_for_a_terminal_that_did_not_ask_for_json(
    is_terminal: bool, as_json: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    with console(as_json=as_json) as chosen:
        assert type(chosen) is kind


# The view on a terminal -----------------------------------------------------------------------------------------------


def test_before_the_trader_is_warm_the_view_says_so_and_shows_what_was_told(terminal: Terminal) -> None:
    terminal.tell(Starting(mode="paper", pairs=("BTCUSDT",), release="tree", folder="data"))
    view = shown(terminal)
    assert "sorte: starting" in view
    assert "starting  mode=paper" in view


def test_the_view_shows_account_pairs_and_events(terminal: Terminal) -> None:
    terminal.watch(Seen())
    terminal.tell(FILLED)
    terminal.tell(DECIDED)
    view = shown(terminal)
    assert "PAPER  active" in view
    assert "equity 10,500.00" in view
    assert "host p50 70 us p99 None us" in view
    btc = next(line.split() for line in view.splitlines() if "5,500.00" in line)
    assert btc == ["BTCUSDT", "55,000", "0.1", "5,500.00", "+10.00%", "48,500", "buy:", "score"]  # 0.1 x 55,000
    eth = next(line.split() for line in view.splitlines() if "ETHUSDT" in line)
    assert eth == ["ETHUSDT", "3,000.5", "-", "-", "-", "-", "-"]
    assert "fill" in view
    assert "quantity=0.1" in view
    assert "signals" not in view


def test_a_position_that_nothing_protects_is_called_bare_and_without_protection_there_is_no_such_column(
    terminal: Terminal,
) -> None:
    terminal.watch(Seen(pairs=(dataclasses.replace(BTC, stop_price=None), ETH)))
    assert "bare" in shown(terminal)
    terminal.watch(Seen(protects=False))
    assert "protected" not in shown(terminal)


def test_a_strangers_words_are_shown_as_they_are_and_steer_nothing(terminal: Terminal) -> None:
    terminal.watch(Seen(pairs=(dataclasses.replace(BTC, last_decision=f"buy: {HOSTILE}"),)))
    terminal.tell(fault(HOSTILE, subject="[bold"))
    view = shown(terminal)
    assert view.count("[red]not red[/]") == 2
    assert "subject=[bold" in view
    assert not set(view) & {"\x1b", "\x07", "\x00", "\r", "\u202e", "\u2028", "\x9b"}


def test_a_long_word_is_cut_short(terminal: Terminal) -> None:
    terminal.tell(fault("x" * 10_000))
    assert "x" * 80 in shown(terminal)
    assert "x" * 81 not in shown(terminal)


def test_only_the_last_events_are_kept(terminal: Terminal) -> None:
    for number in range(RECENT_LINES + 5):
        terminal.tell(fault(f"<{number}>"))
    view = shown(terminal)
    assert "<4>" not in view
    assert "<5>" in view


# Above the prompt -----------------------------------------------------------------------------------------------------


def lines(rows: int = 40, columns: int = 120, language: Language = Language.EN, **changes: Any) -> list[str]:
    happened = [Happened(1_700_000_000.0, each) for each in (DECIDED, FILLED)]
    drawn = "".join(text for _, text in board(figures(**changes), happened, rows, columns, language))
    return drawn.splitlines()


def test_above_the_prompt_stand_pairs_positions_decisions_and_fills() -> None:
    head, btc, eth, decided, filled = lines()
    assert head.split() == ["pair", "price", "position", "value", "profit", "protected", "last", "decision"]
    assert btc.split()[:6] == ["BTCUSDT", "55,000", "0.1", "5,500.00", "+10.00%", "48,500"]
    assert eth.split() == ["ETHUSDT", "3,000.5", "-", "-", "-", "-", "-"]
    assert "action=buy" in decided
    assert "price=50000.1" in filled
    assert "5.500,00" in lines(language=Language.PT)[1]


def test_the_board_fits_every_terminal_and_keeps_what_is_held() -> None:
    many = (*(dataclasses.replace(ETH, symbol=f"P{place}USDT") for place in range(60)), BTC)
    for rows in range(70):
        for columns in (20, 80, 200):
            drawn = lines(rows, columns, pairs=many)
            assert len(drawn) <= max(rows - LEFT_FREE, 0), rows
            assert all(len(line) < columns for line in drawn), columns
    assert any("BTCUSDT" in line for line in lines(20, 100, pairs=many))
    assert "more" in "".join(lines(20, 100, pairs=many))
    assert board(None, [], 50, 100, Language.EN) == []


def test_what_a_stranger_wrote_draws_nothing_above_the_prompt() -> None:
    drawn = lines(pairs=(dataclasses.replace(BTC, last_decision=HOSTILE),))
    assert len(drawn) == 4
    assert not any(letter in "".join(drawn) for letter in "\x1b\x07\x00\u202e\x9b")
