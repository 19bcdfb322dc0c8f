"""Where each setting in force comes from: a variable, a secret file, a line of `sorte.toml`, or the default."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.settings.lines import has, line_of
from core.settings.naming import variable_of
from core.settings.sections import SECRETS, SETTINGS_FILE


def origin_of(key: str, environment: Mapping[str, str] | None = None, secrets: Path = Path(SECRETS)) -> str:
    """The place that sets a key now, as the operator finds it; "default" when none does. The first one wins."""
    return above_the_file(key, environment, secrets) or _line(key) or "default"


def above_the_file(key: str, environment: Mapping[str, str] | None = None, secrets: Path = Path(SECRETS)) -> str:
    """The variable or secret file that sets a key, whatever the file says; empty when there is none."""
    return _variable(key, os.environ if environment is None else environment) or _secret_file(key, secrets)


def _variable(key: str, environment: Mapping[str, str]) -> str:
    """The variable of the key, or the one that holds its whole section as JSON."""
    section, _, rest = key.partition(".")
    for name, value in environment.items():
        if value and name.upper() == variable_of(key):
            return f"variable {name}"
        if value and rest and name.upper() == variable_of(section) and has(_json(value), rest):
            return f"variable {name}"
    return ""


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {}


def _secret_file(key: str, folder: Path) -> str:
    section, _, rest = key.partition(".")
    for file in _files(folder):
        if file.name.upper() == variable_of(key):
            return f"secret file {file}"
        if rest and file.name.upper() == variable_of(section) and has(_json(read_text(file)), rest):
            return f"secret file {file}"
    return ""


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("."))


def _line(key: str) -> str:
    text = read_text(SETTINGS_FILE)
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not has(values, key):
        return ""
    line = line_of(text, key)
    return f"{SETTINGS_FILE} line {line}" if line else str(SETTINGS_FILE)


def read_text(file: Path) -> str:
    """The text of a file; empty when it is missing, a folder, or not text."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
