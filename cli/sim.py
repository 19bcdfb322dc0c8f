"""`sorte sim`: the simulated exchange on its own, for any Binance client on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sim(
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8765,
    pairs: str = "",
    seed: int = 7,
    speed: float = 1.0,
    events_per_second: float = 50.0,
    replay: Path | None = None,
    bnb_fees: bool = False,
    keep: Path | None = None,
    until_input_ends: Annotated[bool, typer.Option(hidden=True)] = False,
    log: Annotated[str, typer.Option(hidden=True)] = "",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Run a simulated exchange that speaks the Binance spot dialect on this machine."""
    from core.telemetry import get_logger
    from core.telemetry.process import logging_as_told
    from services.simulator.console import run

    with logging_as_told("simulator", log) as told:
        if told is not None:
            get_logger().info("simulator.started", pairs=pairs, seed=seed, speed=speed, replay=replay, keep=keep)
        run(
            port=port,
            symbols=pairs,
            seed=seed,
            speed=speed,
            events_per_second=events_per_second,
            replay=replay,
            until_input_ends=until_input_ends,
            as_json=as_json,
            bnb_fees=bnb_fees,
            keep=keep,
        )
