"""The files of a strategy as a folder that a box can be shown."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from core.errors import SandboxError


@contextlib.contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder with just these files, which anybody may read; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="sorte-judged-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        for name, data in files.items():
            write(folder, name, data)
        yield folder


def write(folder: Path, name: str, data: bytes) -> None:
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise SandboxError(f"The strategy has a file of the name {name!r}.")
    file = folder / PurePosixPath(*parts)
    for parent in reversed(file.relative_to(folder).parents[:-1]):
        (folder / parent).mkdir(mode=0o755, exist_ok=True)
    file.write_bytes(data)
    file.chmod(0o644)
