"""`sorte data`: bring price history in, and see what is there."""

from __future__ import annotations

import typer

app = typer.Typer(help="Import and list price history.", no_args_is_help=True)
