from __future__ import annotations
from pathlib import Path
from tests.trader.harness import *


@in_loop
async def test_smoke(tmp_path: Path) -> None:
    import time

    t = time.monotonic()
    async with rig(tmp_path) as it:
        print(time.monotonic() - t)
        await it.buys()
        await it.sells()
        await it.buys(1)
        await it.check()
        print(it.told)
