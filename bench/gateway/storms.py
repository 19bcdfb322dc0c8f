"""Storms, forged updates and attacks on the page: the tests' own, with what came of them as figures."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from bench.figure import Figure, at_most
from core.settings import Settings
from core.telemetry.process import logging_as
from tests.gateway.telegram.storming import BURST, CRITICAL, OUTAGE, burst, forged_updates, storm
from tests.gateway.warped import warped
from tests.gateway.web.attacks import all_of_them, succeeded
from tests.gateway.web.house import Page


def measure() -> list[Figure]:
    """All of them; each makes a loop of its own."""
    logging.disable()  # what breaks off is told as a fault by whoever is in the middle of it
    try:
        with (
            tempfile.TemporaryDirectory(prefix="sorte-bench-") as made,
            logging_as("bench", Settings(data_dir=Path(made))),
        ):
            return [*_burst(), *_storm(), _forged(), _attacked()]
    finally:
        logging.disable(logging.NOTSET)


def _burst() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="sorte-bench-") as made:
        found = warped(lambda: burst(Path(made)))
    note = f"a panic behind them is done after {found.panic_seconds:.1f} s"
    return [
        Figure(f"burst of {BURST} messages: lost", found.lost, "", at_most(0), note),
        Figure(
            "burst: done or answered twice", found.doubled, "", at_most(0), "answers a second apart, as Telegram asks"
        ),
    ]


def _storm() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="sorte-bench-") as made:
        found = warped(lambda: storm(Path(made)))
    faults = ", ".join(f"{count} x {name}" for name, count in found.faults.most_common())
    minutes = (OUTAGE[1] - OUTAGE[0]) / 60
    return [
        Figure(f"storm, {CRITICAL} critical messages: lost", found.lost, "", at_most(0), faults),
        Figure("storm: twice", found.doubled, "", at_most(0), f"{minutes:.0f} minutes of it without a network"),
        Figure("storm: out of order", 0 if found.in_order else 1, "", at_most(0)),
        Figure(f"storm, {CRITICAL} of little weight beside them: lost", found.infos_lost, "", at_most(0)),
    ]


def _forged() -> Figure:
    with tempfile.TemporaryDirectory(prefix="sorte-bench-") as made:
        found = warped(lambda: forged_updates(Path(made)))
    if not found.works:
        raise RuntimeError("the button that waited among the forged ones does not work")
    name = f"{found.tried} updates and presses, forged, replayed, stale, forwarded or foreign: accepted"
    return Figure(name, len(found.accepted), "", at_most(0), "a real button beside them still works")


def _attacked() -> Figure:
    attacks = all_of_them()
    with (
        tempfile.TemporaryDirectory(prefix="sorte-bench-") as made,
        Page(Path(made), names=("sorte.example.org",)) as page,
    ):
        found = succeeded(page, attacks)
    return Figure(
        f"{len(attacks)} attacks on the page: not refused",
        len(found),
        "",
        at_most(0),
        ", ".join(each[0] for each in found),
    )
