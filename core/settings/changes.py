"""What an edit of `sorte.toml` changes: each key with its value before and after, and whether it takes hold at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from core.settings.sections import Settings

STARS: Final = "**********"


@dataclass(frozen=True, slots=True)
class Changed:
    """One key of an edited file. Values are as TOML and JSON have them; secrets are stars, and None is not set."""

    key: str
    old: Any
    new: Any
    live: bool


def set_in(file: Settings, settings: Settings) -> list[Changed]:
    """What is live, set in the file, and otherwise in the settings: it was edited while nobody listened."""
    return [each for each in changes(settings, file) if each.live and _is_set(file, each.key)]


def changes(old: Settings, new: Settings) -> list[Changed]:
    """What differs, in the order of the settings."""
    before, after = dict(_values(old)), dict(_values(new))
    return [
        Changed(key, plain(before[key]), plain(after[key]), is_live(key)) for key in before if before[key] != after[key]
    ]


def is_live(key: str) -> bool:
    """Whether a key changes without a restart, as its documentation says."""
    section, _, name = key.partition(".")
    model = Settings.model_fields[section].annotation
    if not name or not (isinstance(model, type) and issubclass(model, BaseModel)):
        return False
    extra = model.model_fields[name].json_schema_extra
    return isinstance(extra, Mapping) and extra.get("live") is True


def with_changes(settings: Settings, changed: Iterable[Changed]) -> Settings:
    """The settings with what is live of the changes; their values were checked when the file was read."""
    for each in changed:
        section, _, name = each.key.partition(".")
        if is_live(each.key):
            part: BaseModel = getattr(settings, section)
            settings = settings.model_copy(update={section: part.model_copy(update={name: each.new})})
    return settings


def _is_set(settings: Settings, key: str) -> bool:
    section, _, name = key.partition(".")
    return name in getattr(settings, section).model_fields_set


def value_of(settings: Settings, key: str) -> object:
    """The value of a dotted key, secrets as they are."""
    value: object = settings
    for part in key.split("."):
        value = getattr(value, part)
    return value


def plain(value: object) -> Any:
    """A value as JSON has it; a secret that is set is stars."""
    if isinstance(value, SecretStr):
        return STARS if value.get_secret_value() else None
    return str(value) if isinstance(value, Path) else value


def _values(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _values(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
