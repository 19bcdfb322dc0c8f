"""The locale changes no answer: the same words are understood, and no character ends in a traceback."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.encoding import as_argument, as_typed, decoded

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("shipped_is_compiled")
LATIN = "pt_BR.ISO-8859-1"
ASCII = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
SENTENCES = {
    "não compre quando o RSI estiver acima de 70": "regra nova no_buy_if_rsi_above_70: não comprar se rsi > 70",
    "stop em três por cento": "stop_loss: 2% -> 3%",
    "pânico": "/panic",
    "fecha todas as posições": "/panic",
    "não compra mais nada até eu mandar": "/pause",
}


@pytest.fixture(scope="module")
def latin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a terminal in Latin-1."""
    folder = tmp_path_factory.mktemp("locales")
    program = shutil.which("localedef")
    if program is None:
        pytest.skip("localedef is not here to make a locale with")
    subprocess.run([program, "-i", "pt_BR", "-f", "ISO-8859-1", str(folder / LATIN)], check=False, capture_output=True)
    if not (folder / LATIN).exists():
        pytest.skip("this machine has no source of the locale pt_BR")
    return {"LOCPATH": str(folder), "LC_ALL": LATIN}


def sorte(*words: str | bytes, env: dict[str, str], said: bytes = b"", cwd: Path) -> subprocess.CompletedProcess[bytes]:
    cache = os.environ["SORTE_CACHE"]  # where what was compiled for other tests lies
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PYTHONPATH": str(ROOT), "SORTE_CACHE": cache, **env}
    command = [sys.executable, "-m", "cli.main", *words]
    return subprocess.run(command, input=said, capture_output=True, env=environment, cwd=cwd, check=False)


def test_sentences_on_standard_input_are_understood_in_a_latin_1_terminal(
    latin: dict[str, str], tmp_path: Path
) -> None:
    said = "".join(f"{sentence}\n" for sentence in SENTENCES).encode("latin-1")
    done = sorte("interpret", "-", env=latin, said=said, cwd=tmp_path)
    assert done.stdout.decode("latin-1").splitlines() == list(SENTENCES.values())
    assert done.stderr == b""


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_a_sentence_as_an_argument_is_understood_in_either_encoding(
    encoding: str, latin: dict[str, str], tmp_path: Path
) -> None:
    for environment, sentence in (
        (latin, "stop em três por cento"),
        (ASCII, "stop em três por cento"),
        ({"LC_ALL": "C.UTF-8"}, "pânico"),
    ):
        done = sorte("interpret", sentence.encode(encoding), env=environment, cwd=tmp_path)
        assert done.stdout.decode("ascii").strip() == SENTENCES[sentence], (environment, done.stderr)


@pytest.mark.parametrize(
    "environment",
    [
        ASCII,
        {"PYTHONIOENCODING": "ascii:strict"},
        pytest.param({"PYTHONIOENCODING": "ascii"}, marks=pytest.mark.long),
        pytest.param({"LC_ALL": "C"}, marks=pytest.mark.long),
    ],
)
def test_what_a_terminal_cannot_show_is_replaced_and_never_a_traceback(
    environment: dict[str, str], tmp_path: Path
) -> None:
    done = sorte("interpret", "stop em 900%", env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert b"stop_loss" in done.stdout
    assert b"Traceback" not in done.stderr
    refused = sorte("init", "x/\u00e3\u20ac\x00"[:-1].encode(), env=environment, cwd=tmp_path)
    assert b"Traceback" not in refused.stderr


def test_json_is_whole_where_standard_output_is_ascii(tmp_path: Path) -> None:
    done = sorte("interpret", "stop em 900%", "--json", env={"PYTHONIOENCODING": "ascii"}, cwd=tmp_path)
    assert "não serve" in json.loads(done.stdout)["question"]


def test_a_workspace_in_latin_1_keeps_its_owners_sentence(latin: dict[str, str], tmp_path: Path) -> None:
    for environment in (latin, ASCII):
        folder = tmp_path / environment["LC_ALL"].replace(".", "")
        assert sorte("init", str(folder), env=environment, cwd=tmp_path).returncode == 0
        asked = sorte("change", "stop em três por cento", env=environment, said=b"", cwd=folder)
        assert b"Traceback" not in asked.stderr
        history = sorte("history", "--all", "--json", env={"LC_ALL": "C.UTF-8"}, cwd=folder)
        assert [change["text"] for change in json.loads(history.stdout)["changes"]] == ["stop em três por cento"]


def test_a_folder_with_an_accent_is_worked_in_where_the_locale_is_ascii(tmp_path: Path) -> None:
    assert sorte("init", "espaço".encode(), env=ASCII, cwd=tmp_path).returncode == 0
    inside = tmp_path / "espaço"
    status = sorte("status", "--json", env=ASCII, cwd=inside)
    assert json.loads(status.stdout)["kind"] == "status"
    ran = sorte("run", "--for", "1", "--json", env=ASCII, cwd=inside)
    assert b"Traceback" not in ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["kind"] == "summary"


def test_bytes_are_taken_for_utf_8_where_they_are_and_else_for_what_terminals_used_before() -> None:
    assert decoded("não".encode()) == "não"
    assert decoded("não".encode("latin-1")) == "não"
    assert decoded(b"\xff\xfe stop") == "ÿþ stop"
    assert as_typed(os.fsdecode("não".encode("latin-1"))) == "não"
    assert as_typed("no") == "no"
    assert os.fsencode(as_argument("não 👍")) == "não 👍".encode()


# Our own files -------------------------------------------------------------------------------------------------------

RUNNING = {"run", "Popen", "check_output"}
OPENING = {"open", "read_text", "write_text", "fdopen", "NamedTemporaryFile", "TextIOWrapper"}


def text_without_encoding() -> Iterator[str]:
    """Where a file is opened as text in whatever encoding the locale has."""
    for folder in ("cli", "core", "services", "strategy", "sandbox", "bench"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _opens_text(node):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}"


def _opens_text(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {keyword.arg for keyword in call.keywords}
    if name in RUNNING and ("text" in given or "universal_newlines" in given):
        return "encoding" not in given
    if name not in OPENING or "encoding" in given:
        return False
    if name in ("read_text", "write_text"):
        return len(call.args) <= (name == "write_text")
    modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    modes += [keyword.value.value for keyword in call.keywords if keyword.arg == "mode"]  # type: ignore[attr-defined]
    return any(set(mode) <= set("rwax+t") and mode for mode in modes)


def test_no_file_of_ours_is_read_or_written_in_the_locales_encoding() -> None:
    assert list(text_without_encoding()) == []
