"""The report of `sorte doctor --gpu`: one JSON object that an owner can read through, and send."""

from __future__ import annotations

import getpass
import json
import os
import platform
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cli.checkup.finding import Finding

SHORTEST_NAME: Final = 3
"""A user called `ed` would hide half of the report."""


def report(findings: Sequence[Finding], version: str) -> str:
    """What was found of models and cards, and of the machine they are on."""
    told: dict[str, Any] = {
        "kind": "gpu_report",
        "sorte": version,
        "kernel": platform.release(),
        "system": _distribution(),
        "findings": [finding.plain() for finding in findings],
    }
    return json.dumps(without_names(told), ensure_ascii=False, indent=2, default=str)


def without_names(value: Any) -> Any:
    """The same without the names of user, home folder and machine, and without what looks like a secret."""
    from core.telemetry.redaction import Redactor

    hidden = [name for name in (str(Path.home()), _user(), socket.gethostname()) if len(name) > SHORTEST_NAME]
    text = json.dumps(Redactor().clean(value), ensure_ascii=False)
    for name in hidden:
        text = text.replace(json.dumps(name, ensure_ascii=False)[1:-1], "...")
    return json.loads(text)


def _user() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return ""


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""
