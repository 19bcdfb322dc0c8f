"""Q-tables on disk: `SYMBOL.npz` with one array of finite float64 numbers, read here and nowhere else.

Hosts read them inside their box, so this file is bound there (`sandbox.mounts.PLATFORM_FILES`) and imports little.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import ConfigurationError
from core.kernel import Table


def read_tables(folder: Path, symbols: Sequence[str], shape: tuple[int, int] | None = None) -> list[Table | None]:
    """Each pair's Q-table, None where there is no such file. Raises as `read_table` does."""
    files = (folder / f"{symbol}.npz" for symbol in symbols)
    return [read_table(file, shape) if file.exists() else None for file in files]


def read_table(file: Path, shape: tuple[int, int] | None = None) -> Table:
    """The Q-table in a file. Without a `shape`, a later reader that knows the strategy has to compare it.

    Raises ConfigurationError when the file is anything else.
    """
    try:
        arrays = arrays_in(file)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise refusal(file, str(error).rstrip("."), shape) from error
    if len(arrays) != 1:
        raise refusal(file, f"it holds {len(arrays)} arrays instead of one", shape)
    table = arrays[0]
    if table.dtype != np.float64 or not np.isfinite(table).all():
        raise refusal(file, "its numbers are not all finite and float64", shape)
    if shape is not None and table.shape != shape:
        raise refusal(file, f"its shape is {table.shape}", shape)
    return table


def arrays_in(file: Path) -> list[Table]:
    """The arrays of an .npz file; none of any other file. Raises OSError, EOFError, ValueError or BadZipFile."""
    if not zipfile.is_zipfile(file):
        return []  # NumPy would take it for a pickle, and advise to load that
    with np.load(file, allow_pickle=False) as archive:
        return [archive[name] for name in archive.files]


def refusal(file: Path, why: str, shape: tuple[int, int] | None) -> ConfigurationError:
    """What is wrong with the file, and what belongs there."""
    numbers = "finite float64 numbers" if shape is None else f"{shape[0]} x {shape[1]} finite float64 numbers"
    return ConfigurationError(f"{file} is no Q-table: {why}.", f"It holds one array of {numbers}, from numpy.savez.")
