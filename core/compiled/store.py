"""Bytes that are kept by a key in a folder of the owner's alone, and come back as they were written, or not at all.

Each file bears a keyed hash over its purpose, its key and its bytes. The secret for it lies beside them, readable by
the owner alone, so that a file is refused when it is torn or changed, was written for another purpose or under another
key, or by somebody else; it is then as if there were none. A disk that is full or read-only, and a folder that others
could write to, only mean that nothing is kept. No call raises.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Final

VARIABLE: Final = "SORTE_CACHE"
MAGIC: Final = b"sorte kept 1\n"
SECRET: Final = "secret"  # noqa: S105 - the name of its file
SECRET_BYTES: Final = 32
MARK_BYTES: Final = 32
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
WRITERS: Final = stat.S_IWGRP | stat.S_IWOTH
MOST_ENTRIES: Final = 64
"""Of one purpose: some weeks of changes. The one that was not read or written for the longest time goes first."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one purpose. A strategy takes 0.2 MB, compiled into the simulation 0.7 MB."""
MOST_ENTRY_BYTES: Final = 8 * 1024 * 1024


def cache_folder() -> Path | None:
    """What may be forgotten at any time: `$SORTE_CACHE`, else `sorte` where the system keeps such things of this user.

    None when there is no such place.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).absolute()
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if shared.is_absolute():
        return shared / "sorte"
    try:
        return Path.home() / ".cache" / "sorte"
    except RuntimeError:  # a user without a home
        return None


class Store:
    """What is kept for one purpose; what was written for another is not found in it."""

    def __init__(self, purpose: str, root: Path | None = None) -> None:
        """`root` is the cache folder, by default `cache_folder()`."""
        self.purpose = purpose
        self.root = root or cache_folder()

    def read(self, key: str) -> bytes | None:
        """What was written under `key`, a name of letters and digits; None when there is nothing, or nothing sound."""
        if self.root is None:
            return None
        try:
            file = _own_folder(self.root / self.purpose) / key
            data = _read_own(file, MOST_ENTRY_BYTES)
            mark, payload = data[len(MAGIC) : len(MAGIC) + MARK_BYTES], data[len(MAGIC) + MARK_BYTES :]
            if not data.startswith(MAGIC) or not hmac.compare_digest(
                mark, self._mark(_secret(self.root), key, payload)
            ):
                file.unlink()
                return None
            with contextlib.suppress(OSError):  # a disk that is read-only keeps no order
                os.utime(file)
        except (OSError, ValueError):
            return None
        return payload

    def write(self, key: str, payload: bytes) -> None:
        """Keep `payload` under `key`, in place of what was there, and let the oldest go where there are too many."""
        if self.root is None or len(payload) > MOST_ENTRY_BYTES - len(MAGIC) - MARK_BYTES:
            return
        with contextlib.suppress(OSError, ValueError):
            folder = _own_folder(self.root / self.purpose, make=True)
            data = MAGIC + self._mark(_secret(self.root, make=True), key, payload) + payload
            _write_own(folder / key, data)
            _sweep(folder)

    def _mark(self, secret: bytes, key: str, payload: bytes) -> bytes:
        named = f"{self.purpose}\0{key}\0".encode()
        return hmac.digest(secret, named + hashlib.sha256(payload).digest(), "sha256")


def _own_folder(folder: Path, *, make: bool = False) -> Path:
    """A folder of the cache, when nobody else may look into it or write beside it; PermissionError otherwise."""
    for place, closed in ((folder.parent, WRITERS), (folder, OTHERS)):
        if make:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & closed:
            raise PermissionError(f"{place} is not a folder of its owner's alone")
    return folder


def _read_own(file: Path, most: int) -> bytes:
    """A file of the owner's alone, of no more than so many bytes; OSError for anything else."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        sound = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & OTHERS
        if not sound or found.st_size > most:
            raise PermissionError(f"{file} is not a file of its owner's alone")
        return opened.read(most)


def _write_own(file: Path, data: bytes) -> None:
    """The whole of it or nothing. Not synced: what a power cut tears is refused when it is read."""
    descriptor, made = tempfile.mkstemp(prefix=".", dir=file.parent)  # readable by the owner alone
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
        Path(made).replace(file)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _secret(root: Path, *, make: bool = False) -> bytes:
    """The secret of this folder. Made once; of two that are made at once the second is not used."""
    file = root / SECRET
    if make and not file.exists():
        descriptor, made = tempfile.mkstemp(prefix=".", dir=root)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(secrets.token_bytes(SECRET_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(made, file)
        Path(made).unlink()
    secret = _read_own(file, SECRET_BYTES + 1)
    if len(secret) != SECRET_BYTES:
        file.unlink()
        raise ValueError("the secret is torn")
    return secret


def _sweep(folder: Path) -> None:
    """Let the oldest go until what is left may stay."""
    found = sorted(((file.lstat(), file) for file in folder.iterdir()), key=lambda entry: -entry[0].st_mtime)
    total = 0
    for count, (status, file) in enumerate(found):
        total += status.st_size
        if count >= MOST_ENTRIES or total > MOST_BYTES:
            file.unlink(missing_ok=True)
