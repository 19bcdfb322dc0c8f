"""What a verdict is made with: the judge's own files, and the versions of his tools."""

from __future__ import annotations

import functools
import hashlib
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

TOOLS: Final = ("pylint", "astroid", "bandit", "pytest", "hypothesis", "numba", "llvmlite", "numpy", "msgspec")
ROOT: Final = Path(__file__).parents[2]
OWN: Final = ("services/guardian", "sandbox", "core")
"""The folders whose files make a verdict what it is."""


def versions() -> dict[str, str]:
    """Of the judge's own files, as one hash, of the interpreter and of the tools."""
    found: dict[str, str] = {"guardian": own_hash(), "python": platform.python_version()}
    for tool in TOOLS:
        with suppress(PackageNotFoundError):
            found[tool] = version(tool)
    return found


@functools.cache
def own_hash() -> str:
    """See `hash_of`."""
    return hash_of(ROOT)


def hash_of(root: Path) -> str:
    """SHA-256 over the files of the judge, the box and the core below `root`, by path."""
    digest = hashlib.sha256()
    for file in sorted(path for folder in OWN for path in (root / folder).rglob("*") if path.is_file()):
        if file.suffix in (".py", ".toml") or file.name == "Dockerfile":
            digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
