"""How a command speaks to its owner, in his language: what it did, and an error with what to do next.

An error is one sentence on standard error, an object when JSON was asked for; an object is English for every owner.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer

from cli.texts import say
from core.encoding import json_line
from core.errors import SorteError


def report(error: SorteError) -> None:
    """Tell the operator what happened and what to do next; as JSON when he asked for JSON."""
    if "--json" in sys.argv:
        print(json_line({"kind": "error", "message": error.message, "hint": error.hint}))
        return
    print(f"sorte: {said(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"       {said(error.hint)}", file=sys.stderr)


def tell(text: str, *, err: bool = False) -> None:
    """Print a sentence of ours, which `texts.toml` has in each language."""
    typer.echo(said(text), err=err)


def said(text: str) -> str:
    """A sentence of ours in the owner's language."""
    from core.retelling import retold

    return retold(text)


def listed(names: Iterable[object]) -> str:
    """Several names in one sentence."""
    return f" {say('and')} ".join(map(str, names))


def confirmed(question: str) -> bool:
    """Ask it on the terminal, in the owner's language and heard in both; whatever is no clear yes is a no."""
    from services.interpreter.answering import answer

    return answer(typer.prompt(f"{said(question)} {say('yes_or_no')}", default="n", show_default=False)) is True
