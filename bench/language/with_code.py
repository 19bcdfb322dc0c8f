"""What a real model wrote when it was last measured by `python -m bench.model_code`, kept for the page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = Path(__file__).parent
ABOUT: Final = {
    "first": "first ten; what code is held to was mended after these answers",
    "second": "ten more, which nobody had looked at",
}
SINCE: Final = (
    "Measured once. Since then a new rule may be called as what it looks at, or as what it is to write anew.",
    "Four of the second ten were refused for that; asked once more, they were refused for what the code left out.",
)
"""What was mended after these figures. Empty it when they are made again."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request."""

    say: str
    came: str  # of the question to the model: offered, refused, declined or not asked
    tries: int
    seconds: float
    gates: str  # passed, or the gate that refused; empty without an offer
    right: bool
    code: str
    wrong: str = ""  # the fault or the market that told


class WithCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model's run over all requests."""

    of: str  # the set of requests
    model: str
    day: str
    median_seconds: float  # a request with both its tries, what is the same in every one read before
    load: float  # average of the machine's last minute, at the end
    rows: tuple[Row, ...]


def keep(found: WithCode) -> None:
    """For the page."""
    _file(found.of).write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def told() -> list[str]:
    """The part of the page; empty where no model was measured."""
    found = [msgspec.json.decode(_file(of).read_bytes(), type=WithCode) for of in ABOUT if _file(of).exists()]
    lines = [line for each in found for line in _told(each)]
    return ["", "## Code by a model", "", *SINCE, *lines] if lines else []


def _file(of: str) -> Path:
    return FOLDER / f"with_code_{of}.json"


def _told(found: WithCode) -> list[str]:
    offered = [row for row in found.rows if row.came == "offered"]
    passed = [row for row in offered if row.gates == "passed"]
    right = sum(row.right for row in passed)
    return [
        "",
        f"### {ABOUT[found.of].capitalize()}",
        "",
        f"`{found.model}` by llama.cpp on the processor ({found.day}), asked to write a function for {len(found.rows)}",
        f"requests that no rule can say: {len(offered)} were offered, {len(passed)} of these passed every gate, and",
        f"{right} of those do what was meant in each of the markets that were written down beforehand. A request took",
        f"{found.median_seconds:g} s (p50, both tries) at a load average of {found.load:g}. What is offered and not",
        "right is shown to its owner as it stands; nobody but he can tell.",
        "",
        "| request | came | tries | s | gates | right |",
        "|---|---|---|---|---|---|",
        *(_row(row) for row in found.rows),
    ]


def _row(row: Row) -> str:
    right = "" if row.came != "offered" else "yes" if row.right else "no"
    return f"| {row.say} | {row.came} | {row.tries} | {row.seconds:.1f} | {row.gates} | {right} |"
