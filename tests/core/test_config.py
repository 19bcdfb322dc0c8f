"""`sorte config` tells the truth of each setting, names every fault of a file with its line, and shows no secret."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from core.errors import ConfigurationError
from core.language import Language
from core.settings import SETTINGS_FILE, Settings, load_settings
from core.settings.checking import FileSettings, faults_of
from core.settings.facts import facts_of
from core.settings.lines import line_of
from core.settings.origins import origin_of
from core.settings.page import commented_file, page
from core.settings.texts import WORDING
from core.settings.words import LIMITS, meaning, section_meaning, value_said
from core.wording import owners_language, speak
from services.trader.limits import PAPER_LIMITS, Limits

ROOT = Path(__file__).parents[2]
TEXTS = WORDING.texts
SECRET = "hunter2hunter2"  # noqa: S105 - what must never be shown


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder without settings; the language that a test has the process speak ends with it."""
    monkeypatch.chdir(tmp_path)
    before = owners_language()
    yield tmp_path
    speak(before)


def sorte(*words: str, code: int = 0) -> str:
    """What the command prints; it must end with `code`."""
    result = CliRunner().invoke(app, ["config", *words])
    assert result.exit_code == code, result.output
    return result.output


def refused(*words: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        CliRunner().invoke(app, ["config", *words], catch_exceptions=False)
    return str(caught.value)


# What is documented ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Settings, Limits])
def test_every_key_has_a_sentence(model: type[Settings]) -> None:
    assert [fact.key for fact in facts_of(model).values() if not re.match(r'[A-Z"a-z].*\.$', fact.text)] == []


def test_every_number_has_a_unit() -> None:
    numbers = [fact for fact in facts_of(Settings).values() if "number" in fact.kind]
    assert [fact.key for fact in numbers if not fact.unit] == []


@pytest.mark.parametrize(("language", "file"), [("en", "docs/settings.md"), ("pt", "docs/pt-BR/settings.md")])
def test_the_pages_are_in_step_with_the_settings(language: str, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = page(Limits, Language(language))
    again = f"make it again: SORTE_LANGUAGE={language} sorte config explain --all > {file}"
    assert (ROOT / file).read_text(encoding="utf-8") == made, again
    monkeypatch.setenv("SORTE_LANGUAGE", language)
    assert sorte("explain", "--all") == made


def test_each_setting_is_explained_in_each_language() -> None:
    """In English by the model's own sentence; a setting that lacks a language, or a text without a setting, fails."""
    facts = facts_of(Settings) | facts_of(Limits, LIMITS)
    sections = {key: field.annotation for key, field in Settings.model_fields.items() if f"section.{key}" in TEXTS}
    sections["limits"] = Limits
    assert {name for name in TEXTS if name.startswith("meaning.")} == {f"meaning.{key}" for key in facts}
    assert {name for name in TEXTS if name.startswith("section.")} == {f"section.{key}" for key in sections}
    assert {fact.key.rpartition(".")[0] for fact in facts.values()} == {"", *sections}
    assert {fact.key: meaning(fact, Language.EN) for fact in facts.values()} == {key: facts[key].text for key in facts}
    assert {key: section_meaning(key, Language.EN) for key in sections} == {
        key: (model.__doc__ or "").strip() for key, model in sections.items()
    }
    same = [fact.key for fact in facts.values() if meaning(fact, Language.PT) == fact.text]
    assert same + [key for key in sections if section_meaning(key, Language.PT) == sections[key].__doc__] == []
    for fact in facts.values():
        assert value_said(fact, Language.EN)
        assert value_said(fact, Language.PT)


def test_an_owner_who_speaks_portuguese_is_told_of_settings_in_portuguese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_LANGUAGE", "pt")
    assert sorte("explain", "commander.watch_seconds").splitlines() == [
        "commander.watch_seconds: Por quanto tempo uma mudança fica em observação depois de entrar; "
        "a que piora nesse tempo é desfeita.",
        "  valor          segundos, acima de 0",
        "  padrão         60",
        "  agora          60 (padrão)",
        "  como definir   watch_seconds = ... em [commander], no sorte.toml, "
        "ou a variável SORTE_COMMANDER__WATCH_SECONDS",
        "  vale           na hora, com o Sorte rodando, quando é o sorte.toml que a define",
    ]
    assert re.search(r"language +\"pt\" +variável SORTE_LANGUAGE\n", sorte("show"))
    assert json.loads(sorte("show", "--json"))["settings"]["language"]["from"] == "variable SORTE_LANGUAGE"
    assert sorte("check") == "Nenhuma falha nas configurações.\n"
    assert sorte("init") == "sorte.toml está escrito. Ainda não define nada; tire um # para definir uma chave.\n"
    assert "# Duração das barras" in SETTINGS_FILE.read_text(encoding="utf-8")
    SETTINGS_FILE.write_text('mod = 1\n[trader]\nmode = "x"\nwarm_bars = -2\n', encoding="utf-8")
    assert sorte("check", code=1).splitlines() == [
        "sorte.toml:1: mod: chave desconhecida (quis dizer trader.mode?)",
        "sorte.toml:3: trader.mode: o valor tem de ser 'shadow', 'paper' ou 'live'",
        "sorte.toml:4: trader.warm_bars: o valor tem de ser no mínimo 0",
    ]


def test_only_what_is_safe_to_change_is_live() -> None:
    live = {fact.key for fact in facts_of(Settings).values() if fact.live}
    assert {key for key in live if not key.startswith("commander.")} == {"logs.level"}
    assert not any(fact.live for fact in facts_of(Limits).values())


def test_explain_tells_everything_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    SETTINGS_FILE.write_text("[commander]\n\nwatch_seconds = 90\n", encoding="utf-8")
    said = sorte("explain", "commander.watch_seconds")
    for part in ("watched", "seconds, above 0", "default        60", "90 (sorte.toml line 3)", "at once"):
        assert part in said
    assert "SORTE_COMMANDER__WATCH_SECONDS" in said
    monkeypatch.setenv("SORTE_COMMANDER__WATCH_SECONDS", "30")
    assert "30 (variable SORTE_COMMANDER__WATCH_SECONDS)" in sorte("explain", "watch_seconds")


@pytest.mark.parametrize("key", [*facts_of(Settings), *facts_of(Limits, LIMITS)])
def test_every_key_can_be_explained(key: str) -> None:
    assert sorte("explain", key).startswith(f"{key}: ")


def test_explain_tells_of_a_limit() -> None:
    assert "as shipped" in sorte("explain", "limits.order_value")
    (Path("limits.toml")).write_bytes(PAPER_LIMITS.read_bytes())
    assert "limits.toml)" in sorte("explain", "order_value")


def test_a_key_that_is_unknown_or_one_of_several_is_refused_with_names() -> None:
    assert "did you mean trader.stale_seconds?" in refused("explain", "stale_second")
    assert "did you mean" not in refused("explain", "zebra")


# What is in force -----------------------------------------------------------------------------------------------------


def test_show_tells_each_value_and_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    SETTINGS_FILE.write_text('[trader]\nmode = "shadow"\nwarm_bars = 7\n', encoding="utf-8")
    monkeypatch.setenv("SORTE_TRADER__MODE", "paper")
    monkeypatch.setenv("SORTE_COMMANDER", '{"watch_seconds": 5}')
    told = json.loads(sorte("show", "--json"))["settings"]
    assert told["trader.mode"] == {"value": "paper", "from": "variable SORTE_TRADER__MODE", "live": False}
    assert told["trader.warm_bars"]["from"] == "sorte.toml line 3"
    assert told["commander.watch_seconds"] == {"value": 5, "from": "variable SORTE_COMMANDER", "live": True}
    assert told["trader.timeframe"] == {"value": "1m", "from": "default", "live": False}
    assert told["limits.order_value"] == {"value": "2500", "from": "as shipped, for paper trading", "live": False}
    assert list(told) == [*facts_of(Settings), *(f"limits.{key}" for key in facts_of(Limits))]
    assert re.search(r"trader.mode +\"paper\" +variable SORTE_TRADER__MODE\n", sorte("show"))


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_show_masks_secrets(form: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    SETTINGS_FILE.write_text(f'[exchange]\napi_key = "{SECRET}"\n', encoding="utf-8")
    monkeypatch.setenv("SORTE_EXCHANGE__API_SECRET", SECRET)
    monkeypatch.setenv("SORTE_DATABASE_URL", f"postgresql+psycopg://me:{SECRET}@127.0.0.1/x")
    said = sorte("show", *form) + sorte("explain", "api_key") + sorte("explain", "database_url")
    assert SECRET not in said
    assert said.count("**********") == 5


def test_a_secret_file_is_named_as_an_origin(tmp_path: Path) -> None:
    (tmp_path / "sorte_exchange__api_key").write_text("kept", encoding="utf-8")
    assert origin_of("exchange.api_key", {}, tmp_path).kind == "secret_file"
    assert str(origin_of("exchange.api_secret", {}, tmp_path)) == "default"


# What is wrong --------------------------------------------------------------------------------------------------------


def test_check_names_every_fault_with_its_line_and_the_key_that_may_be_meant() -> None:
    SETTINGS_FILE.write_text('mod = 1\n[trader]\nmode = "paper"\nxx = [\n 1,\n]\nwarm_bars = -2\n', encoding="utf-8")
    assert sorte("check", code=1).splitlines() == [
        "sorte.toml:1: mod: Extra inputs are not permitted (did you mean trader.mode?)",
        "sorte.toml:4: trader.xx: Extra inputs are not permitted",
        "sorte.toml:7: trader.warm_bars: Input should be greater than or equal to 0",
    ]


def test_check_looks_at_the_limits_too() -> None:
    text = PAPER_LIMITS.read_text(encoding="utf-8").replace("order_value =", "order_valu =")
    Path("limits.toml").write_text(text, encoding="utf-8")
    said = sorte("check", code=1)
    assert "limits.toml:6: order_valu: Extra inputs are not permitted (did you mean order_value?)" in said
    assert "limits.toml: order_value: Field required" in said
    assert sorte("check", "limits.toml", code=1) == said
    Path("limits.toml").rename("mine.toml")
    assert "mine.toml:6: order_valu: " in sorte("check", "mine.toml", code=1)


def test_check_finds_what_the_environment_says_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_TRADER__MOODE", "paper")
    assert "trader.moode" in sorte("check", code=1)


def test_check_is_content_with_right_files() -> None:
    SETTINGS_FILE.write_text("", encoding="utf-8")
    Path("limits.toml").write_bytes(PAPER_LIMITS.read_bytes())
    assert sorte("check") == "No fault in sorte.toml and limits.toml.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\nx = \n", "sorte.toml:2: is not TOML"),
        (b"\xff\xfe", "sorte.toml: is not TOML"),
        (b"x = " + b"[" * 100_000, "sorte.toml: cannot be read: it is nested too deeply"),
        (b"x = " + b"9" * 5000, "sorte.toml: cannot be read: a number is longer"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault(text: bytes, said: str) -> None:
    SETTINGS_FILE.write_bytes(text)
    (fault,) = faults_of(SETTINGS_FILE, FileSettings)
    assert str(fault).startswith(said)


def test_what_is_not_a_file_is_one_fault(tmp_path: Path) -> None:
    os.mkfifo("pipe.toml")
    assert [str(fault) for fault in faults_of(Path("pipe.toml"), FileSettings)] == ["pipe.toml: is not a file"]
    assert "is not a file" in sorte("check", str(tmp_path), code=1)
    assert "none.toml: cannot be read: No such file or directory" in sorte("check", "none.toml", code=1)


def test_a_fault_shows_no_value() -> None:
    SETTINGS_FILE.write_text(f'[exchange]\napi_key = ["{SECRET}"]\nrest_url = "{SECRET}"\n', encoding="utf-8")
    assert SECRET not in sorte("check", code=1)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a = 1\n\n# b\nb = 2", "b", 4),
        ("[x]\na = '''\nb = 3\n'''\nb = 2\n", "x.b", 5),
        ("x = {a = 1, b = 2}\ny = 3\n", "x.b", 1),
        ("x.y.z = 1\n", "x.y.z", 1),
        ("[x.y]\n\nz = [\n1,\n]\n", "x.y.z", 3),
        ("a = 1\r\nb = 2\r\n", "b", 2),
        ("a = 1\n", "b", None),
        ("a =\n", "a", None),
        ("", "a", None),
    ],
)
def test_a_key_has_the_line_where_it_begins(text: str, key: str, line: int | None) -> None:
    assert line_of(text, key) == line


# A first file ---------------------------------------------------------------------------------------------------------


def test_init_writes_a_file_for_the_owner_alone_that_sets_nothing() -> None:
    sorte("init")
    assert stat.S_IMODE(SETTINGS_FILE.stat().st_mode) == 0o600
    assert load_settings() == Settings()
    assert sorte("check") == "No fault in sorte.toml.\n"


def test_init_never_writes_over_a_file(tmp_path: Path) -> None:
    SETTINGS_FILE.write_text("# mine\n", encoding="utf-8")
    assert "stays as it is" in refused("init")
    assert SETTINGS_FILE.read_text(encoding="utf-8") == "# mine\n"
    SETTINGS_FILE.unlink()
    SETTINGS_FILE.symlink_to(tmp_path / "elsewhere.toml")
    assert "stays as it is" in refused("init")
    assert not (tmp_path / "elsewhere.toml").exists()
    assert sorte("init", "--force", code=2)


@pytest.mark.parametrize("language", Language)
def test_the_commented_lines_of_a_first_file_are_the_defaults(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SORTE_WEB__ENABLED")  # which the tests set
    text = re.sub(r"^# (\w+ = )", r"\1", commented_file(language), flags=re.MULTILINE)
    example = {"workspace": Path("workspace"), "limits_file": Path("limits.toml"), "language": Language.EN}
    models = Settings().models.model_dump() | {"llama_file": Path("models/qwen3.5-4b-q4_k_m.gguf")}
    example |= {"models": models}
    assert FileSettings.model_validate(tomllib.loads(text)).model_dump() == Settings().model_dump() | example


def test_the_command_is_listed_without_a_look_at_the_settings() -> None:
    heavy = "pydantic", "sqlalchemy", "numba", "alembic", "yaml", "tomlkit", "watchfiles"
    program = f"import cli.main, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
