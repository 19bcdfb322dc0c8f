"""The files of a strategy as a folder that a box can be shown."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from core.errors import SandboxError
from services.guardian.boxes.owner import lives, owner

PREFIX: Final = "sorte-judged-"


@contextlib.contextmanager
def laid_out(files: Mapping[str, bytes], *, for_nobody: bool = False) -> Iterator[Path]:
    """A folder with just these files; gone at the end.

    `for_nobody`: a container reads them as another user, so that anybody may; else they are the owner's alone.
    """
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{owner()}-") as made:
        folder = Path(made)
        fill(folder, files, for_nobody=for_nobody)
        yield folder


def fill(folder: Path, files: Mapping[str, bytes], *, for_nobody: bool = False) -> None:
    """Write them into a folder that is laid out; see `laid_out`."""
    for name, data in files.items():
        write(folder, name, data)
    if for_nobody:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def write(folder: Path, name: str, data: bytes) -> None:
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise SandboxError(f"The strategy has a file of the name {name!r}.")
    file = folder / PurePosixPath(*parts)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def remove_ours() -> None:
    """Remove what this process has laid out and still holds, at its end: no box is opened any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}{owner()}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of judges that were killed; nobody else's, whatever a name says."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        label = folder.name.removeprefix(PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if not lives(label) and not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
