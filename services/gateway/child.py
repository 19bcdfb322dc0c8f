"""The gateway's process seen from the trader's: started, told what the trader tells, started again when it dies.

All of it is in threads of its own: the loop that trades puts what it tells into a queue, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from core.contracts.events import Event
from core.contracts.told import Note, Tell, Telling, encode_line
from core.private import child_environment
from core.settings import Settings
from core.telemetry import get_logger
from core.telemetry.process import debugging
from core.workspace import user_name
from services.commander.line.patience import Patience
from services.gateway.hello import Hello
from services.gateway.passing import NOTHING, Passed, Standing, say

log = get_logger()

LEAVE_SECONDS: Final = 3.0
"""What a gateway has to end, once it was told good-bye."""
MOST_WAITING: Final = 1_000
"""Tellings that wait for a gateway that does not read; more are left out."""


def is_wanted(settings: Settings) -> bool:
    """Whether there is anything for a gateway to do."""
    bot, told = settings.telegram.token is not None, settings.mail.to or settings.alerts.webhook is not None
    return settings.web.enabled or bot or bool(told)


@contextlib.contextmanager
def beside(settings: Settings, workspace: Path | None, tell: Tell | None) -> Iterator[Tell]:
    """A gateway beside a trader, of that workspace or of none, for as long as the block runs, where one is wanted.

    What is yielded passes on to it what the trader tells; `tell` shows what it says of itself, where somebody reads.
    """
    if not is_wanted(settings):
        yield lambda _: None
        return

    def say(text: str) -> None:
        if tell is not None:
            tell(Note(text=text))

    def trouble(text: str) -> None:
        if tell is None:  # standard output is for who reads it as data
            print(text, file=sys.stderr, flush=True)
        say(text)

    gateway = GatewayProcess(settings, workspace, say, shows_link=tell is not None, trouble=trouble)
    gateway.start()
    try:
        yield gateway.hear
    finally:
        gateway.close()


class Ended:
    """Comes through the queue when a process has ended, for who waits there to write to it."""


class GatewayProcess:
    """One gateway beside one trader, from `start` to `close`."""

    def __init__(
        self,
        settings: Settings,
        workspace: Path | None,
        say: Callable[[str], None],
        *,
        shows_link: bool,
        trouble: Callable[[str], None] | None = None,
        module: str = "services.gateway",
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> None:
        """`say` shows a line to who reads the terminal, `trouble` one of trouble; both in threads of ours."""
        self._settings, self._workspace, self._say, self._shows_link = settings, workspace, say, shows_link
        self._module, self._pause, self._trouble = module, pause, trouble or say
        self._told: queue.SimpleQueue[Telling | Ended | None] = queue.SimpleQueue()
        self._run_id, self._number = secrets.token_hex(6), 0
        self._unheard: deque[Passed] = deque(maxlen=MOST_WAITING)  # until the gateway has it written down
        self._leaving = threading.Event()
        self._keeping = threading.Thread(target=self._keep, name="gateway", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._last_words = ""

    def start(self) -> None:
        """Start it; returns at once."""
        self._keeping.start()

    def hear(self, told: Telling) -> None:
        """Pass on what the trader itself tells; what the commander tells the gateway hears from him."""
        if isinstance(told, Event) and self._told.qsize() < MOST_WAITING:
            self._told.put(told)

    def close(self) -> None:
        """Tell it good-bye, and wait until it has gone."""
        self._leaving.set()
        self._told.put(None)
        self._keeping.join(2 * LEAVE_SECONDS)

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def _keep(self) -> None:
        patience = Patience()
        while not self._leaving.is_set():
            began = time.monotonic()
            with contextlib.suppress(OSError):
                self._run()
            if self._leaving.is_set():
                return
            seconds = patience.after(time.monotonic() - began)
            log.warning("gateway.died", why=self._last_words, seconds=seconds)
            self._say_died(seconds)
            self._pause(self._leaving, seconds)

    def _run(self) -> None:
        """One process, from its start to its end."""
        process = self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(os.environ),
            start_new_session=True,
        )
        works = (self._read, self._listen, self._write)
        threads = [threading.Thread(target=work, args=(process,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        process.wait()
        self._told.put(Ended())
        for thread in threads:  # the next process is told by one thread alone
            thread.join(LEAVE_SECONDS)

    def _write(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(OSError, ValueError), process.stdin as pipe:
            for line in (self._hello(), *map(msgspec.json.encode, list(self._unheard))):
                pipe.write(line + b"\n")
            pipe.flush()
            while process.poll() is None and not self._pass_on(pipe):
                pass
        if self._leaving.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LEAVE_SECONDS)
            process.kill()

    def _pass_on(self, pipe: IO[bytes]) -> bool:
        """Write the next telling, when one comes; True when that was the good-bye."""
        told = self._told.get()
        if isinstance(told, Ended):
            return False
        self._number += 1
        passed = Passed(self._number, msgspec.Raw(encode_line(told)) if told is not None else NOTHING)
        if told is not None:
            self._unheard.append(passed)
        pipe.write(msgspec.json.encode(passed) + b"\n")
        pipe.flush()
        return told is None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101
        for line in process.stdout:
            with contextlib.suppress(msgspec.MsgspecError):
                said = msgspec.json.decode(line, type=Standing)
                while self._unheard and self._unheard[0].number <= said.heard:
                    self._unheard.popleft()
                if said.trouble:
                    log.warning("gateway.trouble", why=said.text)
                if said.text:
                    (self._trouble if said.trouble else self._say)(said.text)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None  # noqa: S101
        for line in process.stderr:
            said = line.decode(errors="replace").strip()
            if debugging():
                sys.stderr.write(f"{said}\n")
            self._last_words = said or self._last_words

    def _hello(self) -> bytes:
        told = Hello.of(
            self._settings,
            self._workspace,
            owner=user_name(),
            run=self._run_id,
            debug=debugging(),
            shows_link=self._shows_link,
        )
        return msgspec.json.encode(told)

    def _say_died(self, seconds: float) -> None:
        self._trouble(say("died", None, why=self._last_words or "-", seconds=seconds))
