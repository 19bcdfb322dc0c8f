"""Every fault of a settings or limits file at once, each with its line; nothing but the file is looked at."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core.settings.lines import line_of
from core.settings.loading import nonsense, problems
from core.settings.sections import Settings

Read = TypeVar("Read", bound=BaseModel)


class FileSettings(Settings):
    """The settings as one file says them, whatever the environment and secret files say."""

    model_config = SettingsConfigDict(toml_file=None, secrets_dir=None, secrets_dir_missing=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given to the constructor."""
        return (init_settings,)


class Fault(NamedTuple):
    """One thing that is wrong in a file."""

    file: Path
    line: int | None  # from 1; None when it is nowhere in particular
    key: str  # empty when it is of the whole file
    said: str

    def __str__(self) -> str:
        """As editors read it: file:line: key: what is wrong."""
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return ": ".join(part for part in (place, self.key, self.said) if part)


def faults_of(file: Path, model: type[BaseModel]) -> list[Fault]:
    """What is wrong in a file of `model`'s keys, by its lines. Values, which may be secrets, are not told."""
    read = read_file(file, model)
    return read if isinstance(read, list) else []


def read_file(file: Path, model: type[Read]) -> Read | list[Fault]:
    """What a file of `model`'s keys says, or everything that is wrong in it."""
    if file.exists() and not file.is_file():
        return [Fault(file, None, "", "is not a file")]
    try:
        text = file.read_bytes().decode()
        values = tomllib.loads(text)
    except OSError as error:
        return [Fault(file, None, "", f"cannot be read: {error.strerror}")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [Fault(file, _line_in(str(error)), "", f"is not TOML: {error}")]
    except (ValueError, RecursionError) as error:
        return [Fault(file, None, "", f"cannot be read: {nonsense(error)}")]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = [Fault(file, line_of(text, key), key, said) for key, said in problems(error, model)]
        return sorted(found, key=lambda fault: fault.line or 0)


def _line_in(said: str) -> int | None:
    """The line that a reader of TOML names."""
    found = re.search(r"at line (\d+)", said)
    return int(found[1]) if found else None
