"""The command line: lists the commands, and is the one boundary that turns exceptions into reports and exit codes.

Exit codes: 0 done, 1 refused or failed (one line on standard error says why), 2 wrong usage, 130 interrupted.
Command files import nothing heavy at their top, so that `sorte --help` answers at once.
"""

from __future__ import annotations

import typer

from cli import backtest, change, config, data, init, interpret, judge, logs, paper, reconcile, run, sim
from cli.reporting import report
from core.encoding import leave_ascii, prepare_streams
from core.errors import SorteError
from core.private import keep_private

app = typer.Typer(
    name="sorte",
    help="A trading agent that rewrites its own strategy when its owner asks, and cannot hurt him by doing so.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command(name="init")(init.init)
app.add_typer(config.app, name="config")
app.command(name="change")(change.change)
app.command(name="history")(change.history)
app.command(name="show")(change.show)
app.command(name="diff")(change.diff)
app.command(name="rollback")(change.rollback)
app.command(name="upgrade")(change.upgrade)
app.command(name="status")(change.status)
app.command(name="pause")(change.pause)
app.command(name="resume")(change.resume)
app.command(name="panic")(change.panic)
app.command(name="close")(change.close)
app.command(name="judge")(judge.judge)
app.add_typer(data.app, name="data")
app.command(name="backtest")(backtest.backtest)
app.command(name="sim")(sim.sim)
app.command(name="interpret")(interpret.interpret)
app.command(name="run")(run.run)
app.add_typer(paper.app, name="paper")
app.command(name="kill")(run.kill)
app.command(name="unkill")(run.unkill)
app.command(name="arm")(run.arm)
app.command(name="reconcile")(reconcile.reconcile)
app.command(name="logs")(logs.logs)


def main() -> None:
    """Run the command line; the console script `sorte`."""
    leave_ascii()
    prepare_streams()
    keep_private()
    try:
        app()
    except SorteError as error:
        report(error)
        raise SystemExit(1) from None
    except OSError as error:  # a full disk, a folder that is a file, a permission: it says which by itself
        report(SorteError(f"{str(error) or type(error).__name__}."))
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
