"""`sorte interpret`: what a sentence means, and nothing else. Nothing is edited, stored or sent."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from core.contracts import Interpretation, Situation
    from core.llm.asking import Models
    from core.llm.chain import Attempt
    from core.strategy import Source
    from core.symbols import Symbols

STANDARD_INPUT: Final = "-"


def interpret(
    text: Annotated[str, typer.Argument()],
    as_json: Annotated[bool, typer.Option("--json")] = False,
    dialogue: Annotated[bool, typer.Option("--dialogue")] = False,
) -> None:
    """Say what a sentence means for the strategy: a plan, an action, a question back, or nothing.

    Exit code: 0 for a plan or an action, 1 for a question or nothing, 2 for an error; with `-` always 0.
    """
    from core.errors import SorteError
    from core.symbols import Symbols
    from services.interpreter import prepare

    try:
        symbols, now = Symbols.of(strategy().files), moment()
    except (SorteError, OSError) as error:
        from cli.reporting import report

        report(error if isinstance(error, SorteError) else SorteError(f"{error}."))
        raise typer.Exit(2) from None
    prepare(symbols)
    with contextlib.closing(owners_models(as_json=as_json)) as models:
        _answer(text, symbols, now, models, as_json=as_json, dialogue=dialogue)


def _answer(text: str, symbols: Symbols, now: Situation, models: Models, *, as_json: bool, dialogue: bool) -> None:
    from core.encoding import as_typed, decoded
    from services.commander.vetting import vet
    from services.interpreter.model import with_models

    understand = with_models(models, vet=vet)
    if text != STANDARD_INPUT and not dialogue:
        meant = understand(as_typed(text), symbols, now)
        show(meant, symbols, now.time_zone, as_json=as_json)
        raise typer.Exit(0 if meant.plan or meant.action else 1)
    if dialogue:
        from cli.talking import converse

        converse(sys.stdin.buffer, symbols, now, models, as_json=as_json)
        return
    for line in sys.stdin.buffer:
        show(understand(decoded(line), symbols, now), symbols, now.time_zone, as_json=as_json)


def owners_models(*, as_json: bool) -> Models:
    """The models that the settings name; a line of each that was asked goes to standard error."""
    from core.llm.asking import Models
    from core.settings import load_settings

    def told(attempt: Attempt) -> None:
        from core.llm.telling import line

        if not as_json:
            typer.echo(line(attempt), err=True)

    return Models(load_settings().models, told)


def strategy() -> Source:
    """What the workspace has accepted; the shipped strategy when there is no workspace."""
    from core.settings import load_settings
    from core.strategy import Source
    from core.workspace import Workspace, find

    path = find(load_settings())
    if path is None:
        return Source.shipped()
    with Workspace(path) as workspace:
        return workspace.source(workspace.main)


def moment() -> Situation:
    """What decides a sentence that may mean two things: a pause, a way back, the owner's zone and pairs."""
    from core.contracts import Situation
    from core.owner import OwnersWord
    from core.settings import load_settings
    from core.traded import remembered
    from core.wording import owners_language
    from core.workspace import Workspace, find
    from services.commander.road.commits import before

    settings = load_settings()
    paused, path = OwnersWord(settings.data_dir).paused, find(settings)
    earlier = None
    if paused and path is not None:
        with Workspace(path) as workspace:
            earlier = before(workspace, workspace.main)
    pairs, timeframe = remembered(settings.data_dir), settings.trader.timeframe
    return Situation(paused, earlier is not None, settings.time_zone, owners_language(), pairs, timeframe)


def show(meant: Interpretation, symbols: Symbols, zone: str, *, as_json: bool) -> None:
    """Print it at once, so that a program at the other end of a pipe need not wait."""
    import msgspec

    from core.encoding import json_line
    from services.interpreter.rendering import rendered

    text = json_line(msgspec.to_builtins(meant)) if as_json else rendered(meant, symbols, zone)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
