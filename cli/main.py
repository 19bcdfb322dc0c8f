"""The command line: lists the commands, and is the one boundary that turns exceptions into reports and exit codes.

Exit codes: 0 done, 1 refused or failed (one line on standard error says why), 2 wrong usage or a name of data that is
not there, 130 interrupted.
Command files import nothing heavy at their top, so that `sorte --help` answers at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cli import (
    analysing,
    asking,
    backtest,
    change,
    config,
    data,
    demo,
    doctor,
    init,
    interpret,
    judge,
    ledger,
    logs,
    paper,
    reconcile,
    run,
    sim,
    switches,
    telegram,
    versions,
    web,
)
from cli.helping import SpokenCommand, SpokenGroup
from cli.reporting import report, tell
from cli.usage import report_usage
from core.encoding import leave_ascii, prepare_streams
from core.errors import AbsentError, SorteError, system_error
from core.private import keep_private

app = typer.Typer(
    name="sorte",
    cls=SpokenGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def sorte(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=versions.show)] = False,
) -> None:
    """What comes before a command."""


app.command(name="init", cls=SpokenCommand)(init.init)
app.add_typer(config.app, name="config")
app.command(name="change", cls=SpokenCommand)(change.change)
app.command(name="history", cls=SpokenCommand)(change.history)
app.command(name="show", cls=SpokenCommand)(change.show)
app.command(name="diff", cls=SpokenCommand)(change.diff)
app.command(name="rollback", cls=SpokenCommand)(change.rollback)
app.command(name="upgrade", cls=SpokenCommand)(change.upgrade)
app.command(name="status", cls=SpokenCommand)(change.status)
app.command(name="trades", cls=SpokenCommand)(ledger.trades)
app.command(name="profit", cls=SpokenCommand)(ledger.profit)
app.command(name="positions", cls=SpokenCommand)(ledger.positions)
app.command(name="balance", cls=SpokenCommand)(ledger.balance)
app.command(name="daily", cls=SpokenCommand)(ledger.daily)
app.command(name="weekly", cls=SpokenCommand)(ledger.weekly)
app.command(name="monthly", cls=SpokenCommand)(ledger.monthly)
app.command(name="performance", cls=SpokenCommand)(ledger.performance)
app.command(name="compare", cls=SpokenCommand)(asking.compare)
app.command(name="why", cls=SpokenCommand)(asking.why)
app.command(name="explain", cls=SpokenCommand)(asking.explain)
app.command(name="pause", cls=SpokenCommand)(change.pause)
app.command(name="resume", cls=SpokenCommand)(change.resume)
app.command(name="panic", cls=SpokenCommand)(change.panic)
app.command(name="close", cls=SpokenCommand)(change.close)
app.command(name="judge", cls=SpokenCommand)(judge.judge)
app.command(name="lookahead", cls=SpokenCommand)(analysing.lookahead)
app.command(name="recursive", cls=SpokenCommand)(analysing.recursive)
app.add_typer(data.app, name="data")
app.command(name="backtest", cls=SpokenCommand)(backtest.backtest)
app.command(name="sim", cls=SpokenCommand)(sim.sim)
app.command(name="interpret", cls=SpokenCommand)(interpret.interpret)
app.command(name="run", cls=SpokenCommand)(run.run)
app.command(name="demo", cls=SpokenCommand)(demo.demo)
app.add_typer(paper.app, name="paper")
app.command(name="web", cls=SpokenCommand)(web.web)
app.add_typer(telegram.app, name="telegram")
app.command(name="kill", cls=SpokenCommand)(switches.kill)
app.command(name="unkill", cls=SpokenCommand)(switches.unkill)
app.command(name="arm", cls=SpokenCommand)(switches.arm)
app.command(name="reconcile", cls=SpokenCommand)(reconcile.reconcile)
app.command(name="logs", cls=SpokenCommand)(logs.logs)
app.command(name="doctor", cls=SpokenCommand)(doctor.doctor)


def main() -> None:
    """Run the command line; the console script `sorte`."""
    leave_ascii()
    prepare_streams()
    keep_private()
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        report_usage(error)
        raise SystemExit(error.exit_code) from None
    except typer.Abort:
        tell("Interrupted.", err=True)
        raise SystemExit(1) from None
    except SorteError as error:
        report(error)
        raise SystemExit(2 if isinstance(error, AbsentError) else 1) from None
    except OSError as error:
        report(system_error(error))
        raise SystemExit(1) from None
    if code:
        raise SystemExit(code)


if __name__ == "__main__":
    main()
