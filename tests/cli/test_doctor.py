"""`sorte doctor` tells what works and what to do about the rest, changes nothing, and tells no secret and no name."""

from __future__ import annotations

import getpass
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.checkup import cards, walls
from cli.checkup.finding import State
from cli.checkup.report import without_names
from cli.main import app
from sandbox.tasks.probing import ATTEMPTS
from tests.llm.servers import serving

KEY = "hunter2hunter2hunter2"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def doctor(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["doctor", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def findings(output: str) -> dict[str, dict[str, object]]:
    return {each["name"]: each for each in json.loads(output)["findings"]}


def test_without_any_settings_nothing_fails_and_nothing_is_made(folder: Path) -> None:
    code, output = doctor("--json")
    found = findings(output)
    assert list(found) == ["python", "box", "settings", "clock", "disk", "database", "exchange", "models", "cards"]
    assert (code, json.loads(output)["ok"]) == (0, True)
    assert found["models"]["state"] == found["exchange"]["state"] == "off"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("language", "said"), [("pt", "Nenhum modelo de"), ("en", "No language model is set")])
def test_it_speaks_the_owners_language(language: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_LANGUAGE", language)
    assert said in doctor()[1]


def test_a_model_is_asked_and_its_card_told() -> None:
    with serving() as server:
        Path("sorte.toml").write_text(
            f'[models]\nchain = ["ollama"]\nollama_model = "tiny"\nollama_url = "{server.url}"\n', encoding="utf-8"
        )
        code, output = doctor("--json")
        _, said = doctor()
    facts = findings(output)["model_ollama"]["facts"]
    assert isinstance(facts, dict)
    assert (facts["obeys"], facts["right"], facts["declines"], facts["gpu"]) == (True, True, False, "yes")
    assert code == 0
    assert "! Ollama, tiny: keeps to the form, but" in said  # the server says the same to both questions
    assert len(server.asked) == 4


def test_what_does_not_answer_fails_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_MODELS__OPENAI_KEY", KEY)
    monkeypatch.setenv("SORTE_EXCHANGE__API_KEY", KEY)
    Path("sorte.toml").write_text(
        '[exchange]\nrest_url = "http://127.0.0.1:9"\n'
        '[models]\nchain = ["openai"]\nopenai_model = "m"\nopenai_url = "http://127.0.0.1:9/v1"\n',
        encoding="utf-8",
    )
    code, output = doctor()
    assert code == 1
    assert "x The exchange does not answer (ConnectError). Look at exchange.rest_url and the network." in output
    assert "nobody answers at its address. See docs/local-models.md." in output
    for words in (("--json",), ("--gpu",)):
        assert KEY not in doctor(*words)[1]


def test_the_walls_of_the_box_are_tried_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt is stopped inside; that they are attempts is shown outside, here by two of them."""
    outside = walls._outside
    tried = ("write_file", "open_socket")
    monkeypatch.setattr(walls, "_outside", lambda name: outside(name) if name in tried else "fails")
    Path("sorte.toml").write_text('[guardian]\nsandbox = "bubblewrap"\n', encoding="utf-8")
    code, output = doctor("--sandbox", "--json")
    found = findings(output)
    assert found.pop("box")["state"] == "ok"
    assert [name for name, finding in found.items() if finding["state"] != "ok"] == []
    assert code == 0
    assert set(found) == {f"wall_{name}" for name in ATTEMPTS}
    facts = {name: dict(finding["facts"]) for name, finding in found.items()}  # type: ignore[call-overload]
    assert [facts[f"wall_{name}"]["outside"] for name in tried] == ["works", "works"]
    assert {facts[f"wall_{name}"]["wall"] for name in ("open_socket", "run_program", "trace")} == {"ended"}
    assert {facts[f"wall_{name}"]["wall"] for name in ("read_accounts", "list_homes")} == {"view"}
    assert {facts[f"wall_{name}"]["raised"] for name in ("write_file", "start_process", "start_thread")} == {"EPERM"}


WITHOUT_USERS = "echo 0 > /proc/sys/user/max_user_namespaces && exec $0 doctor --sandbox"
"""In user namespaces of its own, so that the machine's are not touched."""


def test_where_no_box_opens_nothing_is_said_to_be_stopped() -> None:
    """The words with which a box says why it does not open name the filter too; and to root a lesser box would open."""
    Path("sorte.toml").write_text('[guardian]\nsandbox = "bubblewrap"\n', encoding="utf-8")
    sorte = Path(sys.executable).with_name("sorte")
    command = ["unshare", "-Ur", "sh", "-c", WITHOUT_USERS, str(sorte)]
    env = {**os.environ, "SORTE_LANGUAGE": "pt"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert done.returncode == 1, done
    assert first.startswith("x A caixa não abre (bwrap:")
    assert second.startswith("x Nenhuma caixa abre para ser provada: A caixa não pôde ser montada: bwrap:")


def test_a_wall_that_does_not_hold_fails() -> None:
    finding = walls._finding("take_memory", "done", "bubblewrap")
    assert (finding.state, finding.text) == (State.FAIL, "wall_open")


def test_faulty_settings_are_the_last_that_is_looked_at() -> None:
    Path("sorte.toml").write_text('[models]\nchain = ["ollama"]\n', encoding="utf-8")
    code, output = doctor("--json")
    assert code == 1
    found = findings(output)
    assert list(found)[-1] == "settings"
    assert "chain names ollama, and ollama_model says nothing" in str(found["settings"]["facts"])


def test_a_database_that_is_none_fails(folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "sorte.sqlite").write_bytes(b"no database" * 100)
    Path("sorte.toml").write_text('data_dir = "own"\n', encoding="utf-8")
    code, output = doctor("--json")
    assert (code, findings(output)["database"]["state"]) == (1, "fail")


def test_a_report_holds_no_name_of_the_owner() -> None:
    told = {"file": str(Path.home() / "models" / "x.gguf"), "user": f"by {getpass.getuser()}", "token": KEY}
    hidden = json.dumps(without_names(told))
    assert str(Path.home()) not in hidden
    assert KEY not in hidden


# The graphics card ----------------------------------------------------------------------------------------------------

VULKANINFO = """\
#!/bin/sh
echo "Devices:"
echo "GPU0:"
echo "	apiVersion         = 1.3.289"
echo "	deviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU"
echo "	deviceName         = AMD Radeon RX 6600 (RADV NAVI23)"
echo "	driverName         = radv"
echo "	deviceUUID         = 00000000-0300-0000-0000-000000000000"
"""


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_a_card_is_told_by_the_tools_that_are_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(folder, "vulkaninfo", VULKANINFO)
    program(folder, "rocminfo", "#!/bin/sh\nexit 3\n")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("HSA_OVERRIDE_GFX_VERSION", "10.3.0")
    found = cards.cards()
    assert found.state in (State.OK, State.WARN)
    assert "deviceName = AMD Radeon RX 6600 (RADV NAVI23)" in found.facts["vulkan"]
    assert not any("UUID" in line for line in found.facts["vulkan"])
    assert found.facts["rocm"] == ["rocminfo: 3"]
    assert found.facts["variables"]["HSA_OVERRIDE_GFX_VERSION"] == "10.3.0"
    _, output = doctor("--gpu")
    assert "RX 6600" in output
