"""Where each setting in force comes from: a variable, a secret file, a line of `sorte.toml`, or the default."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from core.language import Language
from core.settings.lines import has, line_of
from core.settings.naming import variable_of
from core.settings.sections import SECRETS, SETTINGS_FILE
from core.settings.texts import say


class Origin(NamedTuple):
    """A place that sets a key."""

    kind: Literal["variable", "secret_file", "line", "file", "default", "shipped"]
    name: str = ""  # of the variable or file
    line: int = 0  # in the file, from 1; 0 where none is told

    def __str__(self) -> str:
        """As programs read it, whatever the owner speaks."""
        return self.told(Language.EN)

    def told(self, language: Language | None = None) -> str:
        """As the operator finds it, in that language or his own."""
        return say(f"origin.{self.kind}", language, name=self.name, line=str(self.line))


def origin_of(key: str, environment: Mapping[str, str] | None = None, secrets: Path = Path(SECRETS)) -> Origin:
    """The place that sets a key now, the default when none does. The first one wins."""
    return above_the_file(key, environment, secrets) or _line(key) or Origin("default")


def above_the_file(
    key: str, environment: Mapping[str, str] | None = None, secrets: Path = Path(SECRETS)
) -> Origin | None:
    """The variable or secret file that sets a key, whatever the file says; None when there is none."""
    return _variable(key, os.environ if environment is None else environment) or _secret_file(key, secrets)


def _variable(key: str, environment: Mapping[str, str]) -> Origin | None:
    """The variable of the key, or the one that holds its whole section as JSON."""
    section, _, rest = key.partition(".")
    for name, value in environment.items():
        if value and name.upper() == variable_of(key):
            return Origin("variable", name)
        if value and rest and name.upper() == variable_of(section) and has(_json(value), rest):
            return Origin("variable", name)
    return None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {}


def _secret_file(key: str, folder: Path) -> Origin | None:
    section, _, rest = key.partition(".")
    for file in _files(folder):
        if file.name.upper() == variable_of(key):
            return Origin("secret_file", str(file))
        if rest and file.name.upper() == variable_of(section) and has(_json(read_text(file)), rest):
            return Origin("secret_file", str(file))
    return None


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("."))


def _line(key: str) -> Origin | None:
    text = read_text(SETTINGS_FILE)
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    if not has(values, key):
        return None
    line = line_of(text, key)
    return Origin("line" if line else "file", str(SETTINGS_FILE), line or 0)


def read_text(file: Path) -> str:
    """The text of a file; empty when it is missing, a folder, or not text."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
