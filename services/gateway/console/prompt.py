"""A prompt in the terminal where the trader runs: the owner types a sentence and sees what becomes of it.

It runs in threads of its own and talks to the commander over the local socket, as `sorte change` does: the loop that
trades reads no key and draws nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec
from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import HTML, FormattedText
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.text import Text

from core.contracts.answers import Answer, SwitchSaid
from core.contracts.asking import Question
from core.contracts.events import (
    Decided,
    Denied,
    EpochBegan,
    FaultTold,
    Filled,
    HostReady,
    Rejected,
    Starting,
    Summary,
    Unfilled,
)
from core.contracts.told import Note, Recovered, SettingChanged, SettingRefused, Telling, Watched
from core.encoding import as_typed
from core.errors import SorteError
from core.retelling import retold
from core.settings import Settings
from core.text import printable
from core.wording import owners_language
from services.commander.desk.stopping import stop_by_word
from services.commander.line.client import ask_over
from services.commander.line.instance import Confirm, stop_here
from services.commander.line.local_socket import connect
from services.commander.line.words import unreachable
from services.commander.texts import say
from services.gateway.console import texts
from services.gateway.console.board import MOST_RECENT, RECENT, Fragments, Happened, board
from services.gateway.console.live import Window
from services.gateway.console.printing import known
from services.gateway.console.shown import Shown
from services.gateway.console.telling import fields_said, kind_said
from services.gateway.console.typed import question
from services.interpreter.answering import answer
from services.interpreter.stopping import Heard, Stop, heard, prepare
from services.trader.figures import Figures

QUIET: Final = (Decided, Filled, EpochBegan, HostReady, Unfilled, Denied, Rejected, Starting)
"""Told often, or seen in the toolbar: above a prompt they would push away what the owner reads."""
PATIENCE_SECONDS: Final = 3.0
"""A commander that takes longer over a word that stops is not waited for, nor a line that is to end."""
LONG: Final = 120
"""Characters of a value in a line above the prompt."""
LEAVE: Final = frozenset({"exit", "quit", "sair", "tchau", "bye"})


class Prompt:
    """Shows a run and takes sentences; a Console of `services.gateway.console.live`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._toolbar = HTML(texts.say("prompt.starting"))
        self._last = (time.monotonic(), 0)
        self._figures: Figures | None = None
        self._recent: deque[Happened] = deque(maxlen=MOST_RECENT)
        self._session: PromptSession[str] = PromptSession(history=InMemoryHistory(), interrupt_exception=EOFError)
        self._loop = asyncio.new_event_loop()
        self._reader: threading.Thread | None = None
        self._console = Console(highlight=False, force_terminal=True)
        self._shown = Shown(self._console, settings.time_zone)
        self._ending = False
        prepare()  # before the first event, which must not wait while a thread of ours reads a file

    def tell(self, told: Telling) -> None:
        """A line above the prompt, for what the owner should know at once; what happens often is on the board."""
        if isinstance(told, RECENT):
            self._recent.append(Happened(time.time(), told))
        if isinstance(told, Summary | Watched | Recovered | SettingChanged | SettingRefused | Note):
            self._shown.show(told)
        elif not isinstance(told, QUIET):
            said, kind = fields_said(told, owners_language(), most=LONG), kind_said(told, owners_language())
            colour = "red" if isinstance(told, FaultTold) else "cyan"
            self._console.print(Text.assemble((f"{kind:9}", colour), said))

    def watch(self, window: Window) -> None:
        """Its figures are in the toolbar from now on, and sentences are taken."""
        window.follow(self._take_figures)
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # The owner's side -------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        self._console.print(texts.say("prompt.help"))
        while not self._ending:
            if (text := self._read_line("sorte>")) is None:
                if not self._ending:
                    os.kill(os.getpid(), signal.SIGINT)  # the trader stops as it does for Ctrl-C
                return
            if text.casefold() in LEAVE:
                os.kill(os.getpid(), signal.SIGINT)
                return
            if text:
                self._take(text)

    def _take(self, text: str) -> None:
        """Answer it; a change that was confirmed goes on beside the prompt, so that a `panic` need not wait for it."""
        if text == "?":
            self._console.print(texts.say("prompt.help"))
            return
        if (stop := heard(text)) is not None:
            self._stop(stop, text)
            return
        asked: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        answers: queue.SimpleQueue[bool | str] = queue.SimpleQueue()

        def confirm(wanted: str) -> bool | str:
            asked.put(wanted)
            return answers.get()

        wanted_first = msgspec.structs.replace(question(text), asks=True)  # typed by a person, who may slip
        threading.Thread(target=self._answer, args=(wanted_first, confirm, asked), daemon=True).start()
        while (wanted := asked.get()) is not None:
            said = self._confirm(wanted)
            answers.put(said)
            if isinstance(said, bool):
                return

    def _stop(self, stop: Heard, text: str) -> bool:
        """Do what a word that stops asks for: by the commander, or by the owner's files when it is away.

        False when it was spelled wrong and he did not mean it.
        """
        if stop.unsure and stop.stop is Stop.PANIC:  # asked about once; nothing but a clear yes closes everything
            if answer(self._read_line(say("panic_question", stop.language)) or "") is not True:
                return False
            text = texts.say("prompt.panic", stop.language)
        told: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        threading.Thread(target=self._stop_by_commander, args=(text, told), daemon=True).start()
        try:
            with contextlib.suppress(queue.Empty):
                if (step := told.get(timeout=PATIENCE_SECONDS)) is not None:
                    self._shown.show(step)
                    return True
            stopped: SwitchSaid | None = asyncio.run(stop_by_word(text, self._settings.data_dir, None))
            if stopped is not None:
                self._shown.show(stopped)
        except OSError as error:
            self._console.print(Text(printable(retold(str(error))), style="red"))
        return True

    def _stop_by_commander(self, text: str, told: queue.SimpleQueue[Answer | None]) -> None:
        step: Answer | None = None
        try:
            with contextlib.suppress(SorteError, OSError):
                step = self._ask(Question(do="change", text=text), lambda _: False)
        finally:
            told.put(step)

    def _answer(self, wanted: Question, confirm: Confirm, asked: queue.SimpleQueue[str | None]) -> None:
        try:
            self._shown.show(self._ask(wanted, confirm))
        except (SorteError, OSError) as error:
            if not self._ending:
                self._console.print(Text(printable(retold(str(error))), style="red"))
        finally:
            asked.put(None)  # nothing is asked any more

    def _ask(self, asked: Question, confirm: Confirm) -> Answer:
        connection = connect(self._settings.data_dir)
        if connection is None and (stopped := stop_here(asked, self._settings)) is not None:
            return stopped  # the trader looks at the folder itself
        if connection is None:
            raise unreachable(os.getpid())
        with connection:
            return ask_over(connection, asked, self._shown.show, confirm)

    def _confirm(self, wanted: str) -> bool | str:
        """Yes, no, or words that the commander replies to before it asks again. What stops is done here, at once."""
        while True:
            said = self._read_line(wanted)
            if not said:
                return False
            if said.casefold() in LEAVE:
                os.kill(os.getpid(), signal.SIGINT)
                return False
            if (stop := heard(said)) is None:
                decided = answer(said)
                return said if decided is None else decided
            if self._stop(stop, said) and stop.stop is Stop.PANIC:
                return False

    def _read_line(self, wanted: str) -> str | None:
        """What the owner types at `wanted`; None when he wants out of it (Ctrl-C, Ctrl-D), or his terminal is gone.

        One loop serves every line: what is told just when a line ends is drawn by it, and would be lost with a loop
        that ended with the line.
        """

        def message() -> FormattedText:
            return FormattedText([*self._draw_board(), ("", f"{wanted} ")])

        line = self._session.prompt_async(message, bottom_toolbar=self._draw_toolbar, refresh_interval=1.0)
        try:
            return as_typed(asyncio.run_coroutine_threadsafe(line, self._loop).result()).strip()
        except (EOFError, OSError):
            return None

    # The board and the toolbar ----------------------------------------------------------------------------------------

    def _draw_board(self) -> Fragments:
        """The pairs and what happened last; nothing of it stays on the screen behind a line that was typed."""
        app = self._session.app
        if app.is_done:
            return []
        size = app.output.get_size()
        return board(self._figures, tuple(self._recent), size.rows, size.columns, owners_language())

    def _draw_toolbar(self) -> HTML:
        return self._toolbar

    def _take_figures(self, figures: Figures) -> None:
        """How the trader does now, told by its loop once a second; the toolbar is drawn in another thread."""
        self._figures = figures
        now, events = time.monotonic(), figures.events
        passed = max(now - self._last[0], 0.001)
        rate, self._last = (events - self._last[1]) / passed, (now, events)
        latency, language = figures.latency_us, owners_language()
        counts = {"fills": figures.fills, "open_positions": figures.open_positions, "faults": figures.faults}
        mode = texts.named("mode", figures.mode, language).upper()
        trading = texts.named("trading", figures.trading, language)
        state = {"mode": mode, "trading": trading, "equity": known(figures.equity), **counts}
        self._toolbar = HTML(texts.say("prompt.figures", rate=rate, p50=latency.p50, p99=latency.p99, **state))

    def close(self) -> None:
        """Take the prompt away, and give the terminal back as it was."""
        self._ending = True
        self._loop.call_soon_threadsafe(self._leave)
        if self._reader is not None:
            self._reader.join(timeout=PATIENCE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _leave(self) -> None:
        app = self._session.app
        if app.is_running and not app.is_done:
            app.exit(exception=EOFError())


@contextlib.contextmanager
def prompt(settings: Settings) -> Iterator[Prompt]:
    """The prompt, for as long as the block runs."""
    with patch_stdout(raw=True):
        shown = Prompt(settings)
        try:
            yield shown
        finally:
            shown.close()
