"""The newest backtests, each under the id that it was printed with, so that two of them can be laid side by side.

They lie where compiled code lies: what is there may be deleted at any time, and a disk that takes nothing keeps none.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import secrets
from pathlib import Path
from typing import Any, Final

from core.compiled.store import cache_folder
from core.errors import ConfigurationError

MOST: Final = 200
FOLDER: Final = "backtests"
IDENTITY: Final = re.compile(r"[0-9a-f]{8}")
LEVEL: Final = 1
"""Of compression: fills compress well whatever is tried."""
MOST_FILE_BYTES: Final = 256 * 1024 * 1024


def new_identity() -> str:
    """Eight hexadecimal digits."""
    return secrets.token_hex(4)


def keep(identity: str, run: dict[str, Any]) -> bool:
    """Keep a run as a program is told it, and let the oldest go; False when nothing takes it."""
    folder = cache_folder()
    if folder is None:
        return False
    with contextlib.suppress(OSError):
        place = folder / FOLDER
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = place / f"{identity}.new"
        fresh.write_bytes(gzip.compress(json.dumps(run, allow_nan=False).encode(), LEVEL))
        fresh.replace(place / f"{identity}.json.gz")
        _forget(place)
        return True
    return False


def find(run: str) -> dict[str, Any]:
    """A run by its id, or by the file that `--json` was written to. Raises ConfigurationError for one that is none."""
    if IDENTITY.fullmatch(run) and (folder := cache_folder()) is not None:
        with contextlib.suppress(OSError, ValueError, EOFError):
            return _checked(json.loads(gzip.decompress((folder / FOLDER / f"{run}.json.gz").read_bytes())), run)
    file = Path(run)
    if not file.is_file():
        raise ConfigurationError(
            f"There is no backtest {run}.",
            f"A backtest prints its id, and the newest {MOST} are kept; or name a file that --json was written to.",
        )
    if file.stat().st_size > MOST_FILE_BYTES:
        raise ConfigurationError(f"{run} is too large for a backtest.")
    try:
        return _checked(json.loads(file.read_text(encoding="utf-8").strip().splitlines()[-1]), run)
    except (OSError, ValueError, IndexError):
        raise _no_run(run) from None


def _checked(found: Any, run: str) -> dict[str, Any]:
    if not isinstance(found, dict) or found.get("kind") != "backtest" or not isinstance(found.get("metrics"), dict):
        raise _no_run(run)
    return found


def _no_run(run: str) -> ConfigurationError:
    return ConfigurationError(f"{run} holds no backtest.", "Write one with `sorte backtest --json > run.json`.")


def _forget(place: Path) -> None:
    runs = sorted(place.glob("*.json.gz"), key=lambda file: file.stat().st_mtime_ns)
    for file in runs[:-MOST]:
        file.unlink(missing_ok=True)
