"""What a running trader and its two hosts hold in memory, as `sorte run` itself reports it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from bench.compile_time import output_of
from bench.figure import Effort, Figure, Measured, at_most


def measure(effort: Effort) -> Measured:
    """One run of the command line."""
    effort.say("sorte run")
    sorte = Path(sys.executable).with_name("sorte")
    with tempfile.TemporaryDirectory() as folder:
        environment = (f"SORTE_DATA_DIR={folder}", "SORTE_WEB__ENABLED=false")  # the gateway's is in docs/gateway.md
        command = ["env", *environment, str(sorte), "run", "--for", str(effort.of(20, 5)), "--json"]
        summary = json.loads(output_of(command).splitlines()[-1])
    note = "resident, added up; pages that they share are counted in each"
    return Measured((Figure("Trader and two hosts", summary["rss_mb"], "MB", at_most(500), note),))
