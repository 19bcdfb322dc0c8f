"""`sorte sim`: the simulated exchange on its own, for any Binance client on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sim(
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes any free one.", min=0, max=65535)] = 8765,
    pairs: Annotated[
        str, typer.Option(help="Symbols with commas between them, or how many; eight when left out.")
    ] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same market.")] = 7,
    speed: Annotated[float, typer.Option(help="Seconds of market time per second.")] = 1.0,
    events_per_second: Annotated[float, typer.Option(help="Quotes and trades per second, over all pairs.")] = 50.0,
    replay: Annotated[Path | None, typer.Option(help="Play the bars of this .npz file, one array per symbol.")] = None,
    bnb_fees: Annotated[
        bool, typer.Option(help="Pay fees in BNB, a quarter less, while the account has some.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Keep account and market in this folder, and go on with them.")
    ] = None,
    until_input_ends: Annotated[bool, typer.Option(hidden=True, help="End with standard input; for a parent.")] = False,
    log: Annotated[str, typer.Option(hidden=True, help="What a parent hands down of its log.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="A JSON line when ready and one per order and fill.")] = False,
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
