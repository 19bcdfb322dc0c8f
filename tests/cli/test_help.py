"""Help and the words for what no command takes are in the owner's language, for each command and each parameter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.testing import CliRunner

from cli import helping
from cli.main import app
from cli.usage import report_usage
from core.language import Language
from tests.cli.conftest import english_in

ROOT: Final[Any] = typer.main.get_command(app)


def walked(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from walked(each, (*path, name))


COMMANDS: Final = dict(walked(ROOT))


def test_the_tree_of_commands_is_walked_to_its_leaves() -> None:
    assert {(), ("run",), ("config", "explain"), ("data", "import"), ("paper", "reset")} <= set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_each_command_and_parameter_has_a_text_in_each_language(path: tuple[str, ...], owner: Any) -> None:
    for language in Language:
        owner(language)
        assert helping.text(*(path or (helping.ROOT,)))
        for parameter in COMMANDS[path].params:
            assert helping.text(*path, parameter.name) or helping.text(helping.SHARED, parameter.name), parameter.name


def test_no_text_is_of_a_command_or_parameter_that_is_gone() -> None:
    known = {path or (helping.ROOT,) for path in COMMANDS}
    known |= {(*path, parameter.name) for path, command in COMMANDS.items() for parameter in command.params}
    known |= {(helping.SHARED, place[-1]) for place in known} | {(helping.SHARED, "help")}
    known |= {(*place, about) for place in set(known) for about in ("metavar", "default")}

    def places(table: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from places(value, (*place, name))
            else:
                yield place

    written = set(places({name: table for name, table in helping._texts().items() if name != "words"}))
    assert written <= known, written - known


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_each_command_is_in_portuguese_for_who_speaks_it(path: tuple[str, ...], owner: Any) -> None:
    owner(Language.PT)
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"}).output
    assert "Uso: " in shown
    assert "Mostra esta mensagem e termina." in shown
    assert not english_in(shown)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_each_command_is_in_english_for_who_speaks_that(path: tuple[str, ...], owner: Any) -> None:
    owner(Language.EN)
    shown = CliRunner().invoke(app, [*path, "--help"]).output
    assert "Usage: " in shown
    assert "Show this message and exit." in shown


def test_the_language_of_the_settings_file_is_that_of_the_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any
) -> None:
    owner(Language.EN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SORTE_LANGUAGE")
    (tmp_path / "sorte.toml").write_text('language = "pt"\n', encoding="utf-8")
    helping.language.cache_clear()
    assert helping.language() is Language.PT
    (tmp_path / "sorte.toml").write_text("language = [", encoding="utf-8")
    helping.language.cache_clear()
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert helping.language() is Language.EN


WRONG: Final = (
    ("run --nope", "Não existe a opção --nope"),
    ("run --spee 3", "Não existe a opção --spee (pode ser: "),
    ("nope", "Não existe o comando 'nope'."),
    ("statu", "Não existe o comando 'statu'. Quis dizer 'status'?"),
    ("change", "Falta o argumento 'TEXTO'."),
    ("backtest", "Falta a opção '--data' / '-d'."),
    ("history --limit", "A opção '--limit' pede um valor."),
    ("status --json=3", "A opção '--json' não aceita valor."),
    ("history a b", "Palavras a mais: a b"),
    ("history --limit x", "Valor inválido para '--limit': o valor tem de ser um número inteiro"),
    ("history --limit 0", "Valor inválido para '--limit': o valor tem de ser no mínimo 1"),
    ("run --speed x", "Valor inválido para '--speed': o valor tem de ser um número"),
    ("run --for 0", "Valor inválido para '--for': o valor tem de ser no mínimo 0,1"),
    ("sim --port 99999", "Valor inválido para '--port': o valor tem de ser no máximo 65535"),
    ("judge", "Valor inválido: dê um commit ou --tree PASTA"),
)


@pytest.mark.parametrize(("typed", "told"), WRONG)
def test_what_no_command_takes_is_told_in_portuguese(
    typed: str, told: str, owner: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    owner(Language.PT)
    with pytest.raises(typer.TyperException) as wrong:
        app(typed.split(), standalone_mode=False)
    report_usage(wrong.value)
    shown = capsys.readouterr()
    assert shown.err.startswith(f"sorte: {told}")
    assert not shown.out
    assert not english_in(shown.err)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "sorte: No such option: --nope"), ("pt", "sorte: Não existe a opção --nope")]
)
def test_the_program_says_so_on_standard_error_and_ends_with_two(language: str, told: str) -> None:
    words = [sys.executable, "-m", "cli.main", "status", "--json", "--nope"]
    done = subprocess.run(words, env={**os.environ, "SORTE_LANGUAGE": language}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)


def test_the_version_and_the_short_word_for_help(owner: Any) -> None:
    owner(Language.EN)
    shown = CliRunner().invoke(app, ["--version"])
    assert (shown.exit_code, shown.output.startswith("sorte 0.")) == (0, True)
    for words in (["-h"], ["kill", "-h"], ["data", "import", "-h"]):
        assert "Usage: " in CliRunner().invoke(app, words).output, words
