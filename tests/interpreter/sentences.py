"""The corpora of this folder, and what an interpretation came to without what a test does not ask about."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from core.contracts import Interpretation
from strategy.parameters import Parameters

HERE = Path(__file__).parent


def pairs() -> list[dict[str, Any]]:
    """Sentences of two languages that must give the same plan."""
    files = ("plans.toml", "coverage.toml")
    same = [entry for name in files for entry in tomllib.loads((HERE / name).read_text(encoding="utf-8"))["same"]]
    return [{**entry, "plan": entry.get("plan") or _values(entry["values"])} for entry in same]


def _values(values: dict[str, float]) -> list[dict[str, Any]]:
    """The operations that set these values, against what ships."""
    shipped = Parameters()._asdict()
    return [
        {"operation": "set_parameter", "name": name, "value": value, "was": shipped[name]}
        for name, value in values.items()
    ]


def planned() -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Every sentence that must give a plan: language, text, operations."""
    return [
        (language, text, entry["plan"]) for entry in pairs() for language in ("pt", "en") for text in entry[language]
    ]


def acted() -> list[tuple[str, dict[str, Any]]]:
    """Every sentence that must give an action."""
    same = tomllib.loads((HERE / "actions.toml").read_text(encoding="utf-8"))["same"]
    return [(text, {"name": entry["name"], "args": entry["args"]}) for entry in same for text in entry["say"]]


def lines(name: str) -> list[str]:
    """The sentences of a plain file."""
    return (HERE / name).read_text(encoding="utf-8").splitlines()


def records(name: str) -> list[dict[str, Any]]:
    """The sentences of a JSONL file, with what is expected of each."""
    return [json.loads(line) for line in lines(name)]


def plain(meant: Interpretation) -> dict[str, Any]:
    """As it is printed."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(meant))
    return found


def operations(meant: Interpretation) -> list[dict[str, Any]] | None:
    """The plan's operations as they are printed, without the names that were made up for new rules."""
    plan = plain(meant)["plan"]
    if plan is None:
        return None
    return [
        {key: value for key, value in operation.items() if (key, operation["operation"]) != ("name", "add_rule")}
        for operation in plan["operations"]
    ]
