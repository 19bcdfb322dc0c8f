"""Reads an old `.env` or `config.yaml` as flat names and texts. It may come from anywhere: an odd one is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from dotenv import dotenv_values

from core.errors import ConfigurationError

MOST_BYTES: Final = 1 << 16
"""These files have some dozens of lines; a longer one is something else."""
DEEPEST: Final = 8
"""Tables in tables; the owner's tree has four."""
YAML: Final = (".yaml", ".yml")


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases, which can make a short file endless, and without tables in tables in tables."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next value; refused when it is a reference to another or lies too deep."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has aliases")
        self._depth += 1
        if self._depth > DEEPEST:
            raise yaml.YAMLError("it is nested too deeply")
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def read_old(file: Path) -> dict[str, str]:
    """Each name of a file, by dots where tables lie in tables, with its value as a text.

    Raises ConfigurationError for a file that cannot be read as what it is called; its values are not told.
    """
    text = _text(file)
    try:
        return dict(_flat(_yaml(text))) if file.suffix in YAML else _variables(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        why = "" if mark is not None else f": {error}"
        raise ConfigurationError(f"{file} cannot be read as YAML{where}{why}.", "Nothing was taken.") from None
    except (ValueError, RecursionError, OverflowError):
        raise ConfigurationError(f"{file} holds what no settings file does.", "Nothing was taken.") from None


def _text(file: Path) -> str:
    try:
        if not file.is_file():
            raise ConfigurationError(f"{file} is not a file.", "Name a .env or config.yaml.")
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ConfigurationError(f"{file} is longer than {MOST_BYTES // 1024} kB.", "Nothing was taken.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is not a text.", "Nothing was taken.") from None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from None


def _variables(text: str) -> dict[str, str]:
    """The lines NAME=VALUE; no variable of the machine is filled in."""
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value or "" for name, value in found.items()}


def _yaml(text: str) -> dict[str, Any]:
    loader = _PlainLoader(text)
    try:
        found = loader.get_single_data()
    finally:
        loader.dispose()
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise yaml.YAMLError("it is not a table of names")
    return found


def _flat(table: dict[Any, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _said(value)


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(_said, value))
    return "" if value is None else str(value)
