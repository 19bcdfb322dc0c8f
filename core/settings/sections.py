"""The settings themselves: what each key means, its unit and its bounds. Whatever tells of a setting reads it here.

The line under a field is its documentation: `sorte config explain`, `docs/settings.md` and the file that
`sorte config init` writes are made from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from core.language import Language
from core.settings.addresses import is_near
from core.settings.gateway import AlertSettings, MailSettings, TelegramSettings, WebSettings
from core.settings.section import Section, live_in, measured_in
from core.zone import zone_named

SETTINGS_FILE = Path("sorte.toml")
PREFIX: Final = "SORTE_"
SECRETS: Final = "/run/secrets/sorte"
"""Where secret files lie; see `core.secret_files`."""
Mode = Literal["shadow", "paper", "live"]
ModelBackend = Literal["ollama", "llama", "openai"]


class ExchangeSettings(Section):
    """The exchange's addresses and your key. The defaults are Binance's; the simulated exchange brings its own."""

    rest_url: Annotated[str, Field(pattern=r"^https?://[^/\s@]+(/\S*)?$")] = "https://api.binance.com"
    """Address of its REST interface."""
    stream_url: Annotated[str, Field(pattern=r"^wss?://[^/\s@]+(/\S*)?$")] = "wss://stream.binance.com:9443"
    """Address of its market streams."""
    ws_api_url: Annotated[str, Field(pattern=r"^wss?://[^/\s@]+(/\S*)?$")] = "wss://ws-api.binance.com:443/ws-api/v3"
    """Address of its WebSocket interface, which carries orders and what happens to the account."""
    api_key: SecretStr | None = None
    """API key of the account. Permit reading and spot trading, never withdrawals; see docs/exchange.md."""
    api_secret: SecretStr | None = None
    """Secret of that key; requests are signed with it."""
    recv_window_ms: int = Field(5000, ge=100, le=60_000, json_schema_extra=measured_in("milliseconds"))
    """The exchange itself refuses an order that reaches it later than this after it was signed."""


class TraderSettings(Section):
    """The live loop. A host is the process, in a box of its own, that decides for one release of the strategy."""

    mode: Mode = "paper"
    """shadow decides and orders nothing, paper trades simulated money, live trades real money and must be armed."""
    timeframe: str = "1m"
    """Length of the bars in which indicators count: a number and a unit, such as 1m, 5m, 1h or 1d."""
    warm_bars: int = Field(300, ge=0, le=1000, json_schema_extra=measured_in("bars"))
    """Past bars that a strategy is shown before its decisions count; one that needs more is shown more."""
    host_deadline_ms: float = Field(250, gt=0, le=10_000, json_schema_extra=measured_in("milliseconds"))
    """A host that has not answered an event by then loses its turn."""
    host_late_turns: int = Field(3, ge=1, json_schema_extra=measured_in("turns"))
    """A host that loses this many turns in a row is retired."""
    host_start_seconds: float = Field(60, gt=0, json_schema_extra=measured_in("seconds"))
    """A host that is not ready by then counts as dead."""
    start_patience_seconds: float = Field(60, ge=0, le=3600, json_schema_extra=measured_in("seconds"))
    """At the start, how long a request that the exchange fails to answer is repeated; 0 asks once."""
    host_restarts: int = Field(5, ge=0, json_schema_extra=measured_in("restarts an hour"))
    """How many dead hosts are replaced within an hour; the next one waits, and without any host nothing is traded."""
    host_memory_mb: int = Field(1024, ge=256, json_schema_extra=measured_in("MB"))
    """Memory that a host may use."""
    stale_seconds: float = Field(10, gt=0, json_schema_extra=measured_in("seconds"))
    """A pair without any news for this long is not traded; when that is true of every pair, Sorte reconnects."""
    order_timeout_ms: float = Field(2000, gt=0, json_schema_extra=measured_in("milliseconds"))
    """An order without an answer by then is looked up at the exchange; it is never sent again."""
    reconcile_seconds: float = Field(20, gt=0, le=3600, json_schema_extra=measured_in("seconds"))
    """How long a start may take to compare its books with the exchange."""
    realtime: bool = True
    """Give the loop and its hosts priority over all other programs, where that is permitted (root, CAP_SYS_NICE)."""
    recording_mb: int = Field(512, ge=8, json_schema_extra=measured_in("MB"))
    """Disk that each recording (the events, or one host's decisions) may use; its oldest part is deleted first."""
    protect: bool = True
    """In live mode, back each position with a stop order that rests at the exchange."""
    protect_paper: bool = False
    """The same in paper mode, on the simulated exchange."""
    protect_margin: float = Field(0.005, ge=0.0005, le=0.2, json_schema_extra=measured_in("fraction of the price"))
    """How far that resting stop lies behind the strategy's own."""
    protect_slack: float = Field(0.01, ge=0.0005, le=0.2, json_schema_extra=measured_in("fraction of the price"))
    """How far the resting order's limit price lies below its stop price."""
    fsync_orders: bool = False
    """If true, each order waits until the disk holds its record, which then survives a power cut too."""


class GuardianSettings(Section):
    """The judge of candidates: edited strategies that do not trade yet."""

    sandbox: Literal["auto", "docker", "bubblewrap"] = "auto"
    """Kind of box that candidates are judged in; auto is Docker when its daemon answers, else bubblewrap."""
    docker_url: str = ""
    """Address of the Docker daemon; empty for that in DOCKER_HOST, else the usual socket."""
    image: str = "sorte-sandbox"
    """Name of the Docker image; it is built from sandbox/Dockerfile when the daemon does not have it."""
    gate_seconds: float = Field(60, gt=0, json_schema_extra=measured_in("seconds"))
    """A gate, one check of a candidate, that is not done by then has not passed."""
    memory_mb: int = Field(2048, ge=512, json_schema_extra=measured_in("MB"))
    """Memory of each box."""
    most_bars: int = Field(5000, ge=500, json_schema_extra=measured_in("bars"))
    """How many of the newest bars of each pair's imported history the gates look at."""
    held_out: float = Field(0.3, gt=0, lt=1, json_schema_extra=measured_in("fraction of the history"))
    """The newest part of that history, on which the backtest gate compares candidate and parent."""
    most_steps: int = Field(200_000, ge=10_000, json_schema_extra=measured_in("steps"))
    """The most that one event may cost a strategy, counted in its source; the shipped one's is 9,000 (3 us)."""
    most_state_kb: int = Field(1024, ge=16, json_schema_extra=measured_in("KB"))
    """The most that a strategy may remember of one pair; the shipped one remembers half a KB."""
    warm: bool = True
    """Boxes wait for the next judgement, which they make a second shorter, and take 150 MB while they wait."""
    work_margin: float = Field(0.04, ge=0, le=1, json_schema_extra=measured_in("fraction of the parent's work"))
    """How much more a candidate may work for an event than its parent, beside what the change itself explains."""
    work_growth: float = Field(0.25, ge=0, le=10, json_schema_extra=measured_in("fraction of the shipped work"))
    """How much more than the shipped strategy once did, after any number of changes; see docs/gates.md."""
    quiet_seconds: float = Field(30, ge=0, json_schema_extra=measured_in("seconds"))
    """How long a gate that had too little machine waits for a quieter one, before it is held once more."""


class CommanderSettings(Section):
    """Putting a change live, watching it, and taking it back."""

    shadow_events: int = Field(200, ge=1, json_schema_extra=live_in("events"))
    """The shadow run: live events that a new release answers beside the one that trades, before it takes over."""
    shadow_seconds: float = Field(2, ge=0, json_schema_extra=live_in("seconds"))
    """How long a shadow run takes at least."""
    shadow_timeout: float = Field(600, gt=0, json_schema_extra=live_in("seconds"))
    """A shadow run that has not seen enough events by then has failed."""
    watch_seconds: float = Field(60, gt=0, json_schema_extra=live_in("seconds"))
    """How long a change is watched after it goes live; one that turns out worse within that time is taken back."""
    watch_drawdown: float = Field(0.02, gt=0, le=1, json_schema_extra=live_in("fraction of equity"))
    """A watched change is taken back when equity falls this far below its best since the switch."""
    watch_latency: float = Field(3, gt=1, json_schema_extra=live_in("times the p99 before the switch"))
    """A watched change is taken back when its p99 answering time grows this much and exceeds watch_latency_us."""
    watch_latency_us: int = Field(25_000, ge=0, json_schema_extra=live_in("microseconds"))
    """A p99 answering time up to this never counts as slow."""
    confirm_seconds: float = Field(300, gt=0, json_schema_extra=live_in("seconds"))
    """A change that is waiting for your yes is dropped after this time."""
    hold_seconds: float = Field(3600, gt=0, json_schema_extra=live_in("seconds"))
    """The same of one that you were asked about in the chat or on the page; it waits over restarts."""


class LogSettings(Section):
    """The logs, in the folder `logs` of the data folder; see docs/logs.md."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", json_schema_extra={"live": True})
    """Lines milder than this are not written; changed while Sorte runs, it applies to the trader and the commander."""
    keep_days: int = Field(30, ge=1, le=36_500, json_schema_extra=measured_in("days"))
    """How long the logs are kept."""
    keep_trades_days: int = Field(0, ge=0, le=36_500, json_schema_extra=measured_in("days"))
    """How long the log of trades is kept; 0 keeps it for good."""
    most_mb: int = Field(256, ge=16, json_schema_extra=measured_in("MB"))
    """Disk that all logs but the trades may take together; the oldest file is deleted first."""


class ModelSettings(Section):
    """Language models of yours, asked for a guess where a sentence is not understood. None is needed."""

    chain: tuple[ModelBackend, ...] = ()
    """Whom to ask, in order: ollama, llama (llama.cpp in a process of its own), openai; see docs/local-models.md."""
    seconds: float = Field(20, gt=0, le=600, json_schema_extra=measured_in("seconds"))
    """Who has not answered by then is given up, and the next one is asked."""
    context_tokens: int = Field(4096, ge=2048, le=131_072, json_schema_extra=measured_in("tokens"))
    """Room for question and answer in a model's memory."""
    write_code: bool = False
    """Models may write functions of the strategy, but not in live mode; they are judged like any change."""
    code_seconds: float = Field(60, gt=0, le=600, json_schema_extra=measured_in("seconds"))
    """How long a model may take for code, all its tries included."""
    far: bool = False
    """Models at addresses beyond this machine and the network at home may be asked: your sentences go there."""
    ollama_url: Annotated[str, Field(pattern=r"^https?://[^/\s@]+(/\S*)?$")] = "http://127.0.0.1:11434"
    """Address of Ollama."""
    ollama_model: str = Field("", max_length=200)
    """Name of the model in Ollama."""
    ollama_keep: Annotated[str, Field(pattern=r"^(-1|\d+[smh]?)$")] = "30m"
    """How long Ollama keeps the model loaded after an answer; -1 is for good."""
    llama_file: Path | None = Field(None, examples=["models/qwen3.5-4b-q4_k_m.gguf"])
    """GGUF file of the model that llama.cpp loads."""
    llama_gpu_layers: int = Field(-1, ge=-1, le=1000, json_schema_extra=measured_in("layers"))
    """How many layers of it the graphics card takes; -1 is all of them, 0 none."""
    llama_threads: int = Field(0, ge=0, le=256, json_schema_extra=measured_in("threads"))
    """Processor threads that it may use; 0 is one less than there are cores."""
    openai_url: Annotated[str, Field(pattern=r"^(https?://[^/\s@]+(/\S*)?)?$")] = ""
    """Address of a server that speaks OpenAI's protocol, with its /v1."""
    openai_model: str = Field("", max_length=200)
    """Name of the model there."""
    openai_key: SecretStr | None = None
    """Key for it, where it wants one."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> ModelSettings:
        needed = {"ollama": ("ollama_model",), "llama": ("llama_file",), "openai": ("openai_url", "openai_model")}
        for backend in self.chain:
            for name in needed[backend]:
                if getattr(self, name) in ("", None):
                    raise ValueError(f"chain names {backend}, and {name} says nothing")
            address = getattr(self, f"{backend}_url", "")
            if address and not self.far and not is_near(address):
                raise ValueError(f"{backend}_url is beyond this machine and the network at home, and far is false")
        if len(set(self.chain)) < len(self.chain):
            raise ValueError("chain names one of them twice")
        return self


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
    """Folder of the git repository where Sorte edits itself; unset, this folder if it is one, else ./workspace."""
    limits_file: Path | None = Field(None, examples=["limits.toml"])
    """File of the limits; unset, `limits.toml` in this folder or, in paper mode without one, the shipped file."""
    language: Language | None = Field(None, examples=["en"])
    """Language in which Sorte speaks until a sentence of yours shows yours; unset, the machine's, else English."""
    time_zone: str = "UTC"
    """Your time zone by its IANA name, such as America/Sao_Paulo; hours and days are those of its clock."""
    database_url: SecretStr = SecretStr("")
    """Database of trades and changes, postgresql+psycopg://...; empty means an SQLite file in the data folder."""
    exchange: ExchangeSettings = ExchangeSettings()
    """The exchange."""
    trader: TraderSettings = TraderSettings()
    """The live loop."""
    guardian: GuardianSettings = GuardianSettings()
    """The judge of changes."""
    commander: CommanderSettings = CommanderSettings()
    """Putting a change live, watching it, and taking it back."""
    models: ModelSettings = ModelSettings()
    """Language models."""
    telegram: TelegramSettings = TelegramSettings()
    """The bot on Telegram."""
    web: WebSettings = WebSettings()
    """The page in a browser."""
    alerts: AlertSettings = AlertSettings()
    """What is told without being asked."""
    mail: MailSettings = MailSettings()
    """A mailbox that is told the same."""
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
