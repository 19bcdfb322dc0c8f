"""`sorte config`: what is set, what each setting means, what is wrong with a file, and a file to begin with."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.helping import SpokenCommand, SpokenGroup
from cli.reporting import listed, tell
from cli.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel

    from core.settings.facts import Fact
    from core.settings.origins import Origin

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)


@app.command(cls=SpokenCommand)
def show(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show every setting and limit in force and where it comes from; secrets are masked."""
    import json

    from core.settings import load_settings
    from core.settings.changes import plain, value_of
    from core.settings.facts import facts_of
    from core.settings.origins import origin_of
    from core.settings.sections import Settings
    from core.settings.words import LIMITS, value_in_force

    settings = load_settings()
    facts = facts_of(Settings)
    rows = [(key, plain(value_of(settings, key)), origin_of(key), fact.live) for key, fact in facts.items()]
    limits, origin = _limits_in_force()
    rows += [(LIMITS + key, value, origin, False) for key, value in limits.items()]
    if as_json:
        told = {key: {"value": value, "from": str(origin), "live": live} for key, value, origin, live in rows}
        typer.echo(json.dumps({"kind": "settings", "settings": told}, default=str))  # money as a text
        return
    for key, value, origin, _ in rows:
        typer.echo(f"{key:32} {value_in_force(value):34} {origin.told()}")


def _limits_in_force() -> tuple[dict[str, object], Origin]:
    """The limits, and where they come from."""
    from core.settings import load_settings
    from core.settings.origins import Origin
    from services.trader.limits import PAPER_LIMITS, load_limits, owners_limits

    file = owners_limits(load_settings())
    limits, _ = load_limits(file or PAPER_LIMITS)
    return limits.model_dump(), Origin("file", str(file)) if file else Origin("shipped")


@app.command(cls=SpokenCommand)
def explain(
    key: Annotated[str, typer.Argument()] = "",
    everything: Annotated[bool, typer.Option("--all")] = False,
) -> None:
    """Tell what a setting means: unit, range, default, present value, how to set it and when that takes effect."""
    from core.settings.facts import facts_of
    from core.settings.sections import Settings
    from core.settings.words import LIMITS
    from services.trader.limits import Limits

    if everything or not key:
        _explain_all(Limits)
        return
    facts = facts_of(Settings) | facts_of(Limits, LIMITS)
    fact = facts[_named(key, list(facts))]
    for line in _limit(fact) if fact.key.startswith(LIMITS) else _setting(fact):
        typer.echo(line)


def _explain_all(limits: type[BaseModel]) -> None:
    """Every key, also where settings cannot be used that would say in which language."""
    from core.errors import ConfigurationError
    from core.settings import load_settings
    from core.settings.page import page

    with contextlib.suppress(ConfigurationError):
        load_settings()
    typer.echo(page(limits), nl=False)


def _named(key: str, known: Sequence[str]) -> str:
    """The key that is meant: spelled out, or by a last part that only one has."""
    from core.errors import ConfigurationError
    from core.settings.naming import maybe_meant

    found = [key] if key in known else [name for name in known if name.rpartition(".")[2] == key.lower()]
    if len(found) != 1:
        among = f" It may be {' or '.join(found)}." if found else ""
        raise ConfigurationError(
            f"There is no single setting {key!r}{maybe_meant(key.lower(), known) if not found else ''}.{among}",
            "`sorte config show` lists them all.",
        )
    return found[0]


def _setting(fact: Fact) -> Iterator[str]:
    """What there is to say of a setting, line by line."""
    from core.settings import load_settings
    from core.settings.changes import plain, value_of
    from core.settings.naming import variable_of
    from core.settings.origins import origin_of
    from core.settings.sections import SECRETS

    now, origin = plain(value_of(load_settings(), fact.key)), origin_of(fact.key)
    section, _, name = fact.key.rpartition(".")
    variable = variable_of(fact.key)
    if fact.secret:
        place = say("config.secret", file=f"{SECRETS}/{variable.lower()}", variable=variable)
    else:
        text = "config.in_section" if section else "config.at_the_top"
        place = say(text, section=section, name=name, variable=variable)
    return _explained(fact, now, origin, place, "config.at_once" if fact.live else "config.next_start")


def _limit(fact: Fact) -> Iterator[str]:
    """What there is to say of a limit."""
    name = fact.key.rpartition(".")[2]
    limits, origin = _limits_in_force()
    return _explained(fact, limits[name], origin, say("config.by_hand", name=name), "config.armed_again")


def _explained(fact: Fact, now: object, origin: Origin, place: str, takes_hold: str) -> Iterator[str]:
    """The lines of one key."""
    from core.settings.words import default_said, meaning, value_in_force, value_said

    lines = {
        "value": value_said(fact),
        "default": default_said(fact),
        "now": f"{value_in_force(now)} ({origin.told()})",
        "set": place,
        "takes_hold": say(takes_hold),
    }
    yield f"{fact.key}: {meaning(fact)}"
    yield from (f"  {say(f'config.head.{name}'):14} {text}" for name, text in lines.items())


@app.command(cls=SpokenCommand)
def check(
    file: Annotated[Path | None, typer.Argument()] = None,
) -> None:
    """Name every fault of the settings and limits, with file and line; exit code 1 when there is one."""
    from core.errors import ConfigurationError
    from core.settings import SETTINGS_FILE, load_settings
    from core.settings.checking import FileSettings, faults_of
    from services.trader.limits import Limits, owners_limits

    files = [file] if file is not None else [found for found in (SETTINGS_FILE, Path("limits.toml")) if found.exists()]
    faults = [str(fault) for each in files for fault in faults_of(each, _model_of(each, FileSettings, Limits))]
    if file is None and not faults:
        try:  # what the environment and secret files say
            limits = owners_limits(load_settings())
            faults = [str(fault) for fault in faults_of(limits, Limits)] if limits and limits not in files else []
        except ConfigurationError as error:
            faults = [error.message]
    for fault in faults:
        tell(fault)
    if faults:
        raise typer.Exit(1)
    named = listed(files)
    typer.echo(say("config.no_fault", files=named) if named else say("config.no_fault_at_all"))


def _model_of(file: Path, settings: type[BaseModel], limits: type[BaseModel]) -> type[BaseModel]:
    """Whether a file is of settings or of limits: by its name, else by whose keys it has more of."""
    import tomllib

    from core.settings.origins import read_text

    if file.name in ("sorte.toml", "limits.toml"):
        return limits if file.name == "limits.toml" else settings
    try:
        keys = tomllib.loads(read_text(file)).keys()
    except (ValueError, RecursionError):
        return settings
    return limits if len(keys & limits.model_fields.keys()) > len(keys & settings.model_fields.keys()) else settings


@app.command(cls=SpokenCommand)
def init() -> None:
    """Write a sorte.toml that sets nothing and explains everything; never over one that is there."""
    from core.errors import ConfigurationError
    from core.settings import SETTINGS_FILE
    from core.settings.page import commented_file

    try:
        descriptor = os.open(SETTINGS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise ConfigurationError(
            f"There is a {SETTINGS_FILE} already, and it stays as it is.", "Move it away first to have a new one."
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(commented_file())
    typer.echo(say("config.written", file=SETTINGS_FILE))


@app.command(name="import", cls=SpokenCommand)
def import_old(
    file: Annotated[Path, typer.Argument()],
    write: Annotated[bool, typer.Option("--write")] = False,
) -> None:
    """Show what each name of an old settings file becomes here, or why it becomes nothing; --write takes it over."""
    from core.retelling import retold
    from core.settings import old
    from core.settings.changes import STARS

    outcomes = old.taken_from(old.read_old(file))
    for each in outcomes:
        name = printable(each.name)
        if isinstance(each, old.Taken):
            typer.echo(f'{name:40} {each.key} = "{each.value}"')
        elif isinstance(each, old.Kept):
            typer.echo(f"{name:40} {each.key} = {STARS} ({say('config.secret_file')})")
        else:
            typer.echo(f"{name:40} - {retold(each.why)}")
    if write:
        for line in old.write(outcomes) or [say("config.nothing_to_write")]:
            tell(line)
    elif any(not isinstance(each, old.Left) for each in outcomes):
        typer.echo(say("config.only_shown"))


def printable(name: str) -> str:
    """A stranger's word, short and without what would move the cursor."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:60])
