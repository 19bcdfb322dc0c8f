"""`sorte judge`: hold the gates over a commit of the workspace, or over a strategy folder, and change nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.debugging import DebugOption, debugged, note
from cli.reporting import said
from cli.texts import say

if TYPE_CHECKING:
    from core.contracts import GateReport, Verdict
    from core.settings import Settings
    from core.strategy import Source

ACCEPTED, REJECTED, BROKEN = 0, 1, 2
"""Exit codes; 2 when nothing could be judged."""
WIDTH = 110


def judge(
    revision: Annotated[str | None, typer.Argument(metavar="REV")] = None,
    tree: Path | None = None,
    every: Annotated[bool, typer.Option("--all")] = False,
    explain: Annotated[bool, typer.Option("--explain")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    debug: DebugOption = False,
) -> None:
    """Judge a candidate by hand. Exit codes: 0 accepted, 1 rejected, 2 not judged."""
    from cli.reporting import report
    from core.errors import SorteError
    from core.settings import load_settings

    if (revision is None) == (tree is None):
        raise typer.BadParameter("give either a commit or --tree DIR")
    try:
        settings = load_settings()
        with debugged("guardian", settings, on=debug):
            source, parent, diff = find_trees(settings, revision, tree)
            verdict = hold(source, parent, diff, settings, every=every, explain=explain, as_json=as_json)
    except SorteError as error:
        report(error)
        raise typer.Exit(BROKEN) from None
    raise typer.Exit(ACCEPTED if verdict.accepted else REJECTED)


def find_trees(settings: Settings, revision: str | None, tree: Path | None) -> tuple[Source, Source, str]:
    """The candidate, its parent, and the diff between their commits, empty for a folder."""
    from core.errors import ConfigurationError
    from core.strategy import Source
    from core.workspace import Workspace, find

    place = find(settings)
    if place is None:
        if tree is None:
            raise ConfigurationError("There is no workspace here.", "Make one with `sorte init`, or give --tree DIR.")
        return Source.read(tree), Source.shipped(), ""
    with Workspace(place) as workspace:
        live = workspace.live
        parent = workspace.source(live)
        if tree is not None:
            return Source.read(tree), parent, ""
        commit = workspace.resolve(str(revision))
        return workspace.source(commit), parent, workspace.diff(live, commit)


def hold(
    source: Source, parent: Source, diff: str, settings: Settings, *, every: bool, explain: bool, as_json: bool
) -> Verdict:
    """Judge, and say what each gate came to as it does."""
    import json

    from cli.explaining import explained
    from services.guardian.differing import Example
    from services.guardian.evidence import gather
    from services.guardian.judge import as_object
    from services.guardian.judge import judge as hold_gates

    evidence = gather(settings)
    note("judgement.begun", tree=source.tree_hash, parent=parent.tree_hash, evidence=evidence.origin)
    if not as_json:
        print(say("judge.judging", tree=source.tree_hash[:12], parent=parent.tree_hash[:12]))
        print(say("judge.history", origin=said(evidence.origin)))
    begun, examples = time.monotonic(), list[Example]()
    verdict = hold_gates(
        None,
        source,
        parent,
        plan=None,
        evidence=evidence,
        settings=settings,
        every=every,
        diff=diff,
        on_gate=note_gate if as_json else tell_gate,
        on_examples=examples.extend,
    )
    note("judgement.finished", outcome=verdict.outcome, box=verdict.box.kind, verdict=verdict.digest)
    if as_json:
        print(json.dumps(as_object(verdict), allow_nan=False))
    else:
        tell_verdict(verdict, time.monotonic() - begun)
        for line in explained(verdict, examples, evidence) if explain else ():
            print(line)
    return verdict


def note_gate(report: GateReport) -> None:
    """A line in the log; the JSON object says it all at the end."""
    found = {"seconds": report.seconds, "findings": report.findings, "figures": report.figures}
    note("gate.finished", gate=report.name, outcome=report.outcome, **found)


def tell_gate(report: GateReport) -> None:
    """One line for a gate, and one for each finding."""
    import textwrap

    from core.contracts import Outcome
    from core.wording import owners_language
    from services.gateway.console.texts import named
    from services.guardian.advice import advice

    note_gate(report)
    names = {"gate": named("gate", report.name, owners_language()), "outcome": say(f"judge.{report.outcome}")}
    print(say("judge.gate", **names, seconds=report.seconds))
    for finding in report.findings:
        print(textwrap.fill(said(finding), WIDTH, initial_indent="             ", subsequent_indent="             "))
    refuses = report.name if report.outcome is Outcome.FAILED else ""
    wrong = report.findings[0] if report.findings and report.outcome in (Outcome.FAILED, Outcome.ERROR) else ""
    if wrong and (told := advice(wrong, gate=refuses)):
        print(textwrap.fill(told, WIDTH, initial_indent="             ", subsequent_indent="             "))
    sys.stdout.flush()


def tell_verdict(verdict: Verdict, seconds: float) -> None:
    """The last lines."""
    figures = {"seconds": seconds, "box": verdict.box.kind, "digest": verdict.digest[:12]}
    print(say("judge.ended", outcome=say(f"judge.{verdict.outcome}"), **figures))
