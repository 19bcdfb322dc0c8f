"""The only thing executed inside a judge's box: answers questions about the strategy in /strategy, one at a time.

What it is asked and what it answers are frames: four bytes of length, the first byte the highest, then one msgpack map.

    {"nonce": hex, "task": "tests.run", "arguments": {...}}      in
    {"nonce": hex, "ok": true, "answer": anything}               out
    {"nonce": hex, "ok": false, "error": one line}

In a container, which shows more than what was bound, the rest is closed and memory limited before anything else.

A task is a plain function of `sandbox.tasks`. The first one is imported, with all that it needs, by trusted code alone;
then the second filter is installed, which cannot be undone; only then is a task called, and may touch the strategy.

From then on this process is the strategy's: it can read the nonce, answer anything in any task's name, and end. So an
answer is a stranger's word, and who judges does it outside.
"""

from __future__ import annotations

import os
import sys

sys.path[:] = os.environ["SORTE_PATH"].split(":")

# ruff: noqa: E402 - the path of the box has to be set before anything is imported
import resource
from typing import Any, Final

import msgspec

from sandbox.lock import install_filter
from sandbox.protocol import one_line
from sandbox.sight import open_only
from sandbox.tasks import find_task

IN_FD: Final = 3
OUT_FD: Final = 4
LENGTH_BYTES: Final = 4
DONE: Final = 0


def main(channel: str) -> int:
    take_channel(channel)
    if channel == "pipes":
        space = int(os.environ["SORTE_MEMORY"])
        resource.setrlimit(resource.RLIMIT_AS, (space, space))  # the one limit that Docker has no name for
        open_only(os.environ["SORTE_VIEW"].split(":"))
    locked = False
    while request := receive():
        reply: dict[str, Any] = {"nonce": request["nonce"], "ok": False}
        try:
            task = find_task(request["task"])
            if not locked:
                install_filter(bytes.fromhex(os.environ["SORTE_FILTER"]))
                locked = True
            answer = msgspec.msgpack.encode(task(**request["arguments"]))
            send({**reply, "ok": True, "answer": msgspec.Raw(answer)})
        except BaseException as error:  # noqa: BLE001 - also SystemExit: whatever the strategy does, the judge is told
            send({**reply, "error": one_line(error)})
    return DONE


def take_channel(kind: str) -> None:
    """Move the channel away from the standard descriptors, which strategies and tools print to.

    It is a socket as descriptor 0, or the two pipes that a container has as 0 and 1.
    """
    os.dup2(0, IN_FD, inheritable=False)
    os.dup2({"socket": 0, "pipes": 1}[kind], OUT_FD, inheritable=False)
    os.dup2(2, 1, inheritable=False)
    os.dup2(2, 0, inheritable=False)


def receive() -> dict[str, Any] | None:
    """The next request; None when the judge hung up."""
    length = int.from_bytes(read(LENGTH_BYTES), "big")
    frame = read(length)
    return msgspec.msgpack.decode(frame) if frame else None


def read(count: int) -> bytearray:
    """Just so many bytes; fewer when the judge hung up."""
    gathered = bytearray()
    while len(gathered) < count and (chunk := os.read(IN_FD, min(count - len(gathered), 1 << 20))):
        gathered += chunk
    return gathered if len(gathered) == count else bytearray()


def send(reply: dict[str, Any]) -> None:
    frame = msgspec.msgpack.encode(reply)
    left = memoryview(len(frame).to_bytes(LENGTH_BYTES, "big") + frame)
    while left:
        left = left[os.write(OUT_FD, left) :]


if __name__ == "__main__":
    # Not sys.exit: what a strategy left for the interpreter's end (atexit, threads, destructors) is not run.
    os._exit(main(sys.argv[1]))
