"""`sorte doctor`: what of this machine and these settings works, and what to do about the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from cli.checkup.finding import Finding
    from core.settings import Settings

SIGNS: Final = {"ok": "+", "warn": "!", "fail": "x", "off": "-"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json")] = False,
    gpu: Annotated[bool, typer.Option("--gpu")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox")] = False,
) -> None:
    """Look at the machine, the settings, the exchange where one is set, and the language models; change nothing.

    Exit code: 0 when nothing fails, 1 when something does.
    """
    from cli.checkup import report
    from core.encoding import json_line

    if gpu:
        typer.echo(report.report(list(_of_models()), _version()))
        return
    found = []
    for finding in _of_walls() if sandbox else _all():
        found.append(finding)
        if not as_json:
            _show(finding)
    fails = [finding.name for finding in found if finding.state == "fail"]
    if as_json:
        told = {"kind": "doctor", "ok": not fails, "findings": [finding.plain() for finding in found]}
        typer.echo(json_line(report.without_names(told)))
    if fails:
        raise typer.Exit(1)


def _all() -> Iterator[Finding]:
    """Each finding as soon as it is there."""
    from cli.checkup import cards, machine, models, surroundings

    yield machine.python()
    yield machine.box()
    yield (files := surroundings.settings_files())
    if files.state == "fail":
        return  # what they set is not known
    settings = _settings()
    found, clock_ms = surroundings.exchange(settings)
    yield from (machine.clock(clock_ms), machine.disk(settings), surroundings.database(settings), found)
    yield from models.models(settings.models)
    yield cards.cards()


def _of_walls() -> Iterator[Finding]:
    """What a stranger's code would try, and the wall that stops it here."""
    from cli.checkup import machine, walls

    yield machine.box()
    yield from walls.walls(_settings())


def _of_models() -> Iterator[Finding]:
    from cli.checkup import cards, machine, models

    yield machine.python()
    yield cards.cards()
    yield from models.models(_settings().models)


def _settings() -> Settings:
    from core.settings import load_settings

    return load_settings()


def _show(finding: Finding) -> None:
    from core.retelling import Retelling

    wording = Retelling(Path(__file__).with_name("texts.toml"), ("why",))
    named = {
        name: wording.say(f"wall.{fact}") for name, fact in finding.facts.items() if f"wall.{fact}" in wording.texts
    }
    typer.echo(f"{SIGNS[finding.state]} {replace(finding, facts={**finding.facts, **named}).said(wording)}")


def _version() -> str:
    from importlib import metadata

    return metadata.version("sorte")
