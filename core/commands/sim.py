"""`sorte sim`: the simulated exchange on its own, for any Binance client on this machine."""

from __future__ import annotations

from typing import Annotated

import typer


def sim(
    port: Annotated[int, typer.Option(help="Port on loopback; 0 takes any free one.", min=0, max=65535)] = 8765,
    pairs: Annotated[str, typer.Option(help="Symbols with commas between them; all eight when left out.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same market.")] = 7,
    speed: Annotated[float, typer.Option(help="Seconds of market time per second.")] = 1.0,
    events_per_second: Annotated[float, typer.Option(help="Quotes and trades per second, over all pairs.")] = 50.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line when ready, then one per order and fill.")
    ] = False,
) -> None:
    """Run a simulated exchange that speaks the Binance spot dialect on this machine."""
    from services.trader.exchanges.sim.console import run

    run(port=port, symbols=pairs, seed=seed, speed=speed, events_per_second=events_per_second, as_json=as_json)
