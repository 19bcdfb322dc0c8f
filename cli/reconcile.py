"""`sorte reconcile`: the books of the exchange account beside what the exchange says, line by line.

Exit codes: 0 when nothing of ours is missing or it was done, 1 when something is missing or was declined.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.reporting import tell

if TYPE_CHECKING:
    from pathlib import Path

    from core.settings import Settings
    from services.trader.bookkeeping import Table


def reconcile(
    adopt: str | None = None,
    write_off: str | None = None,
    pairs: str = "",
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Compare the books with the exchange account of your settings, and say what belongs to whom."""
    import asyncio

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
        told = f"Done: `sorte reconcile` shows {asset} as it is now." if done else "Nothing was changed."
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
        return answer(typer.prompt(question, default="n", show_default=False, err=True)) is True
    except typer.Abort:
        return False


def _as_json(table: Table) -> str:
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

    from services.trader.differences import plain

    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    columns = Columns("asset", "our books", "exchange", "likely cause", box=None, header_style="bold")
    for line in table.lines:
        cause = f"{line.cause}, at the next start" if line.booked else line.cause
        columns.add_row(line.asset, plain(line.ours), plain(line.theirs), Text(cause))
    columns.add_row(table.quote, "", plain(table.cash), "cash: the exchange says what it is")
    console.print(columns)
    if table.others:
        named = ", ".join(f"{plain(each)} {asset}" for asset, each in sorted(table.others.items()))
        console.print(Text(f"Not traded by these books, yours: {named}."))
    for asset, fees in table.unpriced.items():
        console.print(Text(f"Fees of {plain(fees)} {asset} have no price yet and count in no figure."))
    if table.open_orders:
        console.print(
            Text(f"{len(table.open_orders)} orders of ours have no known end yet; the next start settles them.")
        )
    if any(line.kind == "beyond" for line in table.lines):
        console.print("`sorte reconcile --adopt ASSET` takes over what is beyond the books; nothing else does.")
    if any(line.missing > 0 for line in table.lines):
        console.print("`sorte reconcile --write-off ASSET` takes what is missing out of the books, on your word.")
