"""What was typed that no command takes: told as every other error is, in the owner's language, on standard error."""

from __future__ import annotations

import sys

import typer

from cli.helping import speak
from cli.reporting import said


def report_usage(error: typer.TyperException) -> None:
    """Say what is wrong and which help shows how it is said; nothing where help was shown for want of words."""
    context = getattr(error, "ctx", None)
    if context is not None:
        speak(context)  # the words for its values are in the message
    message = error.format_message()
    if not message:
        return
    print(f"sorte: {said(message)}", file=sys.stderr)
    if context is not None:
        print(f"       {said(f'`{context.command_path} --help` shows what it takes.')}", file=sys.stderr)
