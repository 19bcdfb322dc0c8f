"""`sorte data`: bring price history in, and see what is there."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.helping import SpokenCommand, SpokenGroup
from cli.progress import progress_line
from cli.reporting import tell

if TYPE_CHECKING:
    from core.history import Imported, Refused, Stored
    from core.history.importing.findings import Finding

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)

TOLD: Final = 5
"""Problems of one kind that are printed; --json prints up to a thousand."""

RootOption = Annotated[Path | None, typer.Option("--root")]
JsonOption = Annotated[bool, typer.Option("--json")]


@app.command("import", cls=SpokenCommand)
def import_(
    file: Annotated[Path, typer.Argument()],
    symbol: Annotated[str, typer.Option("--symbol", "-s")],
    timeframe: str | None = None,
    root: RootOption = None,
    strict: Annotated[bool, typer.Option("--strict")] = False,
    replace: Annotated[bool, typer.Option("--replace")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a file and store its bars, with those of 5m, 1h and 1d; all of it or, when it has errors, nothing."""
    from core import history

    with progress_line(file.name) as show:
        outcome = history.import_file(file, symbol, timeframe, root, strict=strict, replace=replace, on_progress=show)
    folder = (root or history.default_root()) / "bars" / outcome.symbol
    if isinstance(outcome, history.Refused):
        print_json("refused", outcome) if as_json else tell_refused(file, outcome)
        raise typer.Exit(1)
    print_json("imported", outcome) if as_json else tell_imported(outcome, folder)


@app.command("list", cls=SpokenCommand)
def list_(root: RootOption = None, as_json: JsonOption = False) -> None:
    """Show what is stored, by symbol and timeframe."""
    from core import history

    stored = history.list_stored(root)
    place = root or history.default_root()
    if as_json:
        print(json.dumps({"kind": "stored", "root": str(place), "stored": [asdict(entry) for entry in stored]}))
    elif stored:
        tell_stored(stored)
    else:
        tell(f"{place} holds no price history yet. Bring some in: sorte data import FILE --symbol S")


def print_json(kind: str, outcome: Imported | Refused) -> None:
    print(json.dumps({"kind": kind, **asdict(outcome)}))


def tell_imported(outcome: Imported, folder: Path) -> None:
    from core.history.importing.findings import utc

    coarser = [f"{name} ({bars:,} bars)" for name, bars in outcome.stored.items()]
    lines = [
        f"{outcome.symbol} {outcome.timeframe}: {outcome.rows:,} rows, "
        f"{utc(outcome.first_ns)} to {utc(outcome.last_ns)}",
        f"  read as    {outcome.layout}",
        f"  bars       {outcome.new:,} new, {outcome.same:,} already stored, {outcome.replaced:,} replaced",
        f"  stored in  {folder} as {', '.join(coarser)}, {len(outcome.months)} months, {outcome.seconds:.1f} s",
        *told_notes(outcome.notes),
        *told_findings(outcome.findings, outcome.place),
    ]
    typer.echo("\n".join(lines))


def tell_refused(file: Path, outcome: Refused) -> None:
    errors = sum(found.count for found in outcome.findings if found.severity == "error")
    lines = [
        f"sorte: {file} is refused, nothing has changed: "
        f"{errors:,} error{'s' * (errors != 1)} in {outcome.rows:,} rows.",
        f"  read as    {outcome.layout}",
        *told_notes(outcome.notes),
        *told_findings(outcome.findings, outcome.place),
    ]
    typer.echo("\n".join(lines), err=True)


def told_notes(notes: tuple[str, ...]) -> list[str]:
    return [f"  note       {note}" for note in notes]


def told_findings(findings: tuple[Finding, ...], place: str) -> list[str]:
    lines = []
    for found in findings:
        lines.append(f"  {found.severity:10} {found.kind}: {found.count:,}. {found.advice}")
        lines += [f"             {place} {problem.line}: {problem.text}" for problem in found.problems[:TOLD]]
        if found.count > TOLD:
            lines.append(f"             and {found.count - TOLD:,} more")
    return lines


def tell_stored(stored: list[Stored]) -> None:
    from rich.console import Console
    from rich.table import Table

    from core.history.importing.findings import utc

    table = Table("symbol", "timeframe", "bars", "first", "last", "months", "MB", "from", box=None, header_style="bold")
    for entry in stored:
        cells: list[Any] = [entry.symbol, entry.timeframe, f"{entry.bars:,}", utc(entry.first_ns), utc(entry.last_ns)]
        table.add_row(*cells, str(len(entry.months)), f"{entry.bytes / 1e6:.1f}", entry.origin)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
