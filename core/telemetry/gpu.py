"""What the graphics cards do, asked of `nvidia-smi`, which comes with their driver.

A machine without it has none that we could use: that is said once. The question takes from a tenth of a second to
some seconds, so it is asked in the thread that writes the log, of a process that trades nothing.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from typing import Final

from core.telemetry.logger import get_logger

PROGRAM: Final = "nvidia-smi"
CARD: Final = ("index", "name", "utilization.gpu", "memory.used", "memory.total")
PROCESS: Final = ("pid", "used_memory")
PATIENCE_SECONDS: Final = 10.0

log = get_logger()


class Cards:
    """The cards of this machine; asked until they cannot be."""

    def __init__(self) -> None:
        self._program = shutil.which(PROGRAM)
        if self._program is None:
            log.info("gpu.absent", detail=f"{PROGRAM} is not installed: no graphics card is measured")

    def measure(self, tell: Callable[..., None]) -> None:
        """Tell `tell("gpu", ...)` of each card and `tell("gpu_process", ...)` of each process that uses one."""
        if self._program is None:
            return
        try:
            cards = _ask(self._program, "--query-gpu", CARD)
            processes = _ask(self._program, "--query-compute-apps", PROCESS)
        except (OSError, subprocess.SubprocessError) as error:
            self._program = None
            log.warning("gpu.not_measured", detail=f"{error}; it is not asked again before the next start")
            return
        for index, name, percent, used, total in cards:
            figures = {"gpu_percent": _number(percent), "used_mb": _number(used), "total_mb": _number(total)}
            tell("gpu", index=_number(index), name=name, **figures)
        for pid, used in processes:
            tell("gpu_process", of=_number(pid), used_mb=_number(used))


def _ask(program: str, query: str, names: tuple[str, ...]) -> list[list[str]]:
    """The rows of one answer, those with as many columns as were asked for."""
    words = [program, f"{query}={','.join(names)}", "--format=csv,noheader,nounits"]
    done = subprocess.run(  # noqa: S603 - the driver's own program, found in the owner's PATH
        words, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=PATIENCE_SECONDS, check=True
    )
    rows = ([cell.strip() for cell in row.split(",")] for row in done.stdout.splitlines())
    return [row for row in rows if len(row) == len(names)]


def _number(cell: str) -> int | None:
    """Whole MB, percent or a process's number; None for what the driver does not tell, as "[N/A]"."""
    return int(cell) if cell.isdigit() else None
