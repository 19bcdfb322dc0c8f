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
from types import ModuleType
from typing import Final, Literal

import msgspec

from bench.gates import attempts
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
SECRETS: Final = b"/tmp/sorte-secrets"
VICTIM: Final = b'int("1")'
PLANTED: Final = b"planted, and to be read by nobody\n"
DOOR: Final = b"('127.0.0.1', 22)"
"""Where a program of the corpus connects to; each attempt gets a port of its own where somebody listens."""
SAYS: Final = "\n\nfrom . import attempts\n\nraise RuntimeError('told ' + str({call}))\n"
TRIES: Final = "\n\nfrom . import calls, {family}\n\nraise RuntimeError('told ' + calls.tried({family}.{attempt}))\n"
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


def of_attempts(families: Mapping[str, ModuleType] = attempts.FAMILIES) -> Iterator[tuple[str, Escape]]:
    """Those of `bench.gates.attempts`, each with its family."""
    shipped = Source.shipped().files
    shared = {"calls.py": Path(str(attempts.SHARED.__file__)).read_bytes()}
    for family, module in families.items():
        name = module.__name__.rpartition(".")[2]
        added = {**shared, f"{name}.py": Path(str(module.__file__)).read_bytes()}
        for attempt in attempts.attempts_of(module):
            call = TRIES.format(family=name, attempt=attempt.__name__)
            files = {**shipped, **added, "signals.py": shipped["signals.py"] + call.encode()}
            yield family, Escape(f"{family}: {attempt.__name__}", files)


def _probe(name: str, module: str, call: str, without: str) -> Escape:
    files = dict(Source.shipped().files)
    files["attempts.py"] = Path(module).read_bytes()
    files["signals.py"] += SAYS.format(call=call).encode()
    return Escape(name, files, without)


def attempted(escape: Escape, place: Place) -> Tried:
    """Whether it got out there: a mark, somebody at the door, or its own word that it got what it wanted."""
    with tempfile.TemporaryDirectory(prefix="sorte-marks-") as marks, _planted() as (secrets_, door, victim):
        there = {
            MARKS: marks.encode(),
            SECRETS: secrets_.encode(),
            DOOR: repr(door.getsockname()).encode(),
            VICTIM: str(victim).encode(),
        }
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


@contextlib.contextmanager
def _planted() -> Iterator[tuple[str, socket.socket, int]]:
    """What there is to be got: a folder with a secret and a socket, a door of the machine, and another process."""
    with (
        tempfile.TemporaryDirectory(prefix="sorte-secrets-") as folder,
        socket.create_server(("127.0.0.1", 0)) as door,
        socket.socket(socket.AF_UNIX) as beside,
        subprocess.Popen(["sleep", str(int(10 * SECONDS))]) as victim,
    ):
        Path(folder, "secret").write_bytes(PLANTED)
        beside.bind(f"{folder}/door")
        beside.listen()
        try:
            yield folder, door, victim.pid
        finally:
            victim.kill()


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
def judges_boxes(kind: Literal["bubblewrap", "docker"] = "bubblewrap") -> Iterator[Boxes]:
    """The boxes that the judge asks, and nothing else of the judge. SandboxError where there is no such kind."""
    with open_boxes(GuardianSettings(sandbox=kind)) as boxes:
        yield boxes


def asked(boxes: Boxes, source: Source) -> str:
    """What a box of these says when it is asked to load a strategy."""
    with contextlib.ExitStack() as held:
        with boxes.open(source, jit=False) as session:
            space = held.enter_context(namespace_of(session.line.pid))
            try:
                told = session.ask("trading.prepare", Prepared, seconds=SECONDS).fault or LOADED
            except SandboxError as error:
                told = str(error)
        return told + left_in(space)


def live_host(source: Source) -> str:
    """The box that trades, opened as the trader opens it."""
    with laid_out(source.files) as folder, contextlib.ExitStack() as held:
        process, channel = spawn_runner(folder, jail=Jail(variables=variables(jit=False)))
        with process, channel:
            space = held.enter_context(namespace_of(process.inside_pid))
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


@contextlib.contextmanager
def namespace_of(pid: int) -> Iterator[int | None]:
    """The box's own, of processes, held open: the number of one that is gone is soon that of another box's."""
    try:
        space = os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY)
    except OSError:
        yield None  # it has ended
        return
    try:
        yield space
    finally:
        os.close(space)


def left_in(space: int | None) -> str:
    """What to say when a process of the box lives after the box."""
    if space is None:
        return ""
    number, pids = os.fstat(space).st_ino, (path.name for path in Path("/proc").iterdir() if path.name.isdigit())
    return "\ntold done: a process is left" if any(_number_of(pid) == number for pid in pids) else ""


def _number_of(pid: str) -> int:
    try:
        return Path(f"/proc/{pid}/ns/pid").stat().st_ino
    except OSError:
        return 0
