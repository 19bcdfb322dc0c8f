"""Tells the owner: what is noticed becomes an alert, by his levels, hours and cooldown, and goes into the outbox."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from typing import Final

from core.contracts.told import Telling
from core.language import Language
from core.settings import AlertSettings
from core.telemetry import get_logger
from core.zone import local_time
from services.gateway.alert import Alert
from services.gateway.alerts.cooling import Cooling
from services.gateway.alerts.notice import Notice
from services.gateway.alerts.noticing import noticed
from services.gateway.alerts.quiet import is_quiet
from services.gateway.alerts.texts import WORDING, say
from services.gateway.console.texts import named
from services.gateway.outbox.outbox import Outbox

log = get_logger()

NAMED: Final = {"cause": "cause", "code": "cause", "side": "side"}
"""Values that are codes, and where their names for people are."""
HASH: Final = re.compile(r"[0-9a-f]{40}")
SHORT: Final = 12


class Alarm:
    """One gateway's."""

    def __init__(
        self,
        settings: AlertSettings,
        zone: str,
        language: Language,
        outbox: Outbox,
        *,
        shown: Callable[[Alert], None],
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`shown` hears each alert that is told."""
        self._settings, self._zone, self._language = settings, zone, language
        self._outbox, self._shown, self._clock_ns = outbox, shown, clock_ns
        self._cooling = Cooling(settings.cooldown_seconds)
        self._key = ""

    @contextlib.contextmanager
    def once(self, key: str) -> Iterator[None]:
        """What is put into the outbox within the block is put there once, however often the block is run."""
        self._key = key
        try:
            yield
        finally:
            self._key = ""

    def hear(self, told: Telling) -> None:
        """Something was told; when it is worth an alert, its owner gets one."""
        if (notice := noticed(told)) is not None:
            self.raise_(notice)

    def raise_(self, notice: Notice) -> Alert | None:
        """Tell of something that was noticed; None when he does not want to know, or was told a moment ago."""
        level = getattr(self._settings, notice.kind)
        if level == "off":
            return None
        now_ns = self._clock_ns()
        since = self._cooling.tell(notice.kind, notice.subject, now_ns)
        if since is None:
            return None
        alert = self._worded(notice, now_ns, since)
        log.info("alert", kind=alert.kind, subject=alert.subject, urgency=alert.urgency, title=alert.title)
        self._shown(alert)
        text = f"{alert.text}\n{alert.next}".strip()
        sound = level == "on" and alert.urgency != "info" and (alert.urgency == "critical" or not self._quiet(now_ns))
        key = notice.once or self._key
        self._outbox.put(alert.kind, text, alert.urgency, title=alert.title, key=key, sound=sound)
        return alert

    def _quiet(self, now_ns: int) -> bool:
        return is_quiet(self._settings.quiet_from, self._settings.quiet_to, local_time(now_ns, self._zone))

    def _worded(self, notice: Notice, now_ns: int, since: int) -> Alert:
        language = self._language
        values = {name: _said(name, value, language) for name, value in notice.values.items()}
        text = say(f"{notice.text}.text", language, **values)
        if since:
            text += " " + say("since", language, times=since)
        own = f"{notice.text}.next_{notice.values.get('cause', '')}"
        following = own if own in WORDING.texts else f"{notice.text}.next"
        return Alert(
            kind=notice.kind,
            subject=notice.subject,
            title=say(f"{notice.text}.title", language, **values),
            text=text,
            next=say(following, language, **values) if following in WORDING.texts else "",
            urgency=notice.urgency,
            time_ns=now_ns,
            change=notice.change,
        )


def _said(name: str, value: object, language: Language) -> object:
    """A value as a person reads it: codes by their names, a tree or a commit as short as elsewhere."""
    text = str(value)
    if name in NAMED:
        return named(NAMED[name], text.lower() if name == "side" else text, language)
    return text[:SHORT] if name == "subject" and HASH.fullmatch(text) else value
