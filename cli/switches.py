"""The owner's three switches: `kill`, `unkill` and `arm`; they work whoever runs, or nobody does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.reporting import listed, said, tell

if TYPE_CHECKING:
    from core.settings import Settings
    from services.trader.orders import Protection

WORD = "I trade real money"
JsonOption = Annotated[bool, typer.Option("--json")]


def kill(everything: Annotated[bool, typer.Option("--all")] = False, as_json: JsonOption = False) -> None:
    """Throw the kill switch: nothing is bought or sold any more and open orders are cancelled, over restarts too.

    The stop orders that rest at the exchange for positions stay, unless you say --all.
    """
    from core.owner import OwnersWord
    from core.settings import load_settings
    from core.workspace import data_folders

    settings = load_settings()
    known = data_folders(settings)
    for folder in known or [settings.data_dir]:
        OwnersWord(folder).kill()
    if not as_json:
        _say_halted(known, settings)
    found: list[dict[str, Any]] = []
    for folder in known:  # each, whatever one says
        for each in _protections(settings, folder, everything=everything):
            found.append(each)
            if not as_json:
                _say_protection(each)
    if as_json:
        folders = [str(folder) for folder in known]
        print(json.dumps({"kind": "killed", "folders": folders, "protections": found}))
    if not known or any(each["state"] == "still_there" for each in found):
        raise typer.Exit(1)


def _say_halted(known: list[Path], settings: Settings) -> None:
    if not known:
        tell(
            f"Nobody has traded from this folder. Whoever starts here is halted by {settings.data_dir}/KILL; one that"
            " runs elsewhere is NOT. Say it in the folder where it was started, or with SORTE_DATA_DIR.",
            err=True,
        )
        return
    named = listed(known)
    tell(f"Halted. Every trader of {named} refuses orders until `sorte unkill`.")


def _protections(settings: Settings, folder: Path, *, everything: bool) -> Iterator[dict[str, Any]]:
    """What protects the positions of an account, and what became of it; with `everything` it is taken back."""
    from core.owner import OwnersWord
    from services.trader.taking_back import is_traded, resting, take_back, wait_until_taken

    journal = folder / "trader" / "journal"
    found = resting(journal)  # before the word is said: a trader obeys at once
    if not everything:
        for protection in found:
            yield _told(protection, "stays")
        return
    OwnersWord(folder).kill(everything=True)
    left = wait_until_taken(journal)
    failed = {each.client_id: "its trader has not taken it back yet" for each in left}
    if left and not is_traded(journal):
        failed = take_back(settings, left)
    for protection in found:
        why = failed.get(protection.client_id, "")
        yield _told(protection, "still_there" if why else "taken_back", why)
    known = {protection.client_id for protection in found}
    for protection in left:
        if protection.client_id in failed and protection.client_id not in known:  # placed just before the word
            yield _told(protection, "still_there", failed[protection.client_id])


def _told(protection: Protection, state: str, why: str = "") -> dict[str, Any]:
    return {
        "pair": protection.symbol,
        "order": protection.client_id,
        "stop_price": f"{protection.stop_price:f}",
        "quantity": f"{protection.quantity:f}",
        "state": state,
        "why": why,
    }


def _say_protection(each: dict[str, Any]) -> None:
    named = f"{each['pair']}: the stop order at {each['stop_price']} ({each['order']})"
    match each["state"]:
        case "stays":
            tell(f"{named} stays; `sorte kill --all` takes it back.")
        case "still_there":
            tell(f"{named} is STILL THERE: {each['why']} Cancel it at the exchange.", err=True)
        case _:
            tell(f"{each['pair']} is bare: {each['quantity']} was protected at {each['stop_price']}.")


def unkill(as_json: JsonOption = False) -> None:
    """Take the kill switch back; traders that run go on at once."""
    from core.owner import OwnersWord
    from core.settings import load_settings
    from core.workspace import data_folders

    folders = data_folders(load_settings())
    for folder in folders:
        OwnersWord(folder).unkill()
    if as_json:
        print(json.dumps({"kind": "unkilled", "folders": [str(folder) for folder in folders]}))
    else:
        tell("The kill switch is off.")


def arm(
    limits_file: Annotated[Path, typer.Option("--limits")] = Path("limits.toml"),
    disarm: Annotated[bool, typer.Option("--disarm")] = False,
    yes: Annotated[str, typer.Option("--yes")] = "",
    as_json: JsonOption = False,
) -> None:
    """Allow live trading under exactly these limits, on the account of the key. Another of them disarms."""
    from core.settings import load_settings
    from services.trader import arming
    from services.trader.limits import load_limits

    settings = load_settings()
    if disarm:
        arming.disarm(settings)
        print(json.dumps({"kind": "disarmed"})) if as_json else tell("Disarmed: live mode refuses to start.")
        return
    limits, limits_hash = load_limits(limits_file)
    values = limits.model_dump(mode="json")
    if not as_json:
        for name, value in limits.model_dump().items():
            typer.echo(f"  {name:18} {value}")
    _refuse_without(yes, settings, asks=not as_json and sys.stdin.isatty())
    arming.arm(settings, limits_hash)
    print(json.dumps({"kind": "armed", "limits": values, "hash": limits_hash})) if as_json else tell("Armed.")


def _refuse_without(word: str, settings: Settings, *, asks: bool) -> None:
    """The owner's word, and the account that it is for. Raises ConfigurationError without them."""
    from core.errors import ConfigurationError

    if not word and asks:
        word = typer.prompt(said('Type "I trade real money"'))
    if word != WORD:
        raise ConfigurationError("Not armed: the words were not given.", 'Give them with --yes "I trade real money".')
    if settings.exchange.api_key is None:
        raise ConfigurationError(
            "Not armed: the exchange's key is missing, and the word is for its account.", "Set SORTE_EXCHANGE__API_KEY."
        )
