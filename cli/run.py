"""`sorte run`: trade, and show it on the terminal."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.debugging import DebugOption
from cli.file_hints import DatesOption, DecimalOption, hints_of
from cli.reporting import confirmed, tell

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from core.contracts.told import Telling
    from core.settings import Settings
    from services.gateway.console.prompt import Prompt
    from services.trader.plan import Plan
    from services.trader.window import Window


def run(
    pairs: str = "BTCUSDT,ETHUSDT,BNBUSDT,SOLUSDT,XRPUSDT,ADAUSDT,DOGEUSDT,LINKUSDT",
    mode: str | None = None,
    feed: str = "sim",
    seconds: Annotated[float | None, typer.Option("--for", min=0.1)] = None,
    speed: Annotated[float, typer.Option(min=0.001)] = 60.0,
    events_per_second: Annotated[float, typer.Option(min=1)] = 200.0,
    seed: int | None = None,
    fresh: Annotated[bool, typer.Option("--fresh")] = False,
    strategy: Path | None = None,
    dates: DatesOption = None,
    decimal: DecimalOption = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    debug: DebugOption = False,
) -> None:
    """Trade: on a simulated exchange in paper mode, unless you say otherwise."""
    from core.names import normalise_symbol
    from core.settings import load_settings
    from services.trader.plan import Plan

    settings = load_settings(**({"trader": {"mode": mode}} if mode else {}))
    symbols = dict.fromkeys(normalise_symbol(name) for name in pairs.split(",") if name.strip())
    hints = hints_of(dates, decimal) if dates or decimal else None
    plan = Plan(tuple(symbols), feed, seconds, speed, events_per_second, seed, strategy, fresh, hints)
    if plan.keeps(settings):
        go_on_with_paper(settings.data_dir, asks=not as_json and at_terminal())
    trade_shown(plan, settings, as_json=as_json, debug=debug)


def trade_shown(plan: Plan, settings: Settings, *, as_json: bool, debug: bool) -> None:
    """Trade, with a commander beside it where there is a workspace, and tell it on the terminal as it happens."""
    import uvloop

    from core.priority import run_first
    from core.telemetry.process import logging_as
    from core.workspace import find
    from services.commander.line.child import CommanderProcess
    from services.gateway.child import beside
    from services.gateway.console.live import console
    from services.gateway.console.view import until_gone
    from services.trader import noting
    from services.trader.run import run as trade

    workspace = None if plan.strategy is not None else find(settings)
    talks = workspace is not None and not as_json and at_terminal()
    begin = functools.partial(run_first, realtime=settings.trader.realtime)  # or the loop might wait for who waits
    with (
        logging_as("trader", settings, debug=debug, begin=begin, echoes=True),
        _prompt(settings) if talks else console(as_json=as_json) as shown,
        beside(settings, workspace, shown.tell if talks else None) as hear,
    ):
        noted = noting.noted(until_gone(shown.tell))

        def tell(told: Telling) -> None:
            noted(told)
            hear(told)

        def watch(window: Window) -> None:
            shown.watch(window)
            noting.watch(window)

        commander = CommanderProcess(workspace, settings, tell) if workspace is not None else None
        tell(uvloop.run(trade(plan, settings, tell, watch, commander)))


def _prompt(settings: Settings) -> AbstractContextManager[Prompt]:
    from services.gateway.console.prompt import prompt  # loads what reads a line and a word: for who has a terminal

    return prompt(settings)


def go_on_with_paper(data_dir: Path, *, asks: bool) -> None:
    """Refuse a paper account that cannot be gone on with; where somebody can be asked, ask whether to start anew."""
    from core.errors import ConfigurationError
    from services.trader import paper

    folder = paper.folder_of(data_dir)
    try:
        paper.check(folder)
    except ConfigurationError as error:
        if not asks or not confirmed(f"{error.message} Keep it aside and start a new account?"):
            raise
        tell(f"The old account is kept in {paper.reset(folder)}.")


def at_terminal() -> bool:
    """Whether somebody reads what is said, and can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
