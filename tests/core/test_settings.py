"""Settings come from where the owner put them, wrong ones are named, and secrets are never shown."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import SETTINGS_FILE, Settings, load_settings

SECRET = "hunter2hunter2"  # noqa: S105 - what must never be shown


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def toml(text: str) -> None:
    SETTINGS_FILE.write_text(text, encoding="utf-8")


def refusal(**overrides: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(**overrides)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_without_a_word_from_anybody_it_is_paper_trading() -> None:
    settings = load_settings()
    assert settings.trader.mode == "paper"
    assert settings.exchange.api_key is None
    assert settings.limits_file is None


def test_a_file_names_values_and_the_rest_stays() -> None:
    toml('data_dir = "elsewhere"\n[trader]\nmode = "shadow"\n')
    settings = load_settings()
    assert (settings.data_dir, settings.trader.mode, settings.trader.timeframe) == (Path("elsewhere"), "shadow", "1m")


def test_the_environment_wins_over_the_file_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    toml('[trader]\nmode = "shadow"\ntimeframe = "5m"\n')
    monkeypatch.setenv("SORTE_TRADER__MODE", "live")
    settings = load_settings()
    assert (settings.trader.mode, settings.trader.timeframe) == ("live", "5m")


def test_a_secret_file_wins_over_the_file_and_the_environment_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    (secrets / "exchange").mkdir(parents=True)
    toml('[exchange]\napi_key = "from the file"\napi_secret = "from the file"\n')
    (secrets / "SORTE_EXCHANGE__API_KEY").write_text("from a secret", encoding="utf-8")
    (secrets / "SORTE_EXCHANGE__API_SECRET").write_text("from a secret", encoding="utf-8")
    monkeypatch.setenv("SORTE_EXCHANGE__API_SECRET", "from the environment")
    exchange = Settings(_secrets_dir=secrets).exchange
    assert exchange.api_key is not None
    assert exchange.api_secret is not None
    assert exchange.api_key.get_secret_value() == "from a secret"
    assert exchange.api_secret.get_secret_value() == "from the environment"


def test_an_option_of_the_command_line_wins_over_all_and_leaves_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    toml('[trader]\nmode = "shadow"\ntimeframe = "5m"\n')
    monkeypatch.setenv("SORTE_TRADER__MODE", "live")
    settings = load_settings(trader={"mode": "paper"})
    assert (settings.trader.mode, settings.trader.timeframe) == ("paper", "5m")


def test_an_empty_variable_is_one_that_nobody_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_EXCHANGE__API_KEY", "")
    monkeypatch.setenv("SORTE_LIMITS_FILE", "")
    settings = load_settings()
    assert settings.exchange.api_key is None
    assert settings.limits_file is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("mod = 'paper'", "mod: Extra inputs are not permitted"),
        ("[trader]\nmoode = 'paper'", "trader.moode: Extra inputs are not permitted"),
        ("[traider]\nmode = 'paper'", "traider: Extra inputs are not permitted"),
        ("[trader]\nmode = 'real'", "trader.mode: Input should be 'shadow', 'paper' or 'live'"),
        ("[trader]\nstale_seconds = inf", "trader.stale_seconds: Input should be a finite number"),
        ("[trader]\norder_timeout_ms = nan", "trader.order_timeout_ms: Input should be"),
        ("[trader]\nwarm_bars = 1001", "trader.warm_bars: Input should be less than or equal to 1000"),
        ("[exchange]\nrecv_window_ms = 60001", "exchange.recv_window_ms: Input should be less than or equal to 60000"),
        ("data_dir = ''", "data_dir: Value error, '' names no place"),
        ("workspace = '  '", "workspace: Value error, '  ' names no place"),
        ('limits_file = "a\\u0000b"', r"limits_file: Value error, 'a\x00b' names no place"),
        ("trader = 3", "trader: Input should be a valid dictionary"),
        ("trader = ", "sorte.toml is not TOML"),
    ],
)
def test_a_wrong_key_of_the_file_is_named(text: str, named: str) -> None:
    toml(text)
    assert named in refusal()


def test_a_file_that_is_no_text_is_told() -> None:
    SETTINGS_FILE.write_bytes(b"\xff\xfe")
    assert "sorte.toml is not TOML" in refusal()


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("SORTE_TRADER__MOODE", "paper", "trader.moode"),
        ("SORTE_TRADER__MODE", "real", "trader.mode"),
        ("SORTE_TRADER_MODE", "live", "The environment sets SORTE_TRADER_MODE"),
        ("SORTE_TRADR__MODE", "live", "The environment sets SORTE_TRADR__MODE"),
        ("sorte_mode", "live", "The environment sets sorte_mode"),
        ("SORTE_EXCHANGE", f'{{"api_key": "{SECRET}"', "exchange"),
        ("SORTE_EXCHANGE", SECRET, "exchange"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert named in refusal()


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTED", "1")
    monkeypatch.setenv("SORTE_FAST", "1")  # of a script around us: no section, and near no setting
    monkeypatch.setenv("SORTE_DATA", "history")  # where price history lies; no setting
    monkeypatch.setenv("SORTE_DATA_DIR", "mine")
    assert load_settings().data_dir == Path("mine")


def test_every_wrong_key_is_named_at_once() -> None:
    toml("[trader]\nmode = 'real'\nwarm_bars = -1\n")
    said = refusal()
    assert "trader.mode: " in said
    assert "trader.warm_bars: " in said


def test_secrets_are_masked_wherever_settings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_EXCHANGE__API_KEY", SECRET)
    monkeypatch.setenv("SORTE_EXCHANGE__API_SECRET", SECRET)
    settings = load_settings()
    assert settings.exchange.api_key is not None
    assert settings.exchange.api_key.get_secret_value() == SECRET
    shown = (repr(settings), str(settings), repr(settings.exchange), settings.model_dump_json(), f"{settings.exchange}")
    assert not any(SECRET in text for text in shown)


@pytest.mark.parametrize(
    "text",
    [
        f'[exchange]\napi_key = ["{SECRET}"]\n',
        f'[exchange]\napi_key = "{SECRET}"\nrest_url = 3\n',
        f'[exchange]\napi_key = "{SECRET}"\napi_kay = "{SECRET}"\n',
        f'[exchange]\napi_key = "{SECRET}\n',
        f'exchange = "{SECRET}"\n',
    ],
)
def test_no_error_shows_a_secret(text: str) -> None:
    toml(text)
    refusal()


def test_settings_cannot_be_changed_by_what_reads_them() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.trader.mode = "live"  # type: ignore[misc]


@pytest.mark.parametrize(
    "text",
    ["x = " + "[" * 100_000, "x = " + "{a=" * 20_000, "[trader]\nwarm_bars = " + "9" * 5000],
    ids=["lists in lists", "tables in tables", "a number of 5,000 digits"],
)
def test_text_that_no_reader_can_take_in_is_refused_with_a_sentence(text: str) -> None:
    toml(text)
    assert "cannot be read" in refusal()


def test_a_variable_that_no_reader_can_take_in_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_COMMANDER", "[" * 50_000)
    assert "nested too deeply" in refusal()


def test_a_settings_file_that_is_a_folder_sets_nothing_or_is_refused() -> None:
    SETTINGS_FILE.mkdir()
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://me@127.0.0.1", "127.0.0.1:80", "https://a b", "", "ftp://a"]
)
def test_an_address_that_is_none_of_an_exchange_is_named(address: str) -> None:
    toml(f'[exchange]\nrest_url = "{address}"\n')
    assert "exchange.rest_url" in refusal()


# Secret files ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def secrets() -> Iterator[Path]:
    """A folder of secrets that its modes alone protect: everybody may enter all that is above it."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        folder = Path(made, "secrets")
        folder.mkdir()
        folder.chmod(0o755)
        yield folder


def secret(folder: Path, name: str, mode: int = 0o600) -> Path:
    (folder / name).write_text("kept", encoding="utf-8")
    (folder / name).chmod(mode)
    return folder / name


@pytest.mark.parametrize("name", ["sorte_exchange__api_secret", "SORTE_EXCHANGE__API_SECRET"])
def test_a_secret_file_has_the_name_of_its_variable(secrets: Path, name: str) -> None:
    secret(secrets, name)
    found = load_settings(_secrets_dir=secrets).exchange.api_secret
    assert found is not None
    assert found.get_secret_value() == "kept"


@pytest.mark.parametrize("name", ["exchange__api_secret", "api_secret", "sorte_exchnge__api_secret", "sorte"])
def test_a_secret_file_that_sets_nothing_is_named_with_the_names_that_do(secrets: Path, name: str) -> None:
    secret(secrets, name)
    told = refusal(_secrets_dir=secrets)
    assert name in told
    assert "sorte_exchange__api_secret" in told
    assert "kept" not in told


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o444])
def test_a_secret_file_that_others_may_read_is_refused(secrets: Path, mode: int) -> None:
    file = secret(secrets, "sorte_exchange__api_secret", mode)
    assert f"chmod 600 {file}" in refusal(_secrets_dir=secrets)


def test_a_folder_that_others_cannot_enter_protects_its_secrets(secrets: Path) -> None:
    secret(secrets, "sorte_exchange__api_secret", 0o444)
    secrets.chmod(0o700)
    assert load_settings(_secrets_dir=secrets).exchange.api_secret is not None


def test_hidden_entries_beside_secrets_are_none_of_ours(secrets: Path) -> None:
    secret(secrets, "..data", 0o644)
    assert load_settings(_secrets_dir=secrets).exchange.api_secret is None


# What may be meant ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mod = 'paper'", "mod: Extra inputs are not permitted (did you mean trader.mode?)"),
        ("[trader]\nmoode = 'paper'", "trader.moode: Extra inputs are not permitted (did you mean trader.mode?)"),
        ("[trader]\nwatch_seconds = 3", "(did you mean commander.watch_seconds?)"),
        ("[traider]\nmode = 'paper'", "(did you mean trader?)"),
    ],
)
def test_an_unknown_key_is_told_with_the_one_that_may_be_meant(text: str, meant: str) -> None:
    toml(text)
    assert meant in refusal()


def test_an_unknown_key_that_is_like_no_other_is_told_alone() -> None:
    toml("zebra = 3")
    assert "zebra: Extra inputs are not permitted." in refusal()


@pytest.mark.parametrize("name", ["SORTE_TRADER_MODE", "SORTE_TRADR__MODE", "sorte_trader_mode"])
def test_an_unknown_variable_is_told_with_the_one_that_may_be_meant(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "live")
    assert f"{name} (did you mean SORTE_TRADER__MODE?)" in refusal()
