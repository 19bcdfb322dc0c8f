"""Programs that want out of the box, each with its control: the same program, without a box, gets what it wants.

Every one is the shipped strategy with the attempt in it, so that what is measured is what a strategy could do. No gate
looks at them: they are loaded as the judge's box and the live host's load a strategy. Compilation is off, as it makes
no difference to a wall and takes seconds.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

import msgspec

from bench.gates.corpus import programs
from cli.checkup.walls import NEVER_OUTSIDE
from core.errors import SandboxError
from core.settings import GuardianSettings
from core.strategy import Source
from sandbox.jail import spawn_runner
from sandbox.limits import Jail
from sandbox.process import JailedProcess
from sandbox.protocol import decode_control
from sandbox.tasks import probing
from services.guardian.answers import Prepared
from services.guardian.boxes import Boxes, open_boxes
from services.guardian.boxes.bubblewrap import variables
from services.guardian.boxes.layout import fill, laid_out
from tests.sandbox.inside import probes
from tests.sandbox.test_escapes import PROBES

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = 60.0
MARKS: Final = b"/tmp/sorte-marks"
DOOR: Final = b"('127.0.0.1', 22)"
"""Where a program of the corpus connects to; each attempt gets a port of its own where somebody listens."""
SAYS: Final = "\n\nfrom . import attempts\n\nraise RuntimeError('told ' + str({call}))\n"
GOT: Final = re.compile(r"told (done|\{'got')|^done$", re.MULTILINE)
REACHED: Final = re.compile(
    r"seccomp|told |(FileNotFound|NotADirectory|Permission|Runtime|BlockingIO|Memory|ProcessLookup|OS)Error"
)
"""What is said of an attempt that was made and stopped. Other words are of a program that did not come to it."""
LOADED: Final = "loaded"
WITHOUT: Final = {"pass_descriptor": "it goes over the channel to the judge or the trader, which only a box has"}
"""Of attempts of the tests that only their own driver can show to work."""
LOAD: Final = "import sys; from pathlib import Path; from core.strategy import load; load(Path(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Escape:
    """A strategy with an attempt; `without` says why it has no control, and is empty when it may have one."""

    name: str
    files: Mapping[str, bytes]
    without: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one attempt at one place."""

    out: bool
    told: str

    @property
    def reached(self) -> bool:
        """Whether the attempt was made at all: a program that fails before proves nothing."""
        return self.out or self.told == LOADED or bool(REACHED.search(self.told))


Place = Callable[[Source], str]
"""Loads a strategy somewhere and says what came of it."""


def of_corpus() -> Iterator[Escape]:
    """Those that leave a mark or come through a door; the others with the reason why they leave none."""
    for program in programs("hostile"):
        if program.control == "load" or program.without:
            yield Escape(program.name, program.source().files, program.without)


def of_probes() -> Iterator[Escape]:
    """What `sorte doctor --sandbox` tries, and what the tests of the box try, from within a strategy."""
    for name in probing.ATTEMPTS:
        why = "where it succeeds it takes all memory of the machine" if name in NEVER_OUTSIDE else ""
        yield _probe(f"doctor {name}", probing.__file__, f"attempts.probe({name!r})", why)
    for name, arguments in PROBES:
        plain = {key: int(value) if isinstance(value, IntEnum) else value for key, value in arguments.items()}
        told = " ".join([name, *map(str, plain.values())])
        yield _probe(f"test {told}", probes.__file__, f"attempts.attempt({name!r}, {plain!r})", WITHOUT.get(name, ""))


def _probe(name: str, module: str, call: str, without: str) -> Escape:
    files = dict(Source.shipped().files)
    files["attempts.py"] = Path(module).read_bytes()
    files["signals.py"] += SAYS.format(call=call).encode()
    return Escape(name, files, without)


def attempted(escape: Escape, place: Place) -> Tried:
    """Whether it got out there: a mark, somebody at the door, or its own word that it got what it wanted."""
    with tempfile.TemporaryDirectory(prefix="sorte-marks-") as marks, socket.create_server(("127.0.0.1", 0)) as door:
        there = {MARKS: marks.encode(), DOOR: repr(door.getsockname()).encode()}
        files = dict(escape.files)
        for was, now in there.items():
            files = {name: data.replace(was, now) for name, data in files.items()}
        told = place(Source.of(files))
        door.setblocking(False)
        came = bool(os.listdir(marks))  # noqa: PTH208 - a link that leads nowhere counts
        with contextlib.suppress(BlockingIOError):
            door.accept()[0].close()
            came = True
        return Tried(came or bool(GOT.search(told)), told)


def outside(source: Source) -> str:
    """Loaded by a process like any other: no box."""
    with tempfile.TemporaryDirectory(prefix="sorte-control-") as folder:
        fill(Path(folder, "strategy"), source.files)
        env = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1", "OPENBLAS_NUM_THREADS": "1"}
        words = [sys.executable, "-B", "-c", LOAD, str(Path(folder, "strategy"))]
        try:
            done = subprocess.run(words, cwd=folder, env=env, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return "no end"
    return (done.stdout + done.stderr).decode(errors="replace") or LOADED


@contextlib.contextmanager
def judges_box() -> Iterator[Place]:
    """The box that the judge asks, and nothing of the judge but the box."""
    with open_boxes(GuardianSettings(sandbox="bubblewrap")) as boxes:
        yield lambda source: _asked(boxes, source)


def _asked(boxes: Boxes, source: Source) -> str:
    with boxes.open(source, jit=False) as session:
        space = namespace_of(session.line.process.inside_pid)  # type: ignore[attr-defined]  # of this kind of line
        try:
            told = session.ask("trading.prepare", Prepared, seconds=SECONDS).fault or LOADED
        except SandboxError as error:
            told = str(error)
    return told + left_in(space)


def live_host(source: Source) -> str:
    """The box that trades, opened as the trader opens it."""
    with laid_out(source.files) as folder:
        process, channel = spawn_runner(folder, jail=Jail(variables=variables(jit=False)))
        with process, channel:
            space = namespace_of(process.inside_pid)
            channel.send(msgspec.json.encode({"nonce": secrets.token_hex(16), "symbols": ["A"], "qtables": [None]}))
            told = _heard(process, channel)
        return told + left_in(space)


def _heard(process: JailedProcess, channel: socket.socket) -> str:
    """The first that a host says; when it says nothing, how it ended."""
    channel.settimeout(SECONDS)
    try:
        if message := channel.recv(1 << 16):
            said = decode_control(message) or {}
            return LOADED if "ready" in said else str(said.get("error", "nonsense"))
        process.wait(SECONDS)
    except OSError as error:  # also when it is late
        return str(error)
    return process.cause()


def namespace_of(pid: int) -> str:
    """The box's own, of processes; empty when it has ended."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - as the kernel names it
    except OSError:
        return ""


def left_in(space: str) -> str:
    """What to say when a process of the box lives after the box."""
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return "\ntold done: a process is left" if space and any(namespace_of(pid) == space for pid in pids) else ""
