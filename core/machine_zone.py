"""The machine's own time zone, by its IANA name: what the owner's clock shows until he says otherwise."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from core.zone import zone_named

UNKNOWN: Final = "UTC"
SAME_AS_UTC: Final = frozenset({"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT", "Universal", "Zulu"})


def machine_zone(environment: Mapping[str, str] = os.environ, etc: Path = Path("/etc")) -> str:
    """The zone that TZ, /etc/localtime or /etc/timezone names, the first of them that is one; else UTC."""
    for name in _named(environment, etc):
        with contextlib.suppress(ValueError):
            zone_named(name)
            return UNKNOWN if name in SAME_AS_UTC else name
    return UNKNOWN


def _named(environment: Mapping[str, str], etc: Path) -> Iterator[str]:
    yield _below_zoneinfo(environment.get("TZ", "").removeprefix(":"))
    with contextlib.suppress(OSError):
        yield _below_zoneinfo(str((etc / "localtime").readlink()))
        yield _below_zoneinfo(os.path.realpath(etc / "localtime"))
    with contextlib.suppress(OSError, UnicodeDecodeError):
        yield (etc / "timezone").read_text(encoding="utf-8").strip()


def _below_zoneinfo(path: str) -> str:
    """`America/Sao_Paulo` of `/usr/share/zoneinfo/America/Sao_Paulo`; a name stays what it is."""
    name = path.rpartition("/zoneinfo/")[2]
    return name.removeprefix("posix/").removeprefix("right/")
