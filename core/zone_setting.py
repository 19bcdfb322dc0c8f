"""Where the owner's time zone is written down: one line of `sorte.toml`, which stays his to change."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Final

from core.settings import SETTINGS_FILE

ABOUT: Final = "# The clock of your rules and reports: hours and days are its own."


def note_zone(zone: str, file: Path = SETTINGS_FILE) -> bool:
    """Write the zone into the settings file unless it names one already; whether it was written.

    A file that is there keeps every byte: the line is put above it, since a key of its own must stand before the first
    section. Raises OSError, and ValueError for a file that is no TOML.
    """
    file = file.resolve()  # a link to it stays one
    line = f"{ABOUT}\ntime_zone = {json.dumps(zone)}\n"
    before = file.read_bytes() if file.exists() else b""
    if "time_zone" in tomllib.loads(before.decode()):
        return False
    fresh = file.with_suffix(".toml.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as written:
        written.write(line.encode() + (b"\n" + before if before else b""))
        if before:
            os.fchmod(written.fileno(), file.stat().st_mode & 0o777)
        os.fsync(written.fileno())
    fresh.replace(file)
    return True
