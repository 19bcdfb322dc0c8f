"""Secrets that come as files: which names they may have, and that nobody else may read them.

A file in the folder is named as the variable would be, in small or capital letters: `sorte_exchange__api_secret`.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from core.errors import ConfigurationError

EXAMPLE = "sorte_exchange__api_key, sorte_exchange__api_secret, sorte_database_url, sorte_models__openai_key"


def check_secret_files(folder: Path, is_known: Callable[[str], bool]) -> None:
    """Raise ConfigurationError for a file of a name that sets nothing, and for one that others may read.

    `is_known(name)` says whether a variable of that name is a setting of ours. Hidden files are none of ours.
    """
    for file in _files(folder):
        if not is_known(file.name):
            raise ConfigurationError(f"The secret file {file} sets nothing that Sorte knows.", f"Names: {EXAMPLE}.")
        if others_may_read(file):
            raise ConfigurationError(
                f"The secret file {file} can be read by other users.", f"Close it: chmod 600 {file}"
            )


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        shown = (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))
        yield from (path for path in shown if path.is_file())


def others_may_read(file: Path) -> bool:
    """Whether the modes of a file and of every folder above it let its group or everybody in."""
    found = file.resolve()
    mode = found.stat().st_mode
    above = [parent.stat().st_mode for parent in found.parents]
    group = bool(mode & stat.S_IRGRP) and all(each & (stat.S_IXGRP | stat.S_IXOTH) for each in above)
    return group or (bool(mode & stat.S_IROTH) and all(each & stat.S_IXOTH for each in above))
