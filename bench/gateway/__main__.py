"""`python -m bench.gateway`: measure the gateway, and write docs/gateway.md."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.figure import Figure
from bench.gateway import chat, growth, kills, ledger, pages, storms
from bench.gateway.world import world
from bench.page import machine_line

PAGE: Final = Path(__file__).parents[2] / "docs" / "gateway.md"
HEAD: Final = """# Figures of the gateway

Made by `make bench-gateway`, on a whole Sorte: a simulated exchange of eight pairs, trader, commander, gateway, and a
simulated Telegram in the measuring process. The trader's p99 is from frame read to decision settled.
Last run on {day}, on {machine}.

| figure | value | goal | |
|---|---|---|---|
"""


async def measured(progress: Console) -> list[Figure]:
    """What needs a loop, the storms' figures apart."""
    progress.print("a gateway alone")
    figures = await growth.measure()
    progress.print("the ledger")
    figures += await ledger.measure()
    async with world() as built:
        progress.print("the chat")
        figures += await chat.measure(built)
    async with world() as built:
        progress.print("the page")
        figures += await pages.measure(built)
    progress.print("kills")
    return [*figures, *await kills.measure(progress)]


def row(figure: Figure) -> str:
    """One line of the table."""
    digits = 0 if isinstance(figure.value, int) else 2  # what is counted is whole
    value = f"{figure.value:,.{digits}f} {figure.unit}".strip()
    goal = ""
    if figure.goal is not None:
        goal = f"{'>=' if figure.goal.at_least else '<='} {figure.goal.limit:g} {figure.unit}".strip()
    met = {True: "met", False: "**missed**", None: ""}[figure.met]
    return f"| {figure.name} | {value} | {goal} | {', '.join(filter(None, (met, figure.note)))} |\n"


def markdown(figures: Sequence[Figure], machine: str, day: datetime.date) -> str:
    """The page."""
    return HEAD.format(day=day, machine=machine) + "".join(map(row, figures))


def main() -> None:
    """Exit code 0 when all could be measured, whatever was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--dry", action="store_true", help="leave docs/gateway.md as it is")
    os.environ["SORTE_LANGUAGE"] = "en"  # whatever this machine speaks
    dry, progress, machine = asked.parse_args().dry, Console(stderr=True), machine_line()
    figures = asyncio.run(measured(progress))
    progress.print("storms and attacks")
    figures += storms.measure()
    text = markdown(figures, machine, datetime.datetime.now(datetime.UTC).date())
    Console().print(text, markup=False)
    if not dry:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
