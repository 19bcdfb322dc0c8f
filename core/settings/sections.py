"""The settings themselves: what each key means, its unit and its bounds. Whatever tells of a setting reads it here.

The line under a field is its documentation: `sorte config explain`, `docs/settings.md` and the file that
`sorte config init` writes are made from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.contracts.plan import Language
from core.zone import zone_named

SETTINGS_FILE = Path("sorte.toml")
PREFIX: Final = "SORTE_"
SECRETS: Final = "/run/secrets/sorte"
"""Where secret files lie; see `core.secret_files`."""
Mode = Literal["shadow", "paper", "live"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


def measured_in(unit: str) -> dict[str, JsonValue]:
    """What the schema says beside a number: its unit."""
    return {"unit": unit}


def live_in(unit: str) -> dict[str, JsonValue]:
    """The same, of a setting that changes without a restart."""
    return {"unit": unit, "live": True}


class ExchangeSettings(_Section):
    """Where the exchange answers, and who we are there. The addresses are Binance's; the simulator gives its own."""

    rest_url: Annotated[str, Field(pattern=r"^https?://[^/\s@]+(/\S*)?$")] = "https://api.binance.com"
    """Address of its REST interface."""
    stream_url: Annotated[str, Field(pattern=r"^wss?://[^/\s@]+(/\S*)?$")] = "wss://stream.binance.com:9443"
    """Address of its market streams."""
    ws_api_url: Annotated[str, Field(pattern=r"^wss?://[^/\s@]+(/\S*)?$")] = "wss://ws-api.binance.com:443/ws-api/v3"
    """Address of its WebSocket interface, over which orders are sent and the account is heard."""
    api_key: SecretStr | None = None
    """Key of the account. Let it read and trade, and never withdraw; see docs/exchange.md."""
    api_secret: SecretStr | None = None
    """Secret that signs with the key."""
    recv_window_ms: int = Field(5000, ge=100, le=60_000, json_schema_extra=measured_in("milliseconds"))
    """An order that reaches the exchange later than this after it was signed is refused by the exchange itself."""


class TraderSettings(_Section):
    """The live loop."""

    mode: Mode = "paper"
    """shadow decides and orders nothing, paper trades simulated money, live trades real money and must be armed."""
    timeframe: str = "1m"
    """Length of the bars that indicators are counted in: a number and a unit, as 1m, 5m, 1h or 1d."""
    warm_bars: int = Field(300, ge=0, le=1000, json_schema_extra=measured_in("bars"))
    """Past bars that a strategy sees before its decisions count."""
    host_deadline_ms: float = Field(250, gt=0, le=10_000, json_schema_extra=measured_in("milliseconds"))
    """A host that has not answered an event by then loses its turn."""
    host_late_turns: int = Field(3, ge=1, json_schema_extra=measured_in("turns"))
    """Lost turns in a row that retire a host."""
    host_start_seconds: float = Field(60, gt=0, json_schema_extra=measured_in("seconds"))
    """A host that is not ready by then is given up."""
    start_patience_seconds: float = Field(60, ge=0, le=3600, json_schema_extra=measured_in("seconds"))
    """How long a start repeats each question to an exchange that stumbles; 0 asks once."""
    host_restarts: int = Field(5, ge=0, json_schema_extra=measured_in("restarts an hour"))
    """How often within an hour a dead host is replaced; after that trading holds."""
    host_memory_mb: int = Field(1024, ge=256, json_schema_extra=measured_in("MB"))
    """Memory that a host may use."""
    stale_seconds: float = Field(10, gt=0, json_schema_extra=measured_in("seconds"))
    """A pair that is silent this long is not traded; when every pair is, the streams are renewed."""
    order_timeout_ms: float = Field(2000, gt=0, json_schema_extra=measured_in("milliseconds"))
    """When an order has no answer by then, its outcome is asked for; the order is never sent again."""
    reconcile_seconds: float = Field(20, gt=0, le=3600, json_schema_extra=measured_in("seconds"))
    """Time that a start has to compare its books with the exchange."""
    realtime: bool = True
    """Run the loop and its warm hosts before all else, where that is permitted (root, CAP_SYS_NICE)."""
    recording_mb: int = Field(512, ge=8, json_schema_extra=measured_in("MB"))
    """Disk that each recording (the events, the decisions of a host) may use; the oldest part goes first."""
    protect: bool = True
    """In live mode each position also has a stop order that rests at the exchange."""
    protect_paper: bool = False
    """The same in paper mode, on the simulated exchange."""
    protect_margin: float = Field(0.005, ge=0.0005, le=0.2, json_schema_extra=measured_in("fraction of the price"))
    """How far that resting stop lies behind our own."""
    protect_slack: float = Field(0.01, ge=0.0005, le=0.2, json_schema_extra=measured_in("fraction of the price"))
    """How far its limit price lies below its stop price."""
    fsync_orders: bool = False
    """With true an order survives a power cut, not only a killed process; each order then waits for the disk."""


class GuardianSettings(_Section):
    """The judge of candidates."""

    sandbox: Literal["auto", "docker", "bubblewrap"] = "auto"
    """Kind of the box that candidates are judged in; auto is Docker when a daemon answers, else bubblewrap."""
    docker_url: str = ""
    """Address of the Docker daemon; empty for the usual socket."""
    image: str = "sorte-sandbox"
    """Name of the image; it is made from sandbox/Dockerfile when the daemon does not have it."""
    gate_seconds: float = Field(60, gt=0, json_schema_extra=measured_in("seconds"))
    """A gate that is not done by then has not passed."""
    memory_mb: int = Field(2048, ge=512, json_schema_extra=measured_in("MB"))
    """Memory of each box."""
    most_bars: int = Field(5000, ge=500, json_schema_extra=measured_in("bars"))
    """How much of each pair's imported history the gates look at; the newest bars."""
    held_out: float = Field(0.3, gt=0, lt=1, json_schema_extra=measured_in("fraction of the history"))
    """The newest part of that history, on which the backtest gate compares."""


class CommanderSettings(_Section):
    """Deploying, watching and taking back."""

    shadow_events: int = Field(200, ge=1, json_schema_extra=live_in("events"))
    """Live events that a new release answers beside the one that trades, before it takes its place."""
    shadow_seconds: float = Field(2, ge=0, json_schema_extra=live_in("seconds"))
    """How long it does so at least."""
    shadow_timeout: float = Field(600, gt=0, json_schema_extra=live_in("seconds"))
    """A shadow run that has not seen enough events by then has failed."""
    watch_seconds: float = Field(60, gt=0, json_schema_extra=live_in("seconds"))
    """How long a change is watched after it has become live; one that turns out worse by then is taken back."""
    watch_drawdown: float = Field(0.02, gt=0, le=1, json_schema_extra=live_in("fraction of equity"))
    """A fall of equity from its best since the switch that takes a watched change back."""
    watch_latency: float = Field(3, gt=1, json_schema_extra=live_in("times the p99 before the switch"))
    """A watched change that has become this much slower is taken back, when watch_latency_us is exceeded too."""
    watch_latency_us: int = Field(25_000, ge=0, json_schema_extra=live_in("microseconds"))
    """A p99 up to this is never called slow."""
    confirm_seconds: float = Field(300, gt=0, json_schema_extra=live_in("seconds"))
    """A proposal that nobody has confirmed by then is dropped."""


class LogSettings(_Section):
    """The logs, in the folder `logs` of the data folder."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", json_schema_extra={"live": True})
    """What is milder than this is not written; a change while it runs holds in the trader and the commander."""
    keep_days: int = Field(30, ge=1, le=36_500, json_schema_extra=measured_in("days"))
    """How long the logs stay."""
    keep_trades_days: int = Field(0, ge=0, le=36_500, json_schema_extra=measured_in("days"))
    """How long those of the trades stay; 0 is for good."""
    most_mb: int = Field(256, ge=16, json_schema_extra=measured_in("MB"))
    """How much disk all but the trades may take; the oldest goes."""


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,  # what a compose file passes on for a variable that nobody set
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        toml_file=SETTINGS_FILE,
        secrets_dir=SECRETS,
        secrets_dir_missing="ok",
    )

    data_dir: Path = Path("data")
    """Folder of everything that Sorte writes."""
    workspace: Path | None = Field(None, examples=["workspace"])
    """Folder where Sorte edits itself; unset, this folder when it is a workspace, else ./workspace."""
    limits_file: Path | None = Field(None, examples=["limits.toml"])
    """File of the limits; unset, `limits.toml` in this folder, and in paper mode the shipped one when there is none."""
    language: Language | None = Field(None, examples=["en"])
    """Language that Sorte speaks where no sentence of yours tells it; unset, the machine's, else English."""
    time_zone: str = "UTC"
    """IANA name of your clock, as America/Sao_Paulo: hours and days in rules and reports are its own."""
    database_url: SecretStr = SecretStr("")
    """Database of trades and changes, postgresql+psycopg://...; empty for an SQLite file in the data folder."""
    exchange: ExchangeSettings = ExchangeSettings()
    """The exchange."""
    trader: TraderSettings = TraderSettings()
    """The live loop."""
    guardian: GuardianSettings = GuardianSettings()
    """The judge of changes."""
    commander: CommanderSettings = CommanderSettings()
    """Deploying, watching and taking back."""
    logs: LogSettings = LogSettings()
    """The logs."""

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
