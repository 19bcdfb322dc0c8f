"""The platform as a process: `sorte run`, but that the commander's rooms are quick ones (see `tests.road.commander`).

    python -m tests.road.platform SECONDS

The settings are those of the environment. Everything else is the product's: the trader, its boxed hosts, the journal,
the control link, the commander's process, its socket, its recovery, and git.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from core.settings import load_settings
from services.commander.line.child import CommanderProcess
from services.gateway.console.live import console
from services.trader.plan import Plan
from services.trader.run import run
from tests.trader.harness import PAIRS

BRAKES = Path(os.environ["ROAD_BRAKES"])


async def stay_away(_seconds: float) -> None:
    """A commander that has died comes back at once, or when the brake `away` is gone: no test waits for a clock."""
    while (BRAKES / "away").exists():  # noqa: ASYNC110 - another process makes and removes it
        await asyncio.sleep(0.01)


def main() -> None:
    settings = load_settings()
    assert settings.workspace is not None
    plan = Plan(tuple(pair.symbol for pair in PAIRS), feed="exchange", seconds=float(sys.argv[1]))
    with console(as_json=True) as shown:
        commander = CommanderProcess(
            settings.workspace, settings, shown.tell, module="tests.road.commander", pause=stay_away
        )
        shown.tell(uvloop.run(run(plan, settings, shown.tell, shown.watch, commander)))


if __name__ == "__main__":
    main()
