"""`sorte web`: a link that logs in to the page of the gateway that runs here, once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.reporting import tell

WAIT_SECONDS: Final = 20.0
"""For a gateway that is being started; without a trader nobody is waited for."""
LOOK_SECONDS: Final = 0.1


def web(
    print_link: Annotated[bool, typer.Option("--print-link")] = False,
    reader: Annotated[bool, typer.Option("--reader")] = False,
    log_out: Annotated[bool, typer.Option("--log-out")] = False,
) -> None:
    """Log in to the page: prints a link that works once, within ten minutes."""
    from core.workspace import user_name
    from services.gateway.binding import login_link
    from services.gateway.store import opened

    folder, address = _page()
    with opened(folder) as store:
        if log_out:
            tell(f"Logged out everywhere: {store.entering.leave_everywhere()} sessions ended.")
            return
        code = store.entering.make_link(time.time_ns(), owner=user_name(), role="reader" if reader else "owner")
    if not print_link:
        tell("Open this in a browser of this machine within ten minutes; it works once:")
    typer.echo(login_link(address, code))


def _page() -> tuple[Path, str]:
    """The data folder and the address of a gateway that runs here. Raises ConfigurationError where none does."""
    from core.errors import ConfigurationError
    from core.owner import OwnersWord
    from core.settings import load_settings
    from core.workspace import data_folders

    settings = load_settings()
    until = time.monotonic() + WAIT_SECONDS
    while True:
        folders = data_folders(settings) or [settings.data_dir]
        found = [(folder, address) for folder in folders if (address := address_in(folder))]
        if found:
            return found[0]
        if time.monotonic() > until or not any(OwnersWord(folder).listener for folder in folders):
            raise ConfigurationError("No page is served here.", "Start it with `sorte run`; see docs/page.md.")
        time.sleep(LOOK_SECONDS)


def address_in(folder: Path) -> str:
    """Where the page of a gateway on that data folder is; empty without one. Raises ConfigurationError for why not."""
    from core.errors import ConfigurationError
    from core.presence import holder
    from services.gateway.door import ADDRESS_NOTE, UNSERVED_NOTE
    from services.gateway.passing import PID_FILE
    from services.gateway.store import opened

    if holder(folder / PID_FILE) is None:
        return ""
    with opened(folder) as store:
        if unserved := store.notes.get(UNSERVED_NOTE):
            raise ConfigurationError(*unserved.split("\n", 1))
        return store.notes.get(ADDRESS_NOTE)
