"""The owner's words on the command line: `change`, what shows it, and the switches.

Exit codes: 0 when he got what he asked for, 1 when it was refused or asked back, 2 on an error, 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated, Final, assert_never, cast

import typer

from cli.debugging import DebugOption, debugged, note
from cli.reporting import tell

if TYPE_CHECKING:
    from core.contracts.answers import Answer
    from core.contracts.asking import Question
    from core.contracts.told import Step, TellStep

INTERRUPTED: Final = 130

JsonOption = Annotated[bool, typer.Option("--json")]


def change(
    text: Annotated[str, typer.Argument()],
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Change the strategy by a sentence: edit, judge, deploy, watch."""
    from core.contracts.accounts import CompareShown, ProfitShown
    from core.contracts.answers import (
        ChangeEnded,
        CloseSaid,
        DiffShown,
        Failed,
        Held,
        HeldShown,
        HistoryShown,
        LogsShown,
        Panicked,
        Paused,
        Resumed,
        Said,
        Shown,
        StatusShown,
        TradesShown,
        Unkilled,
        ValueShown,
    )
    from core.contracts.asking import Question
    from core.contracts.ledger import LedgerShown
    from core.contracts.reasons import NameExplained, TradeExplained, WhyShown
    from core.encoding import as_typed

    final = answer_to(Question(do="change", text=as_typed(text), yes=yes), as_json=as_json, debug=debug)
    if isinstance(final, LedgerShown):
        raise typer.Exit(0)
    match final:
        case ChangeEnded(state="live" | "accepted") | ChangeEnded(state="rolled_back", plan=None):  # back as he asked
            code = 0
        case ChangeEnded() | CloseSaid(done=False) | Said(done=False) | Failed():
            code = 1
        case HistoryShown() | Shown() | ValueShown() | DiffShown() | StatusShown() | TradesShown():
            code = 0
        case LogsShown() | ProfitShown() | CompareShown() | WhyShown() | TradeExplained() | NameExplained():
            code = 0
        case Held() | HeldShown():
            code = 0
        case Said() | Paused() | Resumed() | Panicked() | Unkilled() | CloseSaid():
            code = 0
        case _:
            assert_never(final)
    raise typer.Exit(code)


def history(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    everything: Annotated[bool, typer.Option("--all")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the changes, newest first."""
    from core.contracts.asking import Question

    answer_to(Question(do="history", limit=limit, all=everything, judged=not everything), as_json=as_json)


def show(
    wanted: Annotated[str, typer.Argument(metavar="ID")],
    as_json: JsonOption = False,
) -> None:
    """Show a change from its sentence to its end, or which sentence led to an order."""
    from core.contracts.asking import Question

    answer_to(Question(do="show", id=wanted), as_json=as_json)


def diff(wanted: Annotated[str, typer.Argument(metavar="ID")], as_json: JsonOption = False) -> None:
    """Show what a change edited."""
    from core.contracts.asking import Question

    answer_to(Question(do="diff", id=wanted), as_json=as_json)


def rollback(
    to: str | None = None,
    steps: Annotated[int, typer.Option(min=1, max=1000)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Go back to what traded before; at once when it is still warm."""
    from core.contracts.asking import Question

    final = answer_to(Question(do="rollback", to=to, steps=steps), as_json=as_json)
    raise typer.Exit(0 if _ended(final, "rolled_back") else 1)


def upgrade(
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring your strategy to what this release ships; what you changed stays."""
    from core.contracts.asking import Question

    final = answer_to(Question(do="upgrade", yes=yes), as_json=as_json)
    raise typer.Exit(0 if _ended(final, "live", "accepted", "none") else 1)


def status(as_json: JsonOption = False) -> None:
    """Show what trades, what is under way, and how the trader does."""
    from core.contracts.answers import StatusShown
    from core.contracts.asking import Question

    final = answer_to(Question(do="status"), as_json=as_json)
    raise typer.Exit(1 if isinstance(final, StatusShown) and final.away is not None else 0)


def pause(as_json: JsonOption = False) -> None:
    """Open no position any more; those that are open may be closed."""
    from core.contracts.asking import Question

    answer_to(Question(do="pause"), as_json=as_json)


def resume(as_json: JsonOption = False) -> None:
    """Trade again after a pause."""
    from core.contracts.asking import Question

    answer_to(Question(do="resume"), as_json=as_json)


def panic(as_json: JsonOption = False) -> None:
    """Close every position now and open none until `sorte resume`."""
    from core.contracts.asking import Question

    answer_to(Question(do="panic"), as_json=as_json)


def close(
    pair: Annotated[str, typer.Argument()],
    yes: Annotated[bool, typer.Option("--yes", "-y")] = False,
    as_json: JsonOption = False,
) -> None:
    """Close the open position of one pair now, whatever the strategy says; asked once, and nothing else changes."""
    from core.contracts.answers import CloseSaid
    from core.contracts.asking import Question

    final = answer_to(Question(do="close", pair=pair, yes=yes), as_json=as_json)
    raise typer.Exit(0 if isinstance(final, CloseSaid) and final.done else 1)


def _ended(final: Answer, *states: str) -> bool:
    """Whether a change ended, and in one of these states."""
    from core.contracts.answers import ChangeEnded

    return isinstance(final, ChangeEnded) and final.state in states


def answer_to(question: Question, *, as_json: bool, debug: bool = False, as_csv: bool = False) -> Answer:
    """Ask it, and show what comes of it: to a person, as JSON lines, or as CSV with all else on standard error."""
    from core.errors import SorteError
    from core.settings import load_settings
    from core.wording import owners_language
    from services.commander.line.client import ask
    from services.commander.line.instance import settings_of_instance
    from services.gateway.console.shown import printer

    try:
        settings = load_settings()
        show_step = _sheet(settings.time_zone) if as_csv else printer(as_json=as_json, zone=settings.time_zone)
        with debugged("cli", settings_of_instance(settings) if debug else settings, on=debug):
            final = ask(
                question.spoken_in(owners_language()), settings, _noted(show_step) if debug else show_step, _confirm
            )
    except (SorteError, OSError) as error:
        from cli.reporting import report

        report(error if isinstance(error, SorteError) else SorteError(f"{str(error) or type(error).__name__}."))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        from cli.reporting import report

        report(
            SorteError(
                "You interrupted it.",
                "`sorte history` shows how it ended, or that the running instance goes on with it.",
            )
        )
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # a judgement that is under way in a thread is not waited for; its boxes die with us
    show_step(final)
    return final


def _sheet(zone: str) -> TellStep:
    """Writes the last line as CSV on standard output; what comes before it goes where errors go."""
    from rich.console import Console

    from core.contracts.told import Note, Recovered
    from services.gateway.console.shown import printer
    from services.gateway.ledger.sheets import write_sheet

    beside = printer(as_json=False, console=Console(stderr=True, highlight=False), zone=zone)

    def show(told: Step | Answer) -> None:
        if isinstance(told, Note | Recovered):
            beside(told)
        else:
            write_sheet(cast("Answer", told), sys.stdout)

    return show


def _noted(show_step: TellStep) -> TellStep:
    """`show_step`, and a line in the log for each step."""
    from core.contracts.told import fields_of, kind_of

    def show(step: Step | Answer) -> None:
        show_step(step)
        change = {"change": said} if (said := fields_of(step).get("id")) is not None else {}
        note("step", told=kind_of(step), **change)

    return show


def _confirm(question: str) -> bool | str:
    """Ask on the terminal; nobody there is no, and so are Ctrl-C and Ctrl-D. Other words are for the commander."""
    from core.encoding import as_typed
    from services.interpreter.answering import answer

    if not sys.stdin.isatty():
        tell("sorte: nobody can be asked here; --yes confirms beforehand.", err=True)
        return False
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # an event loop would only take a note
    try:
        said: str = typer.prompt(question, default="n", show_default=False, err=True)
    except typer.Abort:
        return False
    finally:
        signal.signal(signal.SIGINT, usual)
    said = as_typed(said)
    decided = answer(said)
    return said if decided is None else decided
