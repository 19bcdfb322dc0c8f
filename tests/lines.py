"""What was told, as a test reads it: the keys and values of its line on the wire, or its kind and its fields."""

from __future__ import annotations

from typing import Any

import msgspec

from core.contracts.told import Telling, encode_line, fields_of, kind_of


def line_of(told: Telling) -> dict[str, Any]:
    """The object that `--json` and the socket carry."""
    line: dict[str, Any] = msgspec.json.decode(encode_line(told))
    return line


def said(told: Telling) -> tuple[str, dict[str, Any]]:
    """The kind, and the fields as values."""
    return kind_of(told), fields_of(told)
