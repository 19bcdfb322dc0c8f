"""Writes what was taken over: keys into `sorte.toml`, whose comments stay, secrets into files of the owner alone.

Nothing is written over: a key or secret file that is there stays, and is named. The new file is checked before it
takes the old one's place.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import tomlkit

from core.errors import ConfigurationError
from core.settings.checking import FileSettings, faults_of
from core.settings.lines import has
from core.settings.naming import variable_of
from core.settings.old.names import Kept, Outcome, Taken
from core.settings.sections import SECRETS, SETTINGS_FILE

OWNER_ONLY: Final = 0o600


def write(outcomes: Sequence[Outcome], secrets: Path = Path(SECRETS), file: Path = SETTINGS_FILE) -> list[str]:
    """Write what was taken; returns a sentence for each thing that was written, and for each that stayed as it was.

    Raises ConfigurationError, and leaves `sorte.toml` as it is, when that is faulty or would be.
    """
    said = _write_keys([each for each in outcomes if isinstance(each, Taken)], file.resolve())
    return said + [_write_secret(each, secrets) for each in outcomes if isinstance(each, Kept)]


def _write_keys(taken: Sequence[Taken], file: Path) -> list[str]:
    text = _text_of(file)
    document = tomlkit.parse(text)
    said: list[str] = []
    for each in taken:
        if has(document, each.key):
            said.append(f"{each.key} stays as {file.name} has it; {each.name} was not taken.")
            continue
        section, _, name = each.key.rpartition(".")
        table = document
        if section:
            table = document.setdefault(section, tomlkit.table())
        table[name] = int(each.value) if each.value.lstrip("-").isdecimal() else each.value
        said.append(f'{each.key} = "{each.value}" is in {file.name} now.')
    written = tomlkit.dumps(document)
    if written != text:
        _replace(file, written)
    return said


def _text_of(file: Path) -> str:
    if not file.exists():
        return ""
    if faults := faults_of(file, FileSettings):
        raise ConfigurationError(f"Nothing was taken: {'; '.join(map(str, faults))}.", "Mend it first.")
    return file.read_text(encoding="utf-8")


def _replace(file: Path, text: str) -> None:
    """Put a checked text in the file's place, with the modes that it had."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, suffix=".toml", delete=False) as fresh:
        fresh.write(text)
        os.fchmod(fresh.fileno(), file.stat().st_mode & 0o777 if file.exists() else OWNER_ONLY)
        fresh.flush()
        os.fsync(fresh.fileno())
    made = Path(fresh.name)
    if faults := faults_of(made, FileSettings):
        made.unlink()
        raise ConfigurationError(f"Nothing was taken: {'; '.join(fault.said for fault in faults)}.")
    made.replace(file)


def _write_secret(kept: Kept, folder: Path) -> str:
    file = folder / variable_of(kept.key).lower()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
    except FileExistsError:
        return f"{file} is there already and stays; {kept.name} was not taken."
    except OSError as error:
        raise ConfigurationError(
            f"The secret file {file} cannot be written: {error.strerror}.",
            f"Make the folder {folder} as root, yours alone, or give {variable_of(kept.key)} as a variable.",
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(kept.value)
    return f"{kept.name} is in {file} now, for you alone."
