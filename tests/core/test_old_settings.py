"""Each name of the owner's earlier agents becomes a key of ours or a sentence why not; nothing arms or leaks."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from core.errors import ConfigurationError
from core.language import Language
from core.retelling import retold
from core.settings import SETTINGS_FILE, Settings, load_settings
from core.settings.changes import value_of
from core.settings.old import Kept, Left, Taken, read_old, taken_from, write
from core.settings.old.names import NAMES, NEVER_ARMS

SECRET = "hunter2hunter2"  # noqa: S105 - what must never be shown

ENVIRONMENT = {
    "BRAPI_TOKEN": SECRET,
    "BRAPI_BASE_URL": "https://127.0.0.1/api",
    "B3_TICKERS": "PETR4,VALE3,IBOV",
    "OLLAMA_HOST": "http://127.0.0.1:11434",
    "OLLAMA_MODEL_FAST": "smollm2:1.7b-instruct-q4_K_M",
    "OLLAMA_MODEL_STANDARD": "mistral:7b-instruct-q4_K_M",
    "OLLAMA_MODEL_REASONING": "deepseek-r1:8b",
    "OLLAMA_MODEL_CODER": "qwen2.5-coder:7b-instruct-q4_K_M",
    "OLLAMA_MODEL_SENTIMENT": "gemma3:4b-it",
    "OLLAMA_TIMEOUT": "30",
    "SIMULATION_MODE": "true",
    "ENABLE_REAL_TRADING": "true",
    "MIN_CONFIDENCE": "0.75",
    "MAX_POSITION_SIZE": "1000",
    "MAX_LOSS_PER_TRADE": "500",
    "PROFIT_TARGET": "1000",
    "ANALYSIS_INTERVAL": "60",
    "TIMEFRAME_PRIMARY": "1d",
    "TIMEFRAME_SECONDARY": "1h",
    "TIMEFRAME_TERTIARY": "5m",
    "LOG_LEVEL": "INFO",
    "LOG_DIR": "logs",
    "LOG_RETENTION_DAYS": "30",
    "DATABASE_PATH": "b3.db",
    "DATABASE_URL": f"postgresql://me:{SECRET}@127.0.0.1:5432/b3",
    "REDIS_URL": f"redis://:{SECRET}@127.0.0.1",
    "SLACK_WEBHOOK": f"https://127.0.0.1/{SECRET}",
    "TELEGRAM_TOKEN": SECRET,
    "TELEGRAM_CHAT_ID": "7",
    "EMAIL_SENDER": "me@example.org",
    "EMAIL_PASSWORD": SECRET,
    "PROMETHEUS_PORT": "8000",
    "GRAFANA_PORT": "3000",
    "ENABLE_METRICS": "true",
}
TREE = """\
batch_interval: 5
tempo_minimo_ordem: 30
use_opencl: true
n_gpu_layers: 33
min_confidence: 0.6
symbols: [BTC-USDT, ETH-USDT]
epochs: 5
mode: shadow
weights: {technical: 0.35, orderbook: 0.30, flow: 0.25, qlearning: 0.10}
coordinator: {max_concurrent_operations: 20, health_check_interval: 30}
data_agent: {cache_size_mb: 100, prefetch_enabled: true, cleanup_interval: 300}
sentiment_agent:
  sources:
    reddit: {enabled: true, weight: 0.6}
    news: {enabled: false, weight: 0.3}
risk_agent: {check_interval_seconds: 30, alert_cooldown_minutes: 15, max_portfolio_var: 0.05}
cache: {max_size_mb: 100, default_ttl: 300, enable_prefetching: true, enable_compression: true}
"""
TAKEN = {
    "SIMULATION_MODE": ("trader.mode", "paper"),
    "TIMEFRAME_PRIMARY": ("trader.timeframe", "1d"),
    "mode": ("trader.mode", "shadow"),
    "LOG_LEVEL": ("logs.level", "info"),
    "OLLAMA_HOST": ("models.ollama_url", "http://127.0.0.1:11434"),
    "OLLAMA_MODEL_CODER": ("models.ollama_model", "qwen2.5-coder:7b-instruct-q4_K_M"),
    "OLLAMA_TIMEOUT": ("models.seconds", "30"),
    "n_gpu_layers": ("models.llama_gpu_layers", "33"),
    "LOG_RETENTION_DAYS": ("logs.keep_days", "30"),
}
SAID = {
    "MIN_CONFIDENCE": 'sorte change "set min_confidence to 0.75"',
    "MAX_LOSS_PER_TRADE": "write loss_per_trade = 500 into limits.toml",
    "MAX_POSITION_SIZE": "write position_value into limits.toml",
    "ENABLE_REAL_TRADING": NEVER_ARMS,
    "tempo_minimo_ordem": "set min_hold_seconds to 30",
    "weights.orderbook": "set weight_orderbook to 0.3",
    "risk_agent.max_portfolio_var": "total_exposure",
    "REDIS_URL": "no Redis",
    "OLLAMA_MODEL_FAST": "One model is asked here",
    "use_opencl": "Vulkan is in its place",
    "TELEGRAM_TOKEN": "no alerts yet",
    "sentiment_agent.sources.reddit.weight": "no news",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def environment_file() -> Path:
    file = Path(".env")
    file.write_text("".join(f"{name}={value}\n" for name, value in ENVIRONMENT.items()), encoding="utf-8")
    return file


def tree_file(text: str = TREE) -> Path:
    file = Path("config.yaml")
    file.write_text(text, encoding="utf-8")
    return file


def everything() -> dict[str, Taken | Kept | Left]:
    found = taken_from(read_old(environment_file()) | read_old(tree_file()))
    return {each.name: each for each in found}


def refusal(file: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_old(file)
    assert SECRET not in str(caught.value)
    return str(caught.value)


# The table ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_name_of_the_documents_becomes_a_key_or_a_sentence(name: str) -> None:
    found = everything()[name]
    if name in TAKEN:
        assert found == Taken(name, *TAKEN[name])
    elif name == "DATABASE_URL":
        assert found == Kept(name, "database_url", f"postgresql+psycopg://me:{SECRET}@127.0.0.1:5432/b3")
    else:
        assert isinstance(found, Left)
        assert SAID.get(name, ".") in found.why
        assert found.why.endswith(".")
        assert not found.why.startswith("Sorte does not know")


def test_each_reason_is_said_in_portuguese_too() -> None:
    odd = {"MIN_CONFIDENCE": "x", "MAX_LOSS_PER_TRADE": "1e999999", "mode": "x", "LOG_LEVEL": "", "WHATEVER": "1"}
    asked = [*everything().values(), *taken_from(odd | {"SIMULATION_MODE": "x", "SORTE_TRADER__MODE": "live"})]
    whys = [each.why for each in asked if isinstance(each, Left)]
    assert [why for why in whys if retold(why, Language.PT) == why] == []
    limit = retold("Limits are yours alone to edit: write loss_per_trade = 1.5 into limits.toml.", Language.PT)
    assert "loss_per_trade = 1.5" in limit, "a line for a file keeps its point"


def test_the_table_names_what_the_documents_name_and_nothing_else() -> None:
    assert list(everything()) == list(NAMES) or set(everything()) == set(NAMES)


@pytest.mark.parametrize("value", ["true", "1", "yes", "on", "TRUE", "sim"])
@pytest.mark.parametrize("name", ["ENABLE_REAL_TRADING", "enable_real_trading"])
def test_real_trading_is_never_armed_by_a_file(name: str, value: str) -> None:
    (found,) = taken_from({name: value})
    assert found == Left(name, NEVER_ARMS)


@pytest.mark.parametrize(("name", "value"), [("SIMULATION_MODE", "false"), ("mode", "production")])
def test_what_would_end_simulation_is_left(name: str, value: str) -> None:
    assert taken_from({name: value}) == [Left(name, NEVER_ARMS)]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("TIMEFRAME_PRIMARY", "fortnight", "It is not a timeframe"),
        ("SIMULATION_MODE", SECRET, "It is neither true nor false"),
        ("MAX_LOSS_PER_TRADE", SECRET, "It is not a number"),
        ("MAX_LOSS_PER_TRADE", "1e999999", "It is not a number that is meant"),
        ("MIN_CONFIDENCE", "nan", "It is not a number that is meant"),
        ("DATABASE_URL", f"mysql://me:{SECRET}@127.0.0.1", "Only a PostgreSQL address"),
        ("mode", SECRET, "It is none of shadow"),
        ("LOG_LEVEL", "", "It is empty"),
        ("OLLAMA_HOST", f"http://me:{SECRET}@127.0.0.1", "It is not an address"),
        ("OLLAMA_MODEL_CODER", f"{SECRET} {SECRET}", "It is not a model's name"),
        ("OLLAMA_TIMEOUT", "0", "It is not a number of seconds"),
        ("OLLAMA_TIMEOUT", SECRET, "It is not a number"),
        ("n_gpu_layers", "3.5", "It is not a number of layers"),
        ("WHATEVER", SECRET, "Sorte does not know this name"),
        ("SORTE_TRADER__MODE", "live", "Sorte reads this variable itself"),
    ],
)
def test_a_value_that_cannot_be_taken_has_a_reason_that_does_not_repeat_it(name: str, value: str, why: str) -> None:
    (found,) = taken_from({name: value})
    assert isinstance(found, Left)
    assert found.why.startswith(why)
    assert SECRET not in found.why


# The files ------------------------------------------------------------------------------------------------------------


def test_quotes_comments_and_exports_are_read_and_no_variable_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_TOKEN", SECRET)
    Path(".env").write_text("# note\nexport A='x y'\nB=\"${HOME_TOKEN}\"\nC\nD=\n", encoding="utf-8")
    assert read_old(Path(".env")) == {"A": "x y", "B": "${HOME_TOKEN}", "C": "", "D": ""}


BOMB = "a: &a [x,x]\n" + "".join(
    f"{new}: &{new} [*{old},*{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "it has aliases"),
        ("a: &a\n  b: *a\n", "it has aliases"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("a: " + "{b: " * 20 + "1" + "}" * 20, "nested too deeply"),
        (f"a: !!python/object/apply:os.system ['{SECRET}']\n", "cannot be read as YAML in line 1"),
        (f"a: [{SECRET}\n", "cannot be read as YAML in line"),
        ("- a\n- b\n", "it is not a table"),
        ("a: 1\n---\nb: 2\n", "cannot be read as YAML"),
        ("a: " + "9" * 5000, "holds what no settings file does"),
        ("a: 2026-99-99\n", "holds what no settings file does"),
        ("{[1]: 2}\n", "cannot be read as YAML"),
        ("#" * 70_000, "longer than 64 kB"),
    ],
)
def test_a_hostile_tree_is_refused(text: str, why: str) -> None:
    assert why in refusal(tree_file(text))


def test_what_is_no_file_or_no_text_is_refused(tmp_path: Path) -> None:
    assert "is not a file" in refusal(tmp_path)
    assert "is not a file" in refusal(tmp_path / "none")
    os.mkfifo("pipe.yaml")
    assert "is not a file" in refusal(Path("pipe.yaml"))
    Path(".env").write_bytes(b"A=\xff\xfe")
    assert "is not a text" in refusal(Path(".env"))


# Writing --------------------------------------------------------------------------------------------------------------


def test_keys_go_into_the_file_beside_what_is_there_and_secrets_into_files_of_the_owner(tmp_path: Path) -> None:
    SETTINGS_FILE.write_text('# mine\ntime_zone = "UTC" # my clock\n\n[trader]\nwarm_bars = 7\n', encoding="utf-8")
    SETTINGS_FILE.chmod(0o640)
    secrets = tmp_path / "secrets"
    said = write(list(everything().values()), secrets)
    text = SETTINGS_FILE.read_text(encoding="utf-8")
    assert text.startswith('# mine\ntime_zone = "UTC" # my clock\n\n[trader]\nwarm_bars = 7\n')
    assert stat.S_IMODE(SETTINGS_FILE.stat().st_mode) == 0o640
    file = secrets / "sorte_database_url"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(secrets.stat().st_mode)) == (0o600, 0o700)
    settings = load_settings(_secrets_dir=secrets)
    assert (settings.trader.mode, settings.trader.timeframe, settings.trader.warm_bars) == ("paper", "1d", 7)
    assert settings.database_url.get_secret_value().endswith(f"{SECRET}@127.0.0.1:5432/b3")
    assert SECRET not in text + str(said)
    assert "trader.mode stays as sorte.toml has it; mode was not taken." in said


def test_a_new_file_is_the_owners_alone() -> None:
    write([Taken("SIMULATION_MODE", "trader.mode", "paper")])
    assert SETTINGS_FILE.read_text(encoding="utf-8") == '[trader]\nmode = "paper"\n'
    assert stat.S_IMODE(SETTINGS_FILE.stat().st_mode) == 0o600


def test_a_key_and_a_secret_that_are_there_stay(tmp_path: Path) -> None:
    SETTINGS_FILE.write_text('trader.mode = "shadow"\n', encoding="utf-8")
    (tmp_path / "sorte_database_url").write_text("before", encoding="utf-8")
    said = write([Taken("SIMULATION_MODE", "trader.mode", "paper"), Kept("X", "database_url", SECRET)], tmp_path)
    assert SETTINGS_FILE.read_text(encoding="utf-8") == 'trader.mode = "shadow"\n'
    assert (tmp_path / "sorte_database_url").read_text(encoding="utf-8") == "before"
    assert [line for line in said if "stays" in line] == said


def test_a_faulty_file_is_left_as_it_is() -> None:
    SETTINGS_FILE.write_text("[trader]\nmoode = 3\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sorte.toml:2: trader.moode"):
        write([Taken("SIMULATION_MODE", "trader.mode", "paper")])
    assert SETTINGS_FILE.read_text(encoding="utf-8") == "[trader]\nmoode = 3\n"


def test_the_command_shows_and_writes_only_when_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["config", "import", str(environment_file())])
    assert result.exit_code == 0
    assert "Nothing was written. Say --write" in result.output
    assert not SETTINGS_FILE.exists()
    assert SECRET not in result.output
    assert 'trader.timeframe = "1d"' in result.output
    Path("less.env").write_text("TIMEFRAME_PRIMARY=1h\nENABLE_REAL_TRADING=true\n\x1b[31mODD=1\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["config", "import", "less.env", "--write"])
    assert 'trader.timeframe = "1h" is in sorte.toml now.' in result.output
    assert "\x1b" not in result.output
    assert value_of(load_settings(), "trader.timeframe") == "1h"
    assert load_settings().trader.mode == Settings().trader.mode == "paper"
    assert not (tmp_path / "data").exists()
