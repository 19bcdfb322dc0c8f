"""Help in the owner's language: `texts.toml` has the text of each command and parameter, and is read when it is shown.

Typer is given none of them when the commands are declared, so that a command that is run pays nothing for its help.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from core.language import VARIABLE, Language, language_of

TEXTS: Final = Path(__file__).with_name("texts.toml")
BEGINS: Final = "\n[help."
"""Where the help begins in it: from here to the end, so that what is not shown is not read either."""
SETTINGS: Final = Path("sorte.toml")
"""Where the owner may have set his language; the settings themselves would take longer to load than help to show."""
ROOT: Final = "sorte"
SHARED: Final = "each"
"""Where a parameter is looked for that says the same in many commands."""


class _Spoken:
    """What a command and a group of them have in common."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the line that shows how it is called."""
        pieces = ctx.command.collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=_word("usage"))

    def get_usage(self, ctx: Any) -> str:
        """The same as a text."""
        speak(ctx)
        usage: str = super().get_usage(ctx)  # type: ignore[misc] # of Typer's class beside this one
        return usage

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the whole of it."""
        speak(ctx)
        super().format_help(ctx, formatter)  # type: ignore[misc] # of Typer's class beside this one


class SpokenCommand(_Spoken, TyperCommand):
    """A command."""

    def invoke(self, ctx: Any) -> Any:
        """Run it, in the owner's language also where it needs none of his settings."""
        from core import wording  # what help does without

        wording.speak(as_set())
        return super().invoke(ctx)


class SpokenGroup(_Spoken, TyperGroup):
    """Several commands under one name."""


def speak(ctx: Any) -> None:
    """Give the command of `ctx`, and those in it, their texts in the owner's language."""
    path = tuple(_names(ctx))
    command = ctx.command
    _speak_around()
    command.help = text(*(path or (ROOT,)))
    command.options_metavar = _word("some_options") if command.options_metavar else command.options_metavar
    for parameter in command.get_params(ctx):
        _speak_of(parameter, path)
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = _word("some_command")
        for name, each in command.commands.items():
            each.help = text(*path, name)


def _speak_of(parameter: Any, path: tuple[str, ...]) -> None:
    place = (*path, parameter.name)
    if text(*place) is None:
        place = (SHARED, parameter.name)
    parameter.help = text(*place)
    parameter.metavar = text(*place, "metavar") or parameter.metavar
    parameter.show_default = text(*place, "default") or parameter.show_default


def _speak_around() -> None:
    """What Typer says around the texts; its own names for it are where one sets it."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = _word("arguments")
    rich_utils.OPTIONS_PANEL_TITLE = _word("options")
    rich_utils.COMMANDS_PANEL_TITLE = _word("commands")
    rich_utils.DEFAULT_STRING = _word("default").format(value="{}")
    rich_utils.REQUIRED_LONG_STRING = _word("required")


def _names(ctx: Any) -> Iterator[str]:
    """The names by which the command was called, without the program's."""
    if ctx.parent is not None:
        yield from _names(ctx.parent)
        yield ctx.info_name


def _word(name: str) -> str:
    return text("words", name) or name


def text(*place: str) -> str | None:
    """The text at a place of the help, in the owner's language; None where there is none."""
    table = _texts()
    for name in place:
        table = table.get(name, {})
    said: str | None = table.get(language())
    return said


@cache
def _texts() -> dict[str, Any]:
    whole = TEXTS.read_text(encoding="utf-8")
    texts: dict[str, Any] = tomllib.loads(whole[whole.index(BEGINS) :])["help"]
    return texts


@cache
def language() -> Language:
    """The owner's, for as long as one process shows help."""
    return as_set()


def as_set() -> Language:
    """The owner's: as the settings would say it, without what they cost; one that they refuse is none here."""
    if not os.environ.get(VARIABLE):
        try:
            return Language(tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["language"])
        except (OSError, ValueError, KeyError, RecursionError):  # none, or none that could be read
            pass
    return language_of(os.environ)
