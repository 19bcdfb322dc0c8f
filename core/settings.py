"""One typed settings tree, from `sorte.toml`, the environment (`SORTE_TRADER__MODE=shadow`) and secret files.

The first of these that names a value wins: command line, environment, secret file, `sorte.toml`, default. An unknown
key refuses to load. Secrets are masked wherever they are shown. A field marked `live` may change without a restart.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from core.contracts.plan import Language
from core.errors import ConfigurationError
from core.secret_files import check_secret_files
from core.wording import language_of, speak
from core.zone import zone_named

SETTINGS_FILE = Path("sorte.toml")
PREFIX: Final = "SORTE_"
SECRETS: Final = "/run/secrets/sorte"
"""Where secret files lie; see `core.secret_files`."""
OTHER_VARIABLES: Final = frozenset({"data"})
"""Variables with our prefix that are no settings: SORTE_DATA is where price history lies."""
Mode = Literal["shadow", "paper", "live"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ExchangeSettings(_Section):
    """Where the exchange answers, and who we are there. The addresses are Binance's; the simulator gives its own."""

    rest_url: Annotated[str, Field(pattern=r"^https?://[^/\s@]+(/\S*)?$")] = "https://api.binance.com"
    stream_url: Annotated[str, Field(pattern=r"^wss?://[^/\s@]+(/\S*)?$")] = "wss://stream.binance.com:9443"
    ws_api_url: Annotated[str, Field(pattern=r"^wss?://[^/\s@]+(/\S*)?$")] = "wss://ws-api.binance.com:443/ws-api/v3"
    api_key: SecretStr | None = None
    api_secret: SecretStr | None = None
    recv_window_ms: int = Field(5000, ge=100, le=60_000)  # after this the exchange refuses a late order by itself


class TraderSettings(_Section):
    """The live loop."""

    mode: Mode = "paper"
    timeframe: str = "1m"  # of the bars that indicators are counted in
    warm_bars: int = Field(300, ge=0, le=1000)  # past bars that a strategy sees before its decisions count
    host_deadline_ms: float = Field(
        250, gt=0, le=10_000
    )  # a host that has not answered an event by then loses its turn
    host_late_turns: int = Field(3, ge=1)  # lost turns in a row that retire a host
    host_start_seconds: float = Field(60, gt=0)  # a host that is not ready by then is given up
    start_patience_seconds: float = Field(
        60, ge=0, le=3600
    )  # how long a start asks an exchange that stumbles, each question; 0: once
    host_restarts: int = Field(5, ge=0)  # how often within an hour a dead host is replaced; after that trading holds
    host_memory_mb: int = Field(1024, ge=256)
    stale_seconds: float = Field(
        10, gt=0
    )  # a pair silent for so long is not traded; when all are, the streams are renewed
    order_timeout_ms: float = Field(2000, gt=0)  # without an answer by then the order's outcome is asked for
    reconcile_seconds: float = Field(20, gt=0, le=3600)  # for the start to compare its books with the exchange
    realtime: bool = (
        True  # the loop and its warm hosts run before all else, where that is permitted (root, CAP_SYS_NICE)
    )
    recording_mb: int = Field(512, ge=8)  # of each recording (events, decisions of a host) on disk; the oldest goes
    protect: bool = True  # in live mode each position also has a stop order that rests at the exchange
    protect_paper: bool = False  # and in paper mode too, on the simulated exchange
    protect_margin: float = Field(0.005, ge=0.0005, le=0.2)  # how far that stop lies behind our own, a fraction
    protect_slack: float = Field(0.01, ge=0.0005, le=0.2)  # how far its limit price lies below its stop price
    fsync_orders: bool = False  # true: an order survives a power cut, not only a killed process; costs a disk write


class GuardianSettings(_Section):
    """The judge of candidates."""

    sandbox: Literal["auto", "docker", "bubblewrap"] = "auto"  # auto: Docker when a daemon answers, else bubblewrap
    docker_url: str = ""  # "": the usual socket
    image: str = "sorte-sandbox"  # made from sandbox/Dockerfile when the daemon has none; see docs/guardian.md
    gate_seconds: float = Field(60, gt=0)  # a gate that is not done by then has not passed
    memory_mb: int = Field(2048, ge=512)  # of each box
    most_bars: int = Field(5000, ge=500)  # of each pair's imported history that the gates look at; the newest
    held_out: float = Field(0.3, gt=0, lt=1)  # of it, the newest part, is what the backtest gate compares on


class CommanderSettings(_Section):
    """Deploying, watching and taking back."""

    shadow_events: int = Field(200, ge=1)  # live events that a green host answers beside the live one before the switch
    shadow_seconds: float = Field(2, ge=0)  # and for at least so long
    shadow_timeout: float = Field(600, gt=0)  # a shadow run without enough events by then has failed
    watch_seconds: float = Field(60, gt=0)  # after the switch; what is worse by then is taken back
    watch_drawdown: float = Field(0.02, gt=0, le=1)  # fall of equity from its best since the switch that takes it back
    watch_latency: float = Field(3, gt=1)  # times the p99 before the switch that takes it back ...
    watch_latency_us: int = Field(25_000, ge=0)  # ... when it is above so many microseconds too
    confirm_seconds: float = Field(300, gt=0)  # a proposal that nobody has confirmed by then is dropped


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,  # what a compose file passes on for a variable that nobody set
        extra="forbid",
        frozen=True,
        toml_file=SETTINGS_FILE,
        secrets_dir=SECRETS,
        secrets_dir_missing="ok",
    )

    data_dir: Path = Path("data")  # everything that Sorte writes
    workspace: Path | None = None  # None: this folder when it is one, else ./workspace when that is one
    limits_file: Path | None = None  # None: `limits.toml` beside the settings, and in paper mode the shipped one
    language: Language | None = None  # "pt" or "en", where no sentence tells it; None: the machine's, else English
    time_zone: str = "UTC"  # IANA name of the owner's clock: hours and days in rules and reports are its own
    database_url: SecretStr = SecretStr("")  # "": an SQLite file beside each journal; or postgresql+psycopg://...
    exchange: ExchangeSettings = ExchangeSettings()
    trader: TraderSettings = TraderSettings()
    guardian: GuardianSettings = GuardianSettings()
    commander: CommanderSettings = CommanderSettings()

    @field_validator("data_dir", "workspace", "limits_file", mode="before")
    @classmethod
    def _names_a_place(cls, place: object) -> object:
        if isinstance(place, str) and (not place.strip() or "\0" in place):
            raise ValueError(f"{place!r} names no place")  # "" would be the folder that it was started in
        return place

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        zone_named(name)
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        secrets = NestedSecretsSettingsSource(file_secret_settings)
        return init_settings, env_settings, dotenv_settings, secrets, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: Any) -> Settings:
    """The settings in force; raises ConfigurationError that names each wrong key."""
    hint = "Mend sorte.toml, the environment or the option that says so."
    if strange := unknown_variables(os.environ):
        raise ConfigurationError(f"The environment sets {', '.join(strange)}, which Sorte does not know.", hint)
    try:
        check_secret_files(Path(overrides.get("_secrets_dir", SECRETS)), sets_something)
        return spoken(Settings(**overrides))
    except ValidationError as error:
        raise ConfigurationError(f"The settings cannot be used: {explain(error)}.", hint) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{SETTINGS_FILE} is not TOML: {error}.", "Nothing was started; mend it.") from None
    except SettingsError as error:
        raise ConfigurationError(f"The settings cannot be used: {error}.", hint) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets in brackets in brackets
        raise ConfigurationError(f"The settings cannot be read: {nonsense(error)}.", hint) from None
    except OSError as error:
        raise ConfigurationError(f"{error.filename or SETTINGS_FILE} cannot be read: {error.strerror}.", hint) from None


def spoken(settings: Settings) -> Settings:
    """The same; this process speaks in their owner's language from here on."""
    speak(settings.language or language_of(os.environ))
    return settings


def nonsense(error: ValueError | RecursionError) -> str:
    """What a reader of TOML or JSON choked on, without its own advice; a value, which may be a secret, is not told."""
    return "a number is longer than any that is meant" if isinstance(error, ValueError) else "it is nested too deeply"


def sets_something(name: str) -> bool:
    """Whether a variable or secret file of that name is a setting of ours, as far as its section."""
    return name.upper().startswith(PREFIX) and not unknown_variables([name])


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """Variables that look like ours and set nothing: a name that is spelled wrong must not be silently ignored."""
    known = {*Settings.model_fields, *OTHER_VARIABLES}
    ours = [name for name in environment if name.upper().startswith(PREFIX)]
    return sorted(name for name in ours if name[len(PREFIX) :].lower().partition("__")[0] not in known)


def explain(error: ValidationError) -> str:
    """Each problem as `key: what is wrong`, without the values, which may be secrets."""
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'file'}: {problem['msg']}" for problem in error.errors())
