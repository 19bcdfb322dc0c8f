"""Who listens to what a strategy says in the runner's name: a judge of ours, and somebody who believes it.

Both ask two questions, of which the second is long. The one who believes reads frames as `multiprocessing` does, with
pickles, and without a limit, a deadline or a nonce.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.gates.attempts.answers import FORGED
from bench.gates.escapes import LOADED, ROOT, left_in, namespace_of
from core.errors import SandboxError
from core.strategy import Source
from services.guardian.answers import Prepared
from services.guardian.boxes import Boxes, BoxSession
from services.guardian.boxes.layout import fill

SECONDS: Final = 5.0
READY_SECONDS: Final = 60.0
MUCH: Final = 64 << 20
LONG: Final = "x" * (1 << 21)
SHOWN: Final = 2000
PICKLED: Final = b"\x80"
START: Final = """
import os, sys
from pathlib import Path
for place, given in zip((3, 4), map(int, sys.argv[1:3])):
    os.dup2(given, place)
    os.close(given)
from core.strategy import load
load(Path(sys.argv[3]))
"""


def judge(boxes: Boxes, source: Source) -> str:
    """What a judge of ours makes of it: `told done` when it was taken in."""
    with contextlib.ExitStack() as held:
        with boxes.open(source, jit=False) as session:
            space = held.enter_context(namespace_of(session.line.pid))
            session.ask("trading.ready", str, seconds=READY_SECONDS)  # trusted imports, which take what they take
            started = time.monotonic()
            told = _judged(session)
        late = time.monotonic() - started > 4 * SECONDS
        return ("told done: it waits" if late else told) + left_in(space)


def _judged(session: BoxSession) -> str:
    try:
        session.ask("trading.prepare", Prepared, seconds=SECONDS)
        said = session.ask("trading.ready", str, seconds=SECONDS, words=LONG)
    except SandboxError as error:
        told = f"told refused: {error}"
        return "told done: shown" if "\x1b" in told or len(told) > SHOWN else told
    return "told done: believed" if said == FORGED else LOADED


def believer(source: Source) -> str:
    """What somebody makes of it who means no harm and expects none."""
    with tempfile.TemporaryDirectory(prefix="sorte-control-") as folder:
        fill(Path(folder, "strategy"), source.files)
        (asked, ask), (hear, heard) = os.pipe(), os.pipe()
        env = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1", "OPENBLAS_NUM_THREADS": "1"}
        words = [sys.executable, "-B", "-c", START, str(asked), str(heard), str(Path(folder, "strategy"))]
        child = subprocess.Popen(words, env=env, pass_fds=(asked, heard), stdin=-3, stdout=-3, stderr=-1)
        os.close(asked)
        os.close(heard)
        told: list[str] = []
        listening = threading.Thread(target=lambda: told.append(_believe(child, ask, hear)))
        listening.start()
        listening.join(2 * SECONDS)
        waits = listening.is_alive()
        child.kill()  # what is read or written then ends
        child.communicate()
        listening.join()
        os.close(ask)
        os.close(hear)
    return "told done: it waits" if waits else told[0]


def _believe(child: subprocess.Popen[bytes], ask: int, hear: int) -> str:
    try:
        length = int.from_bytes(_exactly(hear, 4), "big")
        if length > MUCH:
            return "told done: room was made for it"
        if answered := _taken(_exactly(hear, length)):
            return answered
        os.write(ask, LONG.encode())
        return _taken(_exactly(hear, int.from_bytes(_exactly(hear, 4), "big"))) or LOADED
    except EOFError:
        return _ended(child)
    except OSError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the listener is gone
        return f"told done: it falls over {type(error).__name__}"


def _taken(frame: bytes) -> str:
    """What is made of an answer; empty for one that means nothing."""
    reply: Any = pickle.loads(frame) if frame[:1] == PICKLED else msgspec.msgpack.decode(frame)  # noqa: S301 - as others do
    error = reply.get("error", "")
    if "\x1b" in error or len(error) > SHOWN:
        return "told done: shown"
    return "told done: believed" if reply.get("verdict") == "accepted" or FORGED in reply["answer"] else ""


def _exactly(descriptor: int, count: int) -> bytes:
    gathered = bytearray()
    while len(gathered) < count:
        if not (chunk := os.read(descriptor, count - len(gathered))):
            raise EOFError
        gathered += chunk
    return bytes(gathered)


def _ended(child: subprocess.Popen[bytes]) -> str:
    """Who hung up has ended, and well when it says so: that is what is believed."""
    try:
        code = child.wait(1.0)
    except subprocess.TimeoutExpired:
        return "told done: it lives on"
    return "told done: it ended well" if code == 0 else LOADED
