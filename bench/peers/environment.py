"""Our side of a comparison: makes a peer's environment, starts its script there and asks it for runs."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.trades import ROUND_TRIP
from core.kernel import Records

ROOT: Final = Path(__file__).parents[2]
ENVIRONMENTS: Final = ROOT / ".bench"
LAST_WORDS: Final = 400  # characters of a failed program's output that go into the report
ANSWER_SECONDS: Final = 600.0  # a peer that has not answered by then is stopped


class PeerError(Exception):
    """A peer's environment could not be made, or its script did not answer."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A peer after its warm run."""

    process: subprocess.Popen[str]
    version: str
    trips: Records  # ROUND_TRIP, of the warm run

    def seconds(self) -> float:
        """One more run, as the peer timed it."""
        _write(self.process, "run\n")
        return float(_answer(self.process)["seconds"])


def environment(requirements: str) -> Path:
    """The interpreter of the environment with the packages of `<requirements>.txt`; made when it is not there yet."""
    listed = Path(__file__).with_name(f"{requirements}.txt")
    folder = ENVIRONMENTS / requirements
    python = folder / "bin" / "python"
    stamp = folder / "made-from"
    wanted = f"{sys.version_info[:2]} {hashlib.sha256(listed.read_bytes()).hexdigest()}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _must_run([sys.executable, "-m", "venv", str(folder)])
    _must_run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(listed)])
    stamp.write_text(wanted, encoding="utf-8")
    return python


@contextmanager
def peer(script: str, requirements: str, bars: Records, numbers: Mapping[str, float]) -> Iterator[Ready]:
    """The script `bench.peers.<script>`, warmed up on `bars`; stopped when the block ends."""
    python = environment(requirements)
    with tempfile.TemporaryDirectory() as folder:
        given, traded, log = Path(folder, "bars.npz"), Path(folder, "trades.npz"), Path(folder, "log")
        columns: dict[str, Any] = {name: bars[name] for name in bars.dtype.names or ()}
        np.savez(given, **columns)
        command = [str(python), "-m", f"bench.peers.{script}", str(given), str(traded), json.dumps(dict(numbers))]
        with (
            log.open("w", encoding="utf-8") as errors,
            subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8"
            ) as process,
        ):
            try:
                version = str(_answer(process)["version"])
                with np.load(traded) as made:
                    trips = np.zeros(len(made["entry_bar"]), ROUND_TRIP)
                    for name in made:
                        trips[name] = made[name]
                yield Ready(process, version, trips)
            except PeerError as error:
                raise PeerError(f"{script}: {error}: {log.read_text(encoding='utf-8')[-LAST_WORDS:].strip()}") from None
            finally:
                process.kill()


def _write(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None  # noqa: S101 - tells the type checker that it was opened with pipes
    try:
        process.stdin.write(text)
        process.stdin.flush()
    except BrokenPipeError:
        raise PeerError("it ended early") from None


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101 - tells the type checker that it was opened with pipes
    deadline = threading.Timer(ANSWER_SECONDS, process.kill)
    deadline.start()
    try:
        line = process.stdout.readline()
    finally:
        deadline.cancel()
    if not line:
        raise PeerError("it ended without an answer")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _must_run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise PeerError(f"{' '.join(command[1:4])} failed: {done.stderr[-LAST_WORDS:].strip()}")
