"""`sorte data`: bring price history in, and see what is there."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.file_hints import DatesOption, DecimalOption, hints_of
from cli.helping import SpokenCommand, SpokenGroup
from cli.progress import progress_line
from cli.reporting import listed, said, tell
from cli.texts import say

if TYPE_CHECKING:
    from core.history import Imported, Refused, Stored
    from core.history.importing.findings import Finding

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)

TOLD: Final = 5
"""Problems of one kind that are printed; --json prints up to a thousand."""
HEADS: Final = ("symbol", "timeframe", "bars", "first", "last", "months", "size", "origin")
"""Above the columns of the list."""

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
    dates: DatesOption = None,
    decimal: DecimalOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a file and store its bars, with those of 5m, 1h and 1d; all of it or, when it has errors, nothing."""
    from core import history

    hints = hints_of(dates, decimal)
    with progress_line(file.name) as show:
        outcome = history.import_file(
            file, symbol, timeframe, root, strict=strict, replace=replace, hints=hints, on_progress=show
        )
    tell_outcome(file, outcome, root, as_json=as_json)


@app.command("sample", cls=SpokenCommand)
def sample(
    symbol: Annotated[str, typer.Option("--symbol", "-s")] = "SAMPLE",
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store the shipped history, which is the same on every machine."""
    from core import history

    tell_outcome(symbol, history.import_sample(symbol, root), root, as_json=as_json)


@app.command("list", cls=SpokenCommand)
def list_(root: RootOption = None, as_json: JsonOption = False) -> None:
    """Show what is stored, by symbol and timeframe."""
    import json

    from core import history

    stored = history.list_stored(root)
    place = root or history.default_root()
    if as_json:
        print(json.dumps({"kind": "stored", "root": str(place), "stored": [asdict(entry) for entry in stored]}))
    elif stored:
        tell_stored(stored)
    else:
        tell(f"{place} holds no price history yet. Bring some in: sorte data import FILE --symbol S")


def tell_outcome(what: Path | str, outcome: Imported | Refused, root: Path | None, *, as_json: bool) -> None:
    """Exits with 1 after a refusal."""
    from core import history

    if isinstance(outcome, history.Refused):
        print_json("refused", outcome) if as_json else tell_refused(what, outcome)
        raise typer.Exit(1)
    folder = (root or history.default_root()) / "bars" / outcome.symbol
    print_json("imported", outcome) if as_json else tell_imported(outcome, folder)


def print_json(kind: str, outcome: Imported | Refused) -> None:
    import json

    print(json.dumps({"kind": kind, **asdict(outcome)}))


def tell_imported(outcome: Imported, folder: Path) -> None:
    from core.history.importing.findings import utc

    name, first, last = f"{outcome.symbol} {outcome.timeframe}", utc(outcome.first_ns), utc(outcome.last_ns)
    coarser = ", ".join(say("data.bars_of", length=length, bars=bars) for length, bars in outcome.stored.items())
    took = {"months": len(outcome.months), "seconds": outcome.seconds}
    lines = [
        say("data.imported", name=name, rows=outcome.rows, first=first, last=last),
        say("data.read_as", layout=said(outcome.layout)),
        say("data.bars", new=outcome.new, same=outcome.same, replaced=outcome.replaced),
        say("data.stored_in", folder=folder, bars=coarser, **took),
        *told_notes(outcome.notes),
        *told_findings(outcome.findings, outcome.place),
    ]
    typer.echo("\n".join(lines))


def tell_refused(file: Path | str, outcome: Refused) -> None:
    errors = sum(found.count for found in outcome.findings if found.severity == "error")
    lines = [
        say("data.refused" if errors == 1 else "data.refused_for_many", file=file, errors=errors, rows=outcome.rows),
        say("data.read_as", layout=said(outcome.layout)),
        *told_notes(outcome.notes),
        *told_findings(outcome.findings, outcome.place),
    ]
    typer.echo("\n".join(lines), err=True)


def told_notes(notes: tuple[str, ...]) -> list[str]:
    return [say("data.note", note=said(note)) for note in notes]


def told_findings(findings: tuple[Finding, ...], place: str) -> list[str]:
    lines = []
    for found in findings:
        head = {"severity": say(f"data.{found.severity}"), "kind": say(f"data.kind.{found.kind}")}
        lines.append(say("data.finding", **head, count=found.count, advice=said(found.advice)))
        at = say(f"data.{place}")
        lines += [f"             {at} {problem.line}: {said(problem.text)}" for problem in found.problems[:TOLD]]
        if found.count > TOLD:
            lines.append(say("data.and_more", count=found.count - TOLD))
    return lines


def tell_stored(stored: list[Stored]) -> None:
    from rich.console import Console
    from rich.table import Table

    from core.formats import figure
    from core.history.importing.findings import utc
    from core.wording import owners_language

    language = owners_language()
    table = Table(*(say(f"data.head.{head}") for head in HEADS), box=None, header_style="bold")
    for entry in stored:
        bars, size = figure(entry.bars, ",", language), figure(entry.bytes / 1e6, ".1f", language)
        cells = [entry.symbol, entry.timeframe, bars, utc(entry.first_ns), utc(entry.last_ns)]
        table.add_row(
            *cells,
            str(len(entry.months)),
            size,
            listed(say(f"data.origin.{origin}") for origin in entry.origin.split(" and ")),
        )
    Console(width=None if sys.stdout.isatty() else 140).print(table)
