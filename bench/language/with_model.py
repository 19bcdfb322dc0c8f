"""What a real model added when it was last measured by `python -m bench.language_model`, kept for the page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

FILE: Final = Path(__file__).parent / "with_model.json"


class WithModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model's run over the sentences that the grammar left open then."""

    model: str
    day: str
    left_open: int
    asked: int  # the others are none that a model may guess at
    right: int  # offers that are what the owner means
    wrong: int  # offers that are not, and that the licence let through
    median_seconds: float  # a question, without the first one, which reads what is the same in every one
    load: float  # average of the machine's last minute, at the end


def keep(found: WithModel) -> None:
    """For the page, and for whoever prints it."""
    text = msgspec.json.format(msgspec.json.encode(found), indent=1)
    FILE.write_bytes(text + b"\n")
    print(text.decode())


def told() -> list[str]:
    """The part of the page; empty where no model was measured."""
    if not FILE.exists():
        return []
    found = msgspec.json.decode(FILE.read_bytes(), type=WithModel)
    return [
        "",
        "## With a model",
        "",
        f"`{found.model}` by llama.cpp on the processor ({found.day}), asked about what the grammar left open",
        f"without an offer that day: {found.left_open} sentences, of which a model may guess at {found.asked}.",
        f"It offered {found.right} right and {found.wrong} wrong; a question took {found.median_seconds:g} s (p50)"
        f" at a load average of {found.load:g}.",
    ]
