"""The platform as a process: `sorte run`, but that the commander's rooms are quick ones (see `tests.road.commander`).

    python -m tests.road.platform SECONDS

The settings are those of the environment. Everything else is the product's: the trader, its boxed hosts, the journal,
the control link, the commander's process, its socket, its recovery, and git.
"""

from __future__ import annotations

import sys

import uvloop

from core.settings import load_settings
from services.commander.child import CommanderProcess
from services.trader.console import console
from services.trader.run import Plan, run
from tests.trader.harness import PAIRS


def main() -> None:
    settings = load_settings()
    assert settings.workspace is not None
    plan = Plan(tuple(pair.symbol for pair in PAIRS), feed="exchange", seconds=float(sys.argv[1]))
    with console(as_json=True) as shown:
        commander = CommanderProcess(settings.workspace, settings, shown.tell, module="tests.road.commander")
        shown.tell("summary", **uvloop.run(run(plan, settings, shown.tell, shown.watch, commander)))


if __name__ == "__main__":
    main()
