"""The pages tell the truth of the command line in both languages, and no link of theirs leads nowhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PORTUGUESE = [ROOT / "README.pt-BR.md", *sorted((ROOT / "docs" / "pt-BR").glob("*.md"))]
LINKING = [
    *PAGES,
    *PORTUGUESE,
    ROOT / "AGENTS.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]
FOR_DEVELOPERS = {"benchmarks.md", "editor.md", "gateway.md", "guardian.md", "language.md", "sandbox.md"}
"""Pages for who works on Sorte: they need no Portuguese one."""
TOP_LINES = 6
"""Within these a page links to its other language."""
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def named(pages: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages, ids=lambda page: str(page.relative_to(ROOT)))


def other_language(page: Path) -> Path:
    """Where the page in the other language is, or would be."""
    if page.parent == ROOT:
        return ROOT / ("README.md" if page.name == "README.pt-BR.md" else "README.pt-BR.md")
    return page.parents[1] / page.name if page.parent.name == "pt-BR" else page.parent / "pt-BR" / page.name


# The command line -----------------------------------------------------------------------------------------------------


@cache
def commands() -> dict[str, set[str]]:
    """The options of each command, by its words: `data import`. The empty words are `sorte` itself."""
    return dict(_commands(typer.main.get_command(app), ()))


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    yield " ".join(words), {option for option in options if option.startswith("-")} | {"--help"}
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*words, name))


def read_command(text: str) -> tuple[str, tuple[str, ...]]:
    """The words and the options of what follows `sorte`, as long as they are those of a command."""
    words: list[str] = []
    for word in text.split():
        if " ".join((*words, word)) not in commands():
            break
        words.append(word)
    return " ".join(words), tuple(OPTION.findall(re.sub(r'"[^"]*"', "", text)))


def typed(page: Path) -> list[str]:
    """What follows each `sorte` in the page's code blocks, in order, without what the shell and a comment add."""
    lines = (line for block in FENCE.findall(page.read_text(encoding="utf-8")) for line in block.splitlines())
    parts = (part for line in lines for part in _shell_parts(line))
    return [part.removeprefix("sorte ") for part in parts if part.startswith("sorte ")]


def _shell_parts(line: str) -> list[str]:
    lexer = shlex.shlex(line.removeprefix("$ "), posix=False, punctuation_chars=";|&")
    lexer.whitespace_split, lexer.commenters = True, "#"
    try:
        words = list(lexer)
    except ValueError:  # a lone quotation mark: output, not a command
        return []
    return [part.strip() for part in re.split(r" (?:;|\||&|&&)(?: |$)", " ".join(words))]


def wrong_in(command: str) -> str:
    """What the command line would refuse of `sorte COMMAND`; nothing when it knows all of it."""
    words, options = read_command(command)
    rest = command.split()[len(words.split()) :]
    is_group = any(name.startswith(f"{words} ".lstrip()) and name != words for name in commands())
    if is_group and rest and not rest[0].startswith("-"):
        return f"no command: sorte {command}"
    unknown = set(options) - commands()[words]
    return f"no option of sorte {words}: {', '.join(sorted(unknown))}" if unknown else ""


# What must be so ------------------------------------------------------------------------------------------------------


@named([page for page in PAGES if page.name not in FOR_DEVELOPERS])
def test_a_page_for_users_is_there_in_portuguese(page: Path) -> None:
    assert other_language(page).is_file()


@named([*PORTUGUESE, *(page for page in PAGES if other_language(page).is_file())])
def test_a_page_links_to_its_other_language_at_the_top(page: Path) -> None:
    top = "\n".join(page.read_text(encoding="utf-8").splitlines()[:TOP_LINES])
    assert other_language(page) in [(page.parent / target).resolve() for target in LINK.findall(top)]


@named(PORTUGUESE)
def test_both_languages_type_the_same_commands(page: Path) -> None:
    assert [*map(read_command, typed(page))] == [*map(read_command, typed(other_language(page)))]


@named([*PAGES, *PORTUGUESE])
def test_a_page_types_only_commands_and_options_that_there_are(page: Path) -> None:
    assert [wrong for wrong in map(wrong_in, typed(page)) if wrong] == []


@named([*PAGES, *PORTUGUESE])
def test_a_page_names_only_commands_and_options_that_there_are(page: Path) -> None:
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    mentioned = [re.sub(r"\s+", " ", code).strip() for code in INLINE.findall(prose)]
    wrong = [wrong_in(code.removeprefix("sorte ")) for code in mentioned if code.startswith("sorte ")]
    every_option = set.union(*commands().values())
    alone = [option for code in mentioned if code.startswith("-") for option in OPTION.findall(code)]
    assert [*filter(None, wrong), *(option for option in alone if option not in every_option)] == []


@named(LINKING)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = LINK.findall(INLINE.sub("", FENCE.sub("", page.read_text(encoding="utf-8"))))
    assert [target for target in targets if not target.startswith("http") and not _is_there(page, target)] == []


def _is_there(page: Path, target: str) -> bool:
    path, _, heading = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    return file.exists() and (not heading or heading in _headings(file))


@cache
def _headings(file: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


# The reading of pages itself ------------------------------------------------------------------------------------------


def test_a_command_that_there_is_not_would_be_found() -> None:
    assert "no command" in wrong_in("hedge BTC")
    assert "no command" in wrong_in("paper rest")
    assert "no option of sorte run: --leverage" in wrong_in("run --leverage 3")
    assert not wrong_in('change "set the stop to 3%" --yes')


def test_a_line_of_several_commands_is_read_as_the_shell_would(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('```console\n$ sorte init w && cd w  # sorte arm\n$ sorte change "a; b" --yes | tail -1\n```\n')
    assert [*map(read_command, typed(page))] == [("init", ()), ("change", ("--yes",))]
