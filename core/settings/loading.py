"""Reads the settings in force, and says of each wrong key what is wrong with it and which one may be meant."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from core.errors import ConfigurationError
from core.language import language_of
from core.secret_files import check_secret_files
from core.settings.naming import maybe_meant, names_of, variable_of
from core.settings.sections import PREFIX, SECRETS, SETTINGS_FILE, Settings
from core.wording import speak

OTHER_VARIABLES: Final = frozenset({"cache", "data"})
"""Variables with our prefix that are not settings: SORTE_DATA is where price history lies, SORTE_CACHE where compiled
strategies are kept."""
UNKNOWN: Final = "extra_forbidden"
"""pydantic's name for a key that a model does not have."""


def load_settings(**overrides: Any) -> Settings:
    """The settings in force; raises ConfigurationError that names each wrong key."""
    hint = "Mend sorte.toml, the environment or the option that says so."
    if strange := [name + meant for name, meant in misspelled_variables(os.environ)]:
        raise ConfigurationError(f"The environment sets {', '.join(strange)}, which Sorte does not know.", hint)
    try:
        check_secret_files(Path(overrides.get("_secrets_dir", SECRETS)), sets_something)
        return spoken(Settings(**overrides))
    except ValidationError as error:
        raise ConfigurationError(f"The settings cannot be used: {explain(error)}.", hint) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{SETTINGS_FILE} is not TOML: {error}.", "Nothing was started; mend it.") from None
    except SettingsError as error:
        raise ConfigurationError(f"The settings cannot be used: {error}.", hint) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets in brackets in brackets
        raise ConfigurationError(f"The settings cannot be read: {nonsense(error)}.", hint) from None
    except OSError as error:
        raise ConfigurationError(f"{error.filename or SETTINGS_FILE} cannot be read: {error.strerror}.", hint) from None


def spoken(settings: Settings) -> Settings:
    """The same; this process speaks in their owner's language from here on."""
    speak(settings.language or language_of(os.environ))
    return settings


def misspelled_variables(environment: Iterable[str]) -> list[tuple[str, str]]:
    """Variables that look like ours and set nothing, each with the one that may be meant. One that names no section and
    comes near no setting is somebody else's."""
    told = [(name, _variable_meant(name)) for name in unknown_variables(environment)]
    return [(name, meant) for name, meant in told if meant or "__" in name[len(PREFIX) :]]


def _variable_meant(name: str) -> str:
    return maybe_meant(name.upper(), map(variable_of, names_of(Settings)))


def nonsense(error: ValueError | RecursionError) -> str:
    """What a reader of TOML or JSON choked on, without its own advice; a value, which may be a secret, is not told."""
    return "a number is longer than any that is meant" if isinstance(error, ValueError) else "it is nested too deeply"


def sets_something(name: str) -> bool:
    """Whether a variable or secret file of that name is a setting of ours, as far as its section."""
    return name.upper().startswith(PREFIX) and not unknown_variables([name])


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """Variables that look like ours and set nothing: a name that is spelled wrong must not be silently ignored."""
    known = {*Settings.model_fields, *OTHER_VARIABLES}
    ours = [name for name in environment if name.upper().startswith(PREFIX)]
    return sorted(name for name in ours if name[len(PREFIX) :].lower().partition("__")[0] not in known)


def explain(error: ValidationError, model: type[BaseModel] = Settings) -> str:
    """Each problem as `key: what is wrong`, without the values, which may be secrets."""
    return "; ".join(f"{key}: {said}" for key, said in problems(error, model))


def problems(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """(key, what is wrong) of each problem of a `model`; an unknown key comes with the one that may be meant."""
    found: list[tuple[str, str]] = []
    for problem in error.errors():
        key = ".".join(map(str, problem["loc"])) or "file"
        meant = maybe_meant(key, names_of(model)) if problem["type"] == UNKNOWN else ""
        found.append((key, problem["msg"] + meant))
    return found
