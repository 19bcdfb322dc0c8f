"""What each name of an earlier agent becomes: a key of ours with a converted value, a secret file, or a reason why not.

Nothing here arms live trading, edits limits or touches the strategy: there a sentence says what the owner does himself.
A value is shown only after it was converted; whatever else stands in a file may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Final

from core.errors import DataError
from core.names import format_timeframe, parse_timeframe


@dataclass(frozen=True, slots=True)
class Taken:
    """Becomes a key in `sorte.toml`."""

    name: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Becomes a secret file. The value is in no `repr`."""

    name: str
    key: str
    value: str

    def __repr__(self) -> str:
        return f"Kept({self.name!r}, {self.key!r})"


@dataclass(frozen=True, slots=True)
class Left:
    """Becomes nothing, for a reason."""

    name: str
    why: str


Outcome = Taken | Kept | Left
Rule = Callable[[str, str], Outcome]
"""(name, value) -> what becomes of it. ValueError, with a sentence, for a value that is none."""


def taken_from(values: Mapping[str, str]) -> list[Outcome]:
    """What becomes of each name, in the order of the file."""
    return [_outcome(name, value.strip()) for name, value in values.items()]


def _outcome(name: str, value: str) -> Outcome:
    rule = NAMES.get(name) or NAMES.get(name.upper()) or NAMES.get(name.lower())
    if name.upper().startswith("SORTE_"):
        return Left(name, "Sorte reads this variable itself; nothing needs to be taken over.")
    if rule is None:
        return Left(name, "Sorte does not know this name.")
    if not value:
        return Left(name, "It is empty.")
    try:
        return rule(name, value)
    except ValueError as error:
        return Left(name, str(error))


# Rules ----------------------------------------------------------------------------------------------------------------


def left(why: str) -> Rule:
    """Never taken, whatever the value."""
    return lambda name, _: Left(name, why)


def parameter(ours: str, about: str = "") -> Rule:
    """A number of the strategy, which only a judged change may set."""

    def rule(name: str, value: str) -> Outcome:
        return Left(name, f'It is a number of your strategy: sorte change "set {ours} to {number(value)}"{about}.')

    return rule


def limit(ours: str) -> Rule:
    """A limit, which no command may write."""

    def rule(name: str, value: str) -> Outcome:
        return Left(name, f"Limits are yours alone to edit: write {ours} = {number(value)} into limits.toml.")

    return rule


def timeframe(name: str, value: str) -> Outcome:
    """The length of the bars, in our spelling."""
    try:
        return Taken(name, "trader.timeframe", format_timeframe(parse_timeframe(value)))
    except DataError:
        raise ValueError("It is not a timeframe such as 1m, 5m, 1h or 1d.") from None


def simulation(name: str, value: str) -> Outcome:
    """Simulated trading is paper mode; the opposite arms nothing."""
    return Taken(name, "trader.mode", "paper") if is_on(value) else Left(name, NEVER_ARMS)


def mode(name: str, value: str) -> Outcome:
    """The multi-agent bot's three modes."""
    modes = {"shadow": Taken(name, "trader.mode", "shadow"), "paper": Taken(name, "trader.mode", "paper")}
    others = {"production": Left(name, NEVER_ARMS), "debug": Left(name, "Say --debug when you start.")}
    found = (modes | others).get(value.lower().lstrip("-"))
    if found is None:
        raise ValueError("It is none of shadow, production and debug.")
    return found


def log_level(name: str, value: str) -> Outcome:
    """How much is logged."""
    levels = {"warn": "warning", "critical": "error"} | {each: each for each in ("debug", "info", "warning", "error")}
    if (found := levels.get(value.lower())) is None:
        raise ValueError("It is none of debug, info, warning and error.")
    return Taken(name, "logs.level", found)


def log_days(name: str, value: str) -> Outcome:
    """How long the logs stay."""
    if not (value.isdecimal() and 1 <= int(value[:MOST_DIGITS]) <= MOST_LOG_DAYS):
        raise ValueError(f"It is not a number of days from 1 to {MOST_LOG_DAYS:,}.")
    return Taken(name, "logs.keep_days", str(int(value)))


def ollama_address(name: str, value: str) -> Outcome:
    """Where Ollama answers; a server that listens everywhere is asked on this machine."""
    told = value if "://" in value else f"http://{value}"
    if re.fullmatch(r"https?://[^/\s@]+(/\S*)?", told) is None:
        raise ValueError("It is not an address such as http://192.168.0.10:11434.")
    return Taken(name, "models.ollama_url", told.replace("//0.0.0.0", "//127.0.0.1").rstrip("/"))


def ollama_model(name: str, value: str) -> Outcome:
    """The one model that is asked here."""
    if re.fullmatch(r"[\w.:/-]{1,200}", value) is None:
        raise ValueError("It is not a model's name such as qwen3.5:4b.")
    return Taken(name, "models.ollama_model", value)


def model_seconds(name: str, value: str) -> Outcome:
    """How long a model may take."""
    seconds = Decimal(number(value)).to_integral_value(rounding=ROUND_CEILING)
    if not 1 <= seconds <= MOST_MODEL_SECONDS:
        raise ValueError(f"It is not a number of seconds from 1 to {MOST_MODEL_SECONDS}.")
    return Taken(name, "models.seconds", str(seconds))


def gpu_layers(name: str, value: str) -> Outcome:
    """The layers that the graphics card takes; any number below zero is all of them."""
    layers = Decimal(number(value))
    if layers != layers.to_integral_value() or layers > MOST_LAYERS:
        raise ValueError("It is not a number of layers.")
    return Taken(name, "models.llama_gpu_layers", str(max(-1, int(layers))))


def postgres(name: str, value: str) -> Outcome:
    """A database's address, which may hold a password."""
    found = re.fullmatch(r"(?:postgres|postgresql)(?:\+\w+)?://(\S+)", value)
    if found is None:
        raise ValueError("Only a PostgreSQL address, postgresql://..., can be taken.")
    return Kept(name, "database_url", f"postgresql+psycopg://{found[1]}")


def number(value: str) -> str:
    """A number as it is written; ValueError for anything else, which is not repeated."""
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError("It is not a number.") from None
    if not found.is_finite() or abs(found.adjusted()) > MOST_DIGITS or len(value) > MOST_DIGITS:
        raise ValueError("It is not a number that is meant.")
    return f"{found:f}"


def is_on(value: str) -> bool:
    """A switch, as these files spell it."""
    if (found := value.lower()) in ON:
        return True
    if found in OFF:
        return False
    raise ValueError("It is neither true nor false.")


ON: Final = frozenset({"1", "true", "yes", "on", "sim"})
OFF: Final = frozenset({"0", "false", "no", "off", "não", "nao"})
MOST_DIGITS: Final = 30
MOST_LOG_DAYS: Final = 36_500
MOST_MODEL_SECONDS: Final = 600
MOST_LAYERS: Final = 1000
NEVER_ARMS: Final = (
    "A file never arms live trading: read your limits, then say `sorte arm`, and start with --mode live."
)
ONE_MODEL: Final = (
    "One model is asked here, models.ollama_model, and only where models.chain names a backend; it is taken from "
    "OLLAMA_MODEL_CODER."
)
NO_OPENCL: Final = (
    "llama.cpp has no OpenCL for such cards any more. Vulkan is in its place and needs no key: docs/local-models.md."
)
NO_ALERTS: Final = "Sorte sends no alerts yet; `sorte status` and the run itself tell what happened."
NO_METRICS: Final = "Sorte serves no metrics; `sorte status` tells its figures."
NO_AGENTS: Final = "There are no agents to coordinate: one loop answers each event."
NO_CACHE: Final = "There is no cache to tune: prices come by stream, history lies on disk."
NO_NEWS: Final = "Sorte reads no news and no forum yet; advice has no weight in its decisions."
NO_CYCLES: Final = "There are no cycles to wait for: each trade, quote and bar is answered when it comes."
NO_B3: Final = "Sorte does not ask brapi; bring B3's history as a file: `sorte data import FILE`."
ONE_TIMEFRAME: Final = "A strategy counts in bars of one timeframe, the primary one; it sees every price beside."

NAMES: Final[Mapping[str, Rule]] = {
    # The B3 agent's environment
    "BRAPI_TOKEN": left(NO_B3),
    "BRAPI_BASE_URL": left(NO_B3),
    "B3_TICKERS": left("Pairs are named at the start: `sorte run --pairs BTCUSDT,ETHUSDT`. B3 is not traded."),
    "OLLAMA_HOST": ollama_address,
    "OLLAMA_MODEL_FAST": left(ONE_MODEL),
    "OLLAMA_MODEL_STANDARD": left(ONE_MODEL),
    "OLLAMA_MODEL_REASONING": left(ONE_MODEL),
    "OLLAMA_MODEL_CODER": ollama_model,
    "OLLAMA_MODEL_SENTIMENT": left(ONE_MODEL),
    "OLLAMA_TIMEOUT": model_seconds,
    "SIMULATION_MODE": simulation,
    "ENABLE_REAL_TRADING": left(NEVER_ARMS),
    "MIN_CONFIDENCE": parameter("min_confidence"),
    "MAX_POSITION_SIZE": left("It is a quantity, and our limits are money: write position_value into limits.toml."),
    "MAX_LOSS_PER_TRADE": limit("loss_per_trade"),
    "PROFIT_TARGET": left('It is money, and ours is a fraction: sorte change "set take_profit to 4%".'),
    "ANALYSIS_INTERVAL": left(NO_CYCLES),
    "TIMEFRAME_PRIMARY": timeframe,
    "TIMEFRAME_SECONDARY": left(ONE_TIMEFRAME),
    "TIMEFRAME_TERTIARY": left(ONE_TIMEFRAME),
    "LOG_LEVEL": log_level,
    "LOG_DIR": left("Logs lie in the data folder, whose place is the key data_dir."),
    "LOG_RETENTION_DAYS": log_days,
    "DATABASE_PATH": left("Sorte keeps an SQLite file of its own in the data folder, and takes over no other."),
    "DATABASE_URL": postgres,
    "REDIS_URL": left("Sorte needs no Redis: its processes speak over sockets of their own."),
    "SLACK_WEBHOOK": left(NO_ALERTS),
    "TELEGRAM_TOKEN": left(NO_ALERTS),
    "TELEGRAM_CHAT_ID": left(NO_ALERTS),
    "EMAIL_SENDER": left(NO_ALERTS),
    "EMAIL_PASSWORD": left(NO_ALERTS),
    "PROMETHEUS_PORT": left(NO_METRICS),
    "GRAFANA_PORT": left(NO_METRICS),
    "ENABLE_METRICS": left(NO_METRICS),
    # The performance plan
    "batch_interval": left(NO_CYCLES),
    "tempo_minimo_ordem": parameter("min_hold_seconds", ", from 5 to 90"),
    "use_opencl": left(NO_OPENCL),
    "n_gpu_layers": gpu_layers,
    # The Q-learning note
    "weights.technical": parameter("weight_technical"),
    "weights.orderbook": parameter("weight_orderbook"),
    "weights.flow": parameter("weight_flow"),
    "weights.qlearning": parameter("weight_qlearning"),
    "min_confidence": parameter("min_confidence"),
    "symbols": left("Pairs are named at the start: `sorte run --pairs BTCUSDT,ETHUSDT`."),
    "epochs": left("Sorte trains no Q-tables yet; it reads those in the folder qtables of its data."),
    # The multi-agent bot's tree
    "mode": mode,
    "coordinator.max_concurrent_operations": left(NO_AGENTS),
    "coordinator.health_check_interval": left(NO_AGENTS),
    "data_agent.cache_size_mb": left(NO_CACHE),
    "data_agent.prefetch_enabled": left(NO_CACHE),
    "data_agent.cleanup_interval": left(NO_CACHE),
    "sentiment_agent.sources.reddit.enabled": left(NO_NEWS),
    "sentiment_agent.sources.reddit.weight": left(NO_NEWS),
    "sentiment_agent.sources.news.enabled": left(NO_NEWS),
    "sentiment_agent.sources.news.weight": left(NO_NEWS),
    "risk_agent.check_interval_seconds": left("Risk is checked before each order, below the strategy, at no interval."),
    "risk_agent.alert_cooldown_minutes": left(NO_ALERTS),
    "risk_agent.max_portfolio_var": left(
        "Sorte limits money, not value at risk: write total_exposure and loss_per_day into limits.toml."
    ),
    "cache.max_size_mb": left(NO_CACHE),
    "cache.default_ttl": left(NO_CACHE),
    "cache.enable_prefetching": left(NO_CACHE),
    "cache.enable_compression": left(NO_CACHE),
}
