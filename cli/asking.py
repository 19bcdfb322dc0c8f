"""The owner's questions on the command line: how releases did, why something was let be, what a name means.

Each is answered by who runs, or from the files when nobody does. Exit codes: as those of `sorte change`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.change import JsonOption, answer_to

if TYPE_CHECKING:
    from core.contracts.answers import Answer


def compare(
    runs: Annotated[list[str] | None, typer.Argument(metavar="RUN")] = None,
    as_json: JsonOption = False,
) -> None:
    """Lay two backtests side by side; without one, show what each release that has traded came to."""
    from core.contracts.asking import Question

    match runs or []:
        case []:
            answer_to(Question(do="compare"), as_json=as_json)
        case [first, second]:
            compare_runs(first, second, as_json=as_json)
        case _:
            raise typer.BadParameter("two backtests are compared, or none for the releases that have traded")


def compare_runs(first: str, second: str, *, as_json: bool) -> None:
    """Two backtests, each by its id or by the file that `--json` was written to."""
    from core.backtest.compared_page import print_compared
    from core.backtest.comparing import as_object
    from core.backtest.comparing import compare as side_by_side
    from core.backtest.kept import find
    from core.encoding import json_line

    one, other = find(first), find(second)
    compared = side_by_side(one, other)
    if as_json:
        print(json_line(as_object(compared, one, other)))
    else:
        print_compared(compared, one, other, (first, second))


def why(
    pair: Annotated[str, typer.Argument()] = "",
    at: Annotated[str, typer.Option()] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 12,
    as_json: JsonOption = False,
) -> None:
    """Show why nothing was bought or sold: signals, score and threshold, rule, limit, or what became of an order."""
    import time

    from cli.moments import moment
    from core.contracts.asking import Question
    from core.settings import load_settings

    at_ns = moment(at, load_settings().time_zone, time.time_ns(), "--at") or None
    answer_to(Question(do="why", pair=pair, at_ns=at_ns, limit=limit), as_json=as_json)


def explain(
    name: Annotated[str, typer.Argument()],
    pair: Annotated[str, typer.Option()] = "",
    as_json: JsonOption = False,
) -> None:
    """Explain a name of the strategy with the history of its values, or the last trade with what decided it."""
    from core.contracts.answers import Said
    from core.contracts.asking import Question

    shipped = explained_as_shipped(name, as_json=as_json)
    final = shipped or answer_to(Question(do="explain", id=name, pair=pair), as_json=as_json)
    raise typer.Exit(1 if isinstance(final, Said) and final.done is False else 0)


def explained_as_shipped(name: str, *, as_json: bool) -> Answer | None:
    """What a name of the shipped strategy means, where there is no workspace; else, and of a trade, None."""
    from core.settings import load_settings
    from core.strategy import Source
    from core.wording import owners_language
    from core.workspace import find
    from services.commander.desk.explaining import TRADES, named
    from services.gateway.console.shown import printer

    settings = load_settings()
    if name.strip().lower() in TRADES or find(settings) is not None:
        return None
    explained = named(Source.shipped(), [], name.strip(), owners_language())
    printer(as_json=as_json, zone=settings.time_zone)(explained)
    return explained
