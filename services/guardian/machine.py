"""How busy this machine is, and waiting until it is less so: what a judge takes no gate's word under.

Linux tells which part of the time somebody who could run had to wait (PSI); where it does not, the load counts.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

PRESSURE: Final = Path("/proc/pressure/cpu")
AVERAGE: Final = re.compile(r"^some avg10=(\d+(?:\.\d+)?)", re.MULTILINE)
QUIET: Final = 0.30
"""Of the last ten seconds somebody waited; two boxes on two cores beside a loop that is idle come to 0.1 to 0.2."""
LOAD: Final = 1.5
"""Who wants a core, for each that there is."""
LOOK_SECONDS: Final = 1.0
PATIENT: Final = 5.0
"""At a load of six for each core a compiler has a fifth of one."""


def busy_part(pressure: Path = PRESSURE) -> float:
    """0 for a quiet machine, 1 for one on which somebody waits all the time."""
    try:
        found = AVERAGE.search(pressure.read_text(encoding="ascii", errors="replace"))
    except OSError:
        found = None
    if found:
        return float(found[1]) / 100.0
    return max(min(QUIET * os.getloadavg()[0] / (LOAD * (os.cpu_count() or 1)), 1.0), 0.0)


def patience(busy: float) -> float:
    """How many times as long a gate may take on a machine that is so busy."""
    return PATIENT if busy > QUIET else 1.0


def wait_until_quiet(
    seconds: float,
    *,
    busy: Callable[[], float] = busy_part,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Whether the machine became quiet within the time."""
    left = seconds
    while busy() > QUIET:
        if left <= 0.0:
            return False
        sleep(min(LOOK_SECONDS, left))
        left -= LOOK_SECONDS
    return True
