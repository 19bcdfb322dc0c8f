"""What is the owner's alone: the files that Sorte writes, and the secrets that it was started with.

Trades, sentences and limits are nobody else's to read. A umask says so for every file, folder and socket to come, in
this process and its children; what an earlier version left readable is closed at the door, its folder.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SECRET_PREFIXES: Final = (
    "SORTE_EXCHANGE__",
    "SORTE_DATABASE_URL",
    "SORTE_MODELS__OPENAI_KEY",
    "SORTE_TELEGRAM__TOKEN",
    "SORTE_WEB__METRICS_TOKEN",
    "SORTE_ALERTS__WEBHOOK",
    "SORTE_MAIL__PASSWORD",
)
"""Variables that no child has business with: the exchange's keys are the trader's alone."""
WHOLE_SECTIONS: Final = ("SORTE_EXCHANGE", "SORTE_MODELS", "SORTE_TELEGRAM", "SORTE_WEB", "SORTE_ALERTS", "SORTE_MAIL")
"""The same as one JSON object."""
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
DATA_ENTRIES: Final = (
    "trader",
    "runs",
    "paper*",
    "releases",
    "shadow",
    "qtables",
    "logs",
    "commander.log",
    "sorte.sqlite*",
    "gateway.sqlite*",
    "summaries",
)
"""What an earlier version left open to others in a data folder; the folder itself may be somebody's own."""


def keep_private() -> None:
    """From here on nobody but the owner may open what is made."""
    os.umask(OTHERS)


def make_private(*paths: Path) -> None:
    """Close what others may open: each of `paths` that is ours. A link, or what is somebody else's, stays as it is."""
    for path in paths:
        with contextlib.suppress(OSError):  # gone, or on a disk without modes: then there is nothing to close
            found = path.lstat()
            ours = found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)
            if ours and found.st_mode & OTHERS:
                path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a process of ours is started with: all but the secrets."""
    return {name: value for name, value in environment.items() if not is_secret(name)}


def is_secret(name: str) -> bool:
    """Whether a variable may hold a key or a password."""
    return name.upper().startswith(SECRET_PREFIXES) or name.upper() in WHOLE_SECTIONS


def close_data_folder(folder: Path) -> None:
    """Close what lies in a data folder: a folder that is closed hides all that is below it."""
    make_private(*(path for name in DATA_ENTRIES for path in folder.glob(name)))
