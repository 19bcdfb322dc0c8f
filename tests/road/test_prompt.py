"""The prompt in the terminal that trades: what is typed is understood, asked, declined, shown, and Ctrl-D ends it."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.workspace import create

PATIENCE_SECONDS = 150.0  # on a machine that does other things too, the strategy takes long to compile
ROWS, COLUMNS = 50, 160
TORN = re.compile(r"\x1b(\[[0-9;?]*)?$")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Terminal:
    """A pseudo terminal with a program in it; what it shows is kept without its colours."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", ROWS, COLUMNS, 0, 0))
        environment = {**os.environ, "TERM": "xterm"}
        environment.pop("COLUMNS", None)  # a worker of the tests has a width of its own; this is the terminal's
        self.process = subprocess.Popen(
            [sys.executable, "-P", *words],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")  # a read may end within a character
        self._torn = ""  # or within an escape sequence

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())

    def see(self, wanted: str) -> str:
        """What was shown up to `wanted`, which must come in time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while wanted not in self.shown:
            if not select.select([self.ours], [], [], max(deadline - time.monotonic(), 0))[0]:
                pytest.fail(f"{wanted!r} was not shown; what was: {' '.join(self.shown.split())[:3000]}")
            data = self._torn + self._decoder.decode(os.read(self.ours, 65536))
            torn = TORN.search(data)
            data, self._torn = (data, "") if torn is None else (data[: torn.start()], torn[0])
            self._answer_queries(data)
            self.shown += ESCAPES.sub("", data)
        before, _, self.shown = self.shown.partition(wanted)
        return before

    def _answer_queries(self, data: str) -> None:
        """A terminal says where its cursor is when it is asked."""
        for _ in range(data.count("\x1b[6n")):
            self.type("\x1b[1;1R")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self.ours)


pytestmark = pytest.mark.usefixtures("shipped_is_compiled")


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Terminal]:
    """A run in a new workspace, at its prompt."""
    create(folder / "w").close()
    opened = Terminal(folder / "w", "-m", "cli.main", "run", "--pairs", "BTCUSDT,ETHUSDT")
    try:
        opened.see("sorte>")
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prompt")


@pytest.fixture(scope="module")
def terminal(folder: Path) -> Iterator[Terminal]:
    """One run for all that changes nothing; the test that ends it is the last."""
    with running(folder) as opened:
        yield opened


def test_a_slip_in_the_word_for_panic_is_asked_about_and_declined(terminal: Terminal) -> None:
    terminal.type("pnaico\r")
    terminal.see("Fechar todas as posições agora? (sim/não)")
    terminal.type("não\r")
    terminal.see("sorte>")


def test_at_the_question_a_question_is_answered_a_pause_leaves_it_open_and_panic_declines_it(
    terminal: Terminal,
) -> None:
    terminal.type("aumenta o rsi de sobrevenda para 35\r")
    terminal.see("(sim/não)")
    terminal.type("talvez\r")
    terminal.see("diga “sim” para aplicar")
    terminal.see("(sim/não)")
    terminal.type("status\r")
    terminal.see("simulado")
    terminal.see("(sim/não)")
    terminal.type("NÃO COMPRA MAIS NADA!!!\r")
    terminal.see("Em pausa")
    terminal.see("(sim/não)")
    terminal.type("pânico\r")
    terminal.see("fecho todas as posições agora")
    terminal.see("Você não confirmou; nada mudou.")


def test_a_sentence_is_shown_asked_and_declined_and_the_end_is_a_summary(terminal: Terminal, folder: Path) -> None:
    terminal.type("aumenta o rsi de sobrevenda para 35\r")
    assert "rsi_oversold" in terminal.see("(sim/não)")
    terminal.type("não\r")
    terminal.see("Você não confirmou; nada mudou.")
    terminal.type("take profit to 900%\r")
    terminal.see("pergunta")
    terminal.type("status\r")
    terminal.see("simulado")
    terminal.type("history\r")
    terminal.see("take profit to 900%")
    terminal.type("show 0badc0de\r")
    terminal.see("sorte history")
    terminal.see("sorte>")
    terminal.type("\x04")
    terminal.see("resumo")  # he has spoken Portuguese last
    assert terminal.process.wait(timeout=90) == 0
    assert "= 30" in (folder / "w/strategy/parameters.py").read_text(encoding="utf-8")


def test_panic_need_not_wait_for_a_change_that_is_under_way(tmp_path: Path) -> None:
    with running(tmp_path) as terminal:
        terminal.type("set the oversold level to 35\r")
        terminal.see("(yes/no)")
        terminal.type("yes\r")
        terminal.see("scope")
        terminal.type("panic\r")
        assert "security" not in terminal.see("every position is closed now")
        terminal.see("security")  # it goes on; that it ends as it should is the whole road's


LINES = 150
BEGINS = "sorte>"
TELLING_WHILE_LINES_END = """
import contextlib, sys, threading, time
from core.settings import Settings
from services.gateway.console.prompt import prompt

with prompt(Settings()) as shown:
    sys.stdout.sleep_between_writes = 0.001
    ended = threading.Event()
    shown._take = lambda text: ended.set() if text == "end" else None
    shown.watch(type("Still", (), {"follow": lambda self, take: None})())
    told = 0
    while not ended.wait(0.002):
        print(f"told {told} |", flush=True)
        told += 1
    print(f"all {told} told", flush=True)
    time.sleep(0.5)
"""


def test_nothing_that_is_told_while_a_line_ends_is_lost(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "-c", TELLING_WHILE_LINES_END)
    try:
        seen = ""
        for line in range(LINES):
            seen += terminal.see(BEGINS)
            terminal.type("x\r" if line < LINES - 1 else "end\r")
        seen += terminal.see("all ")
        assert seen.count("|") == int(terminal.see(" told")) > 0
    finally:
        terminal.close()
