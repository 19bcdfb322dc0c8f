"""A Unix socket that only its owner may open, in a folder whose path may be longer than a socket's may.

The kernel takes 107 bytes of path; through /proc/self/fd the folder is two dozen of them, however deep it lies.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAME: Final = "sorte.sock"


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


def listen(folder: Path) -> socket.socket:
    """A listening socket in `folder`. The caller holds the workspace's lock, so one that lies there is a dead one's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)
    try:
        with _short(folder) as path:
            server.bind(path)
    except BaseException:
        server.close()
        raise
    finally:
        os.umask(old)
    server.listen(16)
    return server


def connect(folder: Path) -> socket.socket | None:
    """A connection to the instance that runs on `folder`; None when none runs."""
    if not (folder / NAME).exists():
        return None
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(folder) as path:
            client.connect(path)
    except (ConnectionRefusedError, FileNotFoundError):
        client.close()
        return None
    except BaseException:
        client.close()
        raise
    return client


def is_owner(connection: socket.socket) -> bool:
    """Whether the process at the other end runs as we do, or as root."""
    _, user, _ = struct.unpack(
        "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    )
    return user in (0, os.getuid())
