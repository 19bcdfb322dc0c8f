"""Reading from a box: so many bytes, or an exception at the deadline or at its end."""

from __future__ import annotations

import socket
import time


def be_patient(stream: socket.socket, deadline: float) -> None:
    """Let the next call of `stream` wait until `deadline` (monotonic) at most; TimeoutError when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    stream.settimeout(left)


def read_exactly(stream: socket.socket, count: int, deadline: float) -> bytes:
    """`count` bytes; ConnectionResetError when the box ended before."""
    gathered = bytearray()
    while len(gathered) < count:
        be_patient(stream, deadline)
        chunk = stream.recv(min(count - len(gathered), 1 << 20))
        if not chunk:
            raise ConnectionResetError
        gathered += chunk
    return bytes(gathered)
