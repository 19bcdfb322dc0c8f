"""The worker: loads one model, then answers line by line until its input ends, it is killed, or who started it dies.

Standard output carries our lines and nothing else: a library that prints there prints nowhere.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from core.llm.llama import devices, runtimes
from core.llm.llama.wire import Answer, Load, Loaded, Question, Said, Sorry

PR_SET_PDEATHSIG: Final = 1
NICE: Final = 10
"""An answer may wait; a trader beside it may not."""
MAGIC: Final = b"GGUF"
BLOCK: Final = 1 << 20
MOST_LOG: Final = 1 << 20


def main() -> None:
    """From the first line to the last."""
    die_with(os.getppid())
    os.nice(NICE)
    sys.setswitchinterval(0.05)
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    asked = sys.stdin.buffer
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    order = msgspec.json.decode(asked.readline(), type=Load)
    model = loaded(order, told)
    if model is None:
        return
    digest: list[str] = []
    threading.Thread(target=lambda: digest.append(digest_of(Path(order.file))), daemon=True).start()
    for line in asked:
        said = answered(model, msgspec.json.decode(line, type=Question))
        if isinstance(said, Answer) and digest:
            said = msgspec.structs.replace(said, digest=digest[0])
        tell(told, said)


def die_with(parent: int) -> None:
    """Be killed when who started us is gone; also when he went before we could say so."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)


def loaded(order: Load, told: BinaryIO) -> Any:
    """The model, which is told of; None, and why, when there is none."""
    runtime, begun = runtimes.installed(), time.monotonic()
    if not runtime:
        tell(told, Sorry("absent", "neither xllamacpp nor llama-cpp-python is installed"))
        return None
    if not is_model(Path(order.file)):
        tell(told, Sorry("absent", "the file is not there, or is no GGUF file"))
        return None
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
        order = msgspec.structs.replace(order, threads=order.threads or max(1, cores() - 1))
        try:
            model = runtimes.load(runtime, order)
        except Exception as error:  # noqa: BLE001 - a file that is none is whatever the binding raises
            tell(told, Sorry("absent", f"the model cannot be loaded: {type(error).__name__}"))
            return None
        finally:
            os.dup2(sys.stdout.fileno(), sys.stderr.fileno())
        log.seek(0)
        found = devices.verdict(log.read(MOST_LOG).decode("utf-8", "replace"), model.devices)
    took = (time.monotonic() - begun) * 1000
    version = runtimes.version_of(runtime)
    tell(told, Loaded(runtime, version, round(took, 1), found.verdict.value, dict(found.evidence)))
    return model


def is_model(file: Path) -> bool:
    """Whether a file begins as model files do."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def cores() -> int:
    """The cores that we may use."""
    return len(os.sched_getaffinity(0))


def answered(model: runtimes.Model, question: Question) -> Said:
    """The answer, or what was raised instead."""
    try:
        return model.answer(question)
    except Exception as error:  # noqa: BLE001 - of a binding; the worker goes on
        return Sorry("broken", type(error).__name__)


def digest_of(file: Path) -> str:
    """The SHA-256 of a file of some gigabytes."""
    whole = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            whole.update(block)
    return whole.hexdigest()


def tell(told: BinaryIO, said: Said) -> None:
    """One line."""
    told.write(msgspec.json.encode(said) + b"\n")


if __name__ == "__main__":
    main()
