"""`sorte lookahead` and `sorte recursive`: two questions of the judge's about any strategy, by names that are known.

Exit codes: 0 nothing was found, 1 something was, 2 it could not be asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.backtest import choose_strategy
from cli.reporting import said
from cli.texts import say

if TYPE_CHECKING:
    from core.contracts import GateReport
    from services.guardian.analysing import Analysis

ShippedOption = Annotated[bool, typer.Option("--shipped")]
JsonOption = Annotated[bool, typer.Option("--json")]


def lookahead(strategy: Path | None = None, shipped: ShippedOption = False, as_json: JsonOption = False) -> None:
    """Find out whether a strategy knows its future: cut it off, change it, take other pairs away, play it again."""
    _analyse("lookahead", strategy, shipped=shipped, as_json=as_json)


def recursive(strategy: Path | None = None, shipped: ShippedOption = False, as_json: JsonOption = False) -> None:
    """Find out whether a strategy decides alike compiled and as plain Python, and after how many bars of warm-up."""
    _analyse("recursive", strategy, shipped=shipped, as_json=as_json)


def _analyse(what: Analysis, strategy: Path | None, *, shipped: bool, as_json: bool) -> None:
    from cli.judge import note_gate, tell_gate
    from cli.reporting import report
    from core.contracts.road import Outcome
    from core.errors import SorteError
    from core.settings import load_settings
    from services.guardian.analysing import analyse
    from services.guardian.evidence import gather

    try:
        settings, tested = load_settings(), choose_strategy(strategy, shipped=shipped)
        evidence = gather(settings)
        if not as_json:
            print(say(f"analysing.{tested.what}", tree=tested.source.tree_hash[:12], commit=tested.commit[:12]))
            print(say("judge.history", origin=said(evidence.origin)))
        reports = analyse(what, tested.source, evidence, settings, note_gate if as_json else tell_gate)
    except SorteError as error:
        report(error)
        raise typer.Exit(2) from None
    clean = all(each.outcome is Outcome.PASSED for each in reports)
    if as_json:
        _print(what, tested.source.tree_hash, evidence.origin, reports, clean=clean)
    else:
        print(say(f"analysing.{what}.{'clean' if clean else 'found'}"))
    raise typer.Exit(0 if clean else 2 if reports[-1].outcome is Outcome.ERROR else 1)


def _print(what: str, tree: str, origin: str, reports: list[GateReport], *, clean: bool) -> None:
    import msgspec

    from core.encoding import json_line

    gates: Any = msgspec.to_builtins(reports)
    print(json_line({"kind": what, "tree": tree, "history": origin, "clean": clean, "gates": gates}))
