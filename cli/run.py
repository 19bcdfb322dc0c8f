"""`sorte run`, and the owner's three switches: `kill`, `unkill` and `arm`."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.debugging import DebugOption
from cli.reporting import confirmed, listed, said, tell

if TYPE_CHECKING:
    from core.contracts.told import Telling
    from core.settings import Settings
    from services.trader.orders import Protection
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
    as_json: Annotated[bool, typer.Option("--json")] = False,
    debug: DebugOption = False,
) -> None:
    """Trade: on a simulated exchange in paper mode, unless you say otherwise."""
    from core.names import normalise_symbol
    from core.settings import load_settings
    from services.trader.plan import Plan

    settings = load_settings(**({"trader": {"mode": mode}} if mode else {}))
    symbols = dict.fromkeys(normalise_symbol(name) for name in pairs.split(",") if name.strip())
    plan = Plan(tuple(symbols), feed, seconds, speed, events_per_second, seed, strategy, fresh)
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
    from services.gateway.console.prompt import prompt
    from services.gateway.console.view import until_gone
    from services.trader import noting
    from services.trader.run import run as trade

    workspace = None if plan.strategy is not None else find(settings)
    talks = workspace is not None and not as_json and at_terminal()
    begin = functools.partial(run_first, realtime=settings.trader.realtime)  # or the loop might wait for who waits
    with (
        logging_as("trader", settings, debug=debug, begin=begin, echoes=True),
        prompt(settings) if talks else console(as_json=as_json) as shown,
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


def kill(
    everything: Annotated[bool, typer.Option("--all")] = False,
) -> None:
    """Throw the kill switch: nothing is bought or sold any more and open orders are cancelled, over restarts too.

    The stop orders that rest at the exchange for positions stay, unless you say --all.
    """
    from core.owner import OwnersWord
    from core.settings import load_settings
    from core.workspace import data_folders

    settings = load_settings()
    known = data_folders(settings)
    for folder in known or [settings.data_dir]:
        OwnersWord(folder).kill()
    if not known:
        tell(
            f"Nobody has traded from this folder. Whoever starts here is halted by {settings.data_dir}/KILL; one that"
            " runs elsewhere is NOT. Say it in the folder where it was started, or with SORTE_DATA_DIR.",
            err=True,
        )
        raise typer.Exit(1)
    named = listed(known)
    tell(f"Halted. Every trader of {named} refuses orders until `sorte unkill`.")
    left = [_say_protection(settings, folder, everything=everything) for folder in known]  # each, whatever it says
    if any(left):
        raise typer.Exit(1)


def _say_protection(settings: Settings, folder: Path, *, everything: bool) -> bool:
    """Tell what protects the positions of an account now; with `everything`, take it back. True when some is left."""
    from core.owner import OwnersWord
    from services.trader.taking_back import is_traded, resting, take_back, wait_until_taken

    journal = folder / "trader" / "journal"
    found = resting(journal)  # before the word is said: a trader obeys at once
    if not everything:
        for protection in found:
            tell(f"{_named(protection)} stays; `sorte kill --all` takes it back.")
        return False
    OwnersWord(folder).kill(everything=True)
    left = wait_until_taken(journal)
    failed = {each.client_id: "its trader has not taken it back yet" for each in left}
    if left and not is_traded(journal):
        failed = take_back(settings, left)
    for protection in found:
        if why := failed.get(protection.client_id):
            tell(f"{_named(protection)} is STILL THERE: {why} Cancel it at the exchange.", err=True)
        else:
            tell(f"{protection.symbol} is bare: {protection.quantity:f} was protected at {protection.stop_price:f}.")
    return bool(failed)


def _named(protection: Protection) -> str:
    return f"{protection.symbol}: the stop order at {protection.stop_price:f} ({protection.client_id})"


def unkill() -> None:
    """Take the kill switch back; traders that run go on at once."""
    from core.owner import OwnersWord
    from core.settings import load_settings
    from core.workspace import data_folders

    for folder in data_folders(load_settings()):
        OwnersWord(folder).unkill()
    tell("The kill switch is off.")


def arm(
    limits_file: Annotated[Path, typer.Option("--limits")] = Path("limits.toml"),
    disarm: Annotated[bool, typer.Option("--disarm")] = False,
    yes: Annotated[str, typer.Option("--yes")] = "",
) -> None:
    """Allow live trading under exactly these limits, on the account of the key. Another of them disarms."""
    from core.errors import ConfigurationError
    from core.settings import load_settings
    from services.trader import arming
    from services.trader.limits import load_limits

    settings = load_settings()
    if disarm:
        arming.disarm(settings)
        tell("Disarmed: live mode refuses to start.")
        return
    limits, limits_hash = load_limits(limits_file)
    for name, value in limits.model_dump().items():
        typer.echo(f"  {name:18} {value}")
    word = yes or (typer.prompt(said('Type "I trade real money"')) if sys_is_terminal() else "")
    if word != "I trade real money":
        raise ConfigurationError("Not armed: the words were not given.", 'Give them with --yes "I trade real money".')
    if settings.exchange.api_key is None:
        raise ConfigurationError(
            "Not armed: the exchange's key is missing, and the word is for its account.", "Set SORTE_EXCHANGE__API_KEY."
        )
    arming.arm(settings, limits_hash)
    tell("Armed.")


def at_terminal() -> bool:
    """Whether somebody reads what is said, and can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def sys_is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()
