"""`sorte paper`: the paper account, and starting it anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.helping import SpokenCommand, SpokenGroup
from cli.reporting import confirmed, listed, tell

if TYPE_CHECKING:
    from services.simulator.kept import Kept

app = typer.Typer(cls=SpokenGroup, invoke_without_command=True)


@app.callback()
def paper(context: typer.Context) -> None:
    """Show the paper account: since when, and what it owns."""
    if context.invoked_subcommand is not None:
        return
    from services.simulator import kept
    from services.trader import paper as account

    for folder in _folders():
        account.check(folder)
        found = kept.load(folder / account.EXCHANGE)
        if found is not None:
            _show(folder, found)
            return
    tell("There is no paper account yet. `sorte run` opens one.")


@app.command(cls=SpokenCommand)
def reset(
    yes: Annotated[bool, typer.Option("--yes")] = False,
) -> None:
    """Start anew: the old account is kept aside, the next run begins with new money in a new market."""
    from core.errors import ConfigurationError
    from services.trader import paper as account

    folders = [folder for folder in _folders() if folder.is_dir()]
    if not folders:
        tell("There is no paper account yet. `sorte run` opens one.")
        return
    if not yes:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigurationError("Nobody can be asked here.", "Say it with --yes: `sorte paper reset --yes`.")
        named = listed(folders)
        if not confirmed(f"Start anew? {named} is kept aside, and its money is no longer traded with."):
            tell("Nothing was changed.")
            return
    for folder in folders:
        tell(f"The old account is kept in {account.reset(folder)}. The next `sorte run` starts anew.")


def _folders() -> list[Path]:
    """The paper accounts of every data folder that is known here."""
    from core.settings import load_settings
    from core.workspace import data_folders
    from services.trader import paper as account

    settings = load_settings()
    return [account.folder_of(folder) for folder in data_folders(settings) or [settings.data_dir]]


def _show(folder: Path, found: Kept) -> None:
    from core.formats import written
    from core.settings import load_settings
    from core.wording import owners_language
    from core.zone import local_time

    zone = load_settings().time_zone
    began, still = (local_time(ms * 1_000_000, zone) for ms in (found.began_ms, found.time_ms))
    started = "once" if found.starts == 1 else f"{found.starts} times"
    tell(f"{folder}: opened {written(began, owners_language())} {zone}, started {started}")
    paid = ", ".join(f"{amount:,f} {asset}" for asset, amount in found.deposited.items())
    tell(f"  paid in    {paid}")
    currency = _currency(found)
    worths = _worths(found, currency)
    known = [worth for worth in worths.values() if worth is not None]
    if list(found.deposited) == [currency] and len(known) == len(worths):
        equity = sum(known)
        profit = equity - float(found.deposited[currency])
        tell(f"  worth      {equity:,.2f} {currency}, profit {profit:+,.2f}")
    for asset, worth in worths.items():
        told = f"  worth {worth:,.2f}" if worth is not None and asset != currency else ""
        tell(f"  {asset:10} {sum(found.balances[asset]):f}{told}")
    fills = folder / "trades.sqlite"
    tell(f"  its market stands at {written(still, owners_language())} {zone}; the fills: `sorte status`, {fills}")


def _currency(found: Kept) -> str:
    """What all of its pairs are paid in; empty when that is not one."""
    quotes = {market.pair.quote for market in found.markets}
    return quotes.pop() if len(quotes) == 1 else ""


def _worths(found: Kept, currency: str) -> dict[str, float | None]:
    """What each asset that is there is worth at the last price, in what it is paid in; None without a price."""
    prices = {market.pair.base: market.price for market in found.markets} | {currency: 1.0}
    return {
        asset: float(free + locked) * prices[asset] if asset in prices else None
        for asset, (free, locked) in sorted(found.balances.items())
        if free + locked
    }
