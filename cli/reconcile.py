"""`sorte reconcile`: the books of the exchange account beside what the exchange says, line by line.

Exit codes: 0 when nothing of ours is missing or it was done, 1 when something is missing or was declined.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.reporting import said, tell
from cli.texts import say

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

    from core.settings import Settings
    from services.trader.bookkeeping import Table


HEADS: Final = ("asset", "ours", "theirs", "cause")
"""Above the columns."""


def reconcile(
    adopt: str | None = None,
    write_off: str | None = None,
    pairs: str = "",
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Compare the books with the exchange account of your settings, and say what belongs to whom."""
    import asyncio
    import json

    from core.errors import ConfigurationError
    from core.names import normalise_symbol
    from core.settings import load_settings
    from core.workspace import data_folders
    from services.trader import bookkeeping
    from services.trader.differences import ADOPTED, WRITTEN_OFF

    if adopt and write_off:
        raise ConfigurationError("--adopt and --write-off are two words.", "Say one of them.")
    settings = load_settings()
    known = [folder / "trader" for folder in data_folders(settings)]
    folder = next((each for each in known if (each / "journal").exists()), settings.data_dir / "trader")
    symbols = [normalise_symbol(name) for name in pairs.split(",") if name.strip()]
    asset = (adopt or write_off or "").strip().upper()
    if asset:
        how = ADOPTED if adopt else WRITTEN_OFF
        done = asyncio.run(
            bookkeeping.settle(settings, folder, symbols, asset, how, lambda question: yes or _confirm(question))
        )
        told = say("reconcile.done", asset=asset) if done else said("Nothing was changed.")
        typer.echo(json.dumps({"kind": "reconcile", "asset": asset, "done": done}) if as_json else told)
        raise typer.Exit(0 if done else 1)
    table = asyncio.run(_look(settings, folder, symbols))
    if as_json:
        typer.echo(_as_json(table))
    else:
        _show(table)
    raise typer.Exit(1 if any(line.kind == "missing" for line in table.lines) else 0)


async def _look(settings: Settings, folder: Path, symbols: list[str]) -> Table:
    from services.trader.bookkeeping import open_books

    async with open_books(settings, folder, symbols, writes=False) as books:
        return await books.table()


def _confirm(question: str) -> bool:
    """Ask on the terminal; nobody there is no, and so is everything but a clear yes."""
    from services.interpreter.answering import answer

    if not sys.stdin.isatty():
        tell("sorte: nobody can be asked here; --yes confirms beforehand.", err=True)
        return False
    try:
        return answer(typer.prompt(said(question), default="n", show_default=False, err=True)) is True
    except typer.Abort:
        return False


def _as_json(table: Table) -> str:
    import json

    from services.trader.differences import plain

    def figures(sums: dict[str, Any]) -> dict[str, str]:
        return {asset: plain(each) for asset, each in sums.items()}

    lines = [
        {
            "asset": line.asset,
            "ours": plain(line.ours),
            "theirs": plain(line.theirs),
            "kind": line.kind,
            "missing": plain(line.missing),
            "set_aside": plain(line.locked),
            "cause": line.cause,
        }
        for line in table.lines
    ]
    return json.dumps(
        {
            "kind": "reconcile",
            "lines": lines,
            "cash": plain(table.cash),
            "quote": table.quote,
            "others": figures(table.others),
            "fees_unpriced": figures(table.unpriced),
            "open_orders": table.open_orders,
        }
    )


def _show(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Columns
    from rich.text import Text

    from core.formats import localised
    from core.wording import owners_language
    from services.trader.differences import plain

    def figure(amount: Decimal) -> str:
        return localised(plain(amount), owners_language())

    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    columns = Columns(*(say(f"reconcile.{head}") for head in HEADS), box=None, header_style="bold")
    for line in table.lines:
        cause = said(line.cause)
        told = say("reconcile.at_the_next_start", cause=cause) if line.booked else cause
        columns.add_row(line.asset, figure(line.ours), figure(line.theirs), Text(told))
    columns.add_row(table.quote, "", figure(table.cash), say("reconcile.cash"))
    console.print(columns)
    if table.others:
        named = ", ".join(f"{figure(each)} {asset}" for asset, each in sorted(table.others.items()))
        console.print(Text(say("reconcile.not_traded", named=named)))
    for asset, fees in table.unpriced.items():
        console.print(Text(say("reconcile.unpriced", fees=figure(fees), asset=asset)))
    if table.open_orders:
        console.print(Text(say("reconcile.open_orders", count=len(table.open_orders))))
    if any(line.kind == "beyond" for line in table.lines):
        console.print(say("reconcile.adopt"))
    if any(line.missing > 0 for line in table.lines):
        console.print(say("reconcile.write_off"))
