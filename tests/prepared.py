"""The shipped strategy compiled once in a run of the tests, as a judgement leaves it, for all the boxes that come."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from core.strategy import Source
from sandbox.compiled import JUDGED, BoxCode
from services.guardian.answers import Prepared
from services.guardian.boxes.bubblewrap import Bubblewrap
from services.guardian.preparing import make_ready

MOST_MB: Final = 2048
SECONDS: Final = 240.0


def shipped_is_compiled() -> None:
    """From here on hosts of the shipped strategy take their code from the run's folder and begin at once.

    For tests that start the platform and ask about what comes later. The owner's very first start, where each host
    compiles by itself, is that of `tests/gateway/test_demo.py` and of `tests/trader/test_view.py`; the strategies of
    `tests/upgrade` are compiled as well.
    """
    shipped = Source.shipped()
    with alone():
        if BoxCode(JUDGED).find(shipped.tree_hash):
            return
        with closing(Bubblewrap(MOST_MB).open(shipped, jit=True)) as box:
            ready = make_ready(
                shipped.tree_hash,
                lambda compiled: box.ask("trading.prepare", Prepared, seconds=SECONDS, compiled=compiled),
                keeps=True,
            )
        assert not ready.fault


@contextmanager
def alone() -> Iterator[None]:
    """The other workers wait, and find it done."""
    folder = Path(os.environ["SORTE_CACHE"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder.parent / "preparing").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
