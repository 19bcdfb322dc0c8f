"""The owner's account on the command line: round trips, what they came to, what is open and what it is worth.

Each is answered by who runs, or from the journal when nobody does. Exit codes: as those of `sorte change`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.change import JsonOption, answer_to

if TYPE_CHECKING:
    from core.contracts.asking import Question

CsvOption = Annotated[bool, typer.Option("--csv")]
LimitOption = Annotated[int, typer.Option(min=1, max=1000)]
CountArgument = Annotated[int, typer.Argument(min=1, max=1000)]
PeriodArgument = Annotated[str, typer.Argument()]


def trades(
    pair: Annotated[str, typer.Argument()] = "",
    period: Annotated[str, typer.Option()] = "",
    release: Annotated[str, typer.Option()] = "",
    limit: LimitOption = 20,
    fills: Annotated[bool, typer.Option("--fills")] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """List the last round trips, newest first: what each earned, with fees and the reasons of entry and exit."""
    from core.contracts.asking import Question

    if fills and (pair or period or release or as_csv):
        raise typer.BadParameter("--fills goes with --limit and --json only")
    if fills:
        _ask(Question(do="trades", limit=limit), as_json=as_json, as_csv=False)
        return
    asked = Question(do="trips", pair=pair, period=_period(period), release=release, limit=limit)
    _ask(asked, as_json=as_json, as_csv=as_csv)


def profit(period: PeriodArgument = "today", as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """Show what a period came to: realised and open, fees, wins, the deepest fall; by your own days."""
    from core.contracts.asking import Question

    _ask(Question(do="profit", period=_period(period)), as_json=as_json, as_csv=as_csv)


def positions(as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """Show what is open: what it cost, what it would earn now, since when and why; prices only while a trader runs."""
    from core.contracts.asking import Question

    _ask(Question(do="positions"), as_json=as_json, as_csv=as_csv)


def balance(as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """Show what the account has of each asset, and what it has earned since it began."""
    from core.contracts.asking import Question

    _ask(Question(do="balance"), as_json=as_json, as_csv=as_csv)


def performance(period: PeriodArgument = "all", as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """Show closed round trips by pair, by release, and by the reasons of entry and exit."""
    from core.contracts.asking import Question

    _ask(Question(do="performance", period=_period(period)), as_json=as_json, as_csv=as_csv)


def daily(count: CountArgument = 7, as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """Show what each of the last days came to, today first; by your own days."""
    _periods("day", count, as_json=as_json, as_csv=as_csv)


def weekly(count: CountArgument = 8, as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """Show what each of the last weeks came to, this one first."""
    _periods("week", count, as_json=as_json, as_csv=as_csv)


def monthly(count: CountArgument = 6, as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """Show what each of the last months came to, this one first."""
    _periods("month", count, as_json=as_json, as_csv=as_csv)


def _periods(unit: Literal["day", "week", "month"], count: int, *, as_json: bool, as_csv: bool) -> None:
    from core.contracts.asking import Question

    _ask(Question(do="periods", period=unit, limit=count), as_json=as_json, as_csv=as_csv)


def _period(word: str) -> str:
    """As it is asked for; the words of an owner who speaks Portuguese are known as well."""
    from services.gateway.asking import PERIODS

    return PERIODS.get(word.casefold(), word)


def _ask(question: Question, *, as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise typer.BadParameter("say --json or --csv, not both")
    answer_to(question, as_json=as_json, as_csv=as_csv)
