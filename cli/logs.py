"""`sorte logs`: shows what was logged, and goes on with what is."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.texts import say

if TYPE_CHECKING:
    from core.errors import ConfigurationError
    from core.settings import Settings
    from core.telemetry.lines import Line
    from core.telemetry.reading import Follower

USUAL_LINES: Final = 50
MOST_LINES: Final = 100_000
INTERRUPTED: Final = 130
LOOK_ANYWAY_MS: Final = 5_000
"""A disk that tells nobody of its changes, a network's perhaps, is looked at so often."""
TOGETHER_MS: Final = 50
"""Changes of a file so near to each other are one."""
OLD_LOG: Final = "commander.log"
"""What an earlier version wrote."""
COMPONENTS: Final = ("trader", "commander", "guardian", "interpreter", "mirror", "simulator", "backtest")
COLOURS: Final = {"warning": "yellow", "error": "red", "debug": "bright_black"}


def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f")] = False,
    level: str = "debug",
    component: str = "",
    change: Annotated[str, typer.Option(metavar="ID")] = "",
    since: str = "",
    lines: Annotated[int | None, typer.Option("--lines", "-n", min=1, max=MOST_LINES)] = None,
    file: str = "main",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Show the logs, the newest lines last."""
    from cli.moments import moment
    from core.settings import load_settings
    from core.telemetry.files import STREAMS
    from core.telemetry.lines import LEVELS
    from core.telemetry.reading import Follower, Wanted

    settings = load_settings()
    _check("level", level, tuple(LEVELS))
    _check("component", component, ("", *COMPONENTS))
    _check("file", file, STREAMS)
    wanted = Wanted(
        file, level, component, _change(change), moment(since, settings.time_zone, time.time_ns(), "--since")
    )
    follower = Follower(folders_of(settings), wanted)
    show = _printer(as_json=as_json, zone=settings.time_zone)
    with _until_nobody_reads():
        found = follower.newest(lines or (MOST_LINES if since else USUAL_LINES))
        for line in found:
            show(line)
        if not follow:
            _say_what_else_there_is(settings, found, as_json=as_json)
            return
        sys.stdout.flush()
        for line in followed(follower):
            show(line)
            sys.stdout.flush()


def folders_of(settings: Settings) -> list[Path]:
    """The folders of logs: of our data folder, and of who worked on our workspace. Refuses when there is none."""
    from core.telemetry.process import folder_of
    from core.workspace import data_folders

    known = [folder_of(folder) for folder in data_folders(settings) or [settings.data_dir]]
    there = [folder for folder in known if folder.is_dir()]
    if not there:
        raise _refusal("nothing_there", "nothing_there_hint", folders=" / ".join(map(str, known)))
    return there


def followed(follower: Follower) -> Iterator[Line]:
    """What is logged from now on, as it comes; ends the program with Ctrl-C."""
    from watchfiles import watch

    try:
        while True:
            begun = _Begun(follower)
            changes = watch(
                *follower.folders,
                watch_filter=None,
                debounce=TOGETHER_MS,
                step=TOGETHER_MS // 2,
                stop_event=begun,
                rust_timeout=LOOK_ANYWAY_MS,
                yield_on_timeout=True,
                recursive=False,
            )
            for _ in changes:
                yield from follower.more()
            yield from begun.found
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


class _Begun:
    """Asked by a watch whether it shall stop, from when it hears of changes: it shall where some came before that."""

    def __init__(self, follower: Follower) -> None:
        self.found: list[Line] = []
        self._follower: Follower | None = follower

    def is_set(self) -> bool:
        """True once, when something came between the last look and the beginning of the watch."""
        if self._follower is not None:
            self.found, self._follower = self._follower.more(), None
            return bool(self.found)
        return False


def _printer(*, as_json: bool, zone: str) -> Callable[[Line], None]:
    from core.encoding import json_line
    from core.telemetry.showing import shown

    def show(line: Line) -> None:
        if as_json:
            print(json_line(line))
        else:
            typer.secho(shown(line, zone), fg=COLOURS.get(str(line.get("level"))))

    return show


@contextlib.contextmanager
def _until_nobody_reads() -> Iterator[None]:
    """End quietly when standard output was closed, as `head` does."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_what_else_there_is(settings: Settings, found: list[Line], *, as_json: bool) -> None:
    if as_json:
        return
    if not found:
        typer.echo(say("logs.nothing_matches"), err=True)
    old = settings.data_dir / OLD_LOG
    if len(found) < USUAL_LINES and old.is_file():
        typer.echo(say("logs.older", file=old), err=True)


def _check(what: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        names = ", ".join(each for each in known if each)
        raise _refusal(f"unknown_{what}", "choose", **{what: name}, names=names)


def _change(text: str) -> str:
    """The beginning of a change's id. Refuses what is none."""
    if not re.fullmatch(r"[0-9a-f]{0,32}", text.lower()):
        raise _refusal("no_change", "no_change_hint", change=text)
    return text.lower()


def _refusal(name: str, hint: str, **values: Any) -> ConfigurationError:
    from core.errors import ConfigurationError

    return ConfigurationError(say(f"logs.{name}", **values), say(f"logs.{hint}", **values))
