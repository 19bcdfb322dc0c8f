"""Brings parcels to mailboxes: SMTP with TLS, in a thread, for the standard library's client waits."""

from __future__ import annotations

import asyncio
import mimetypes
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

from core.errors import first_line
from core.settings import MailSettings
from services.gateway.outbox.parcel import Later, Never, Parcel, Sent
from services.gateway.outbox.texts import say

TIMEOUT_SECONDS: Final = 30.0
REFUSED: Final = range(500, 600)
"""SMTP's codes of what will not be taken later either."""
SUBJECT: Final = 120
"""Characters of a subject."""


class Mail:
    """One mail server."""

    name = "mail"

    def __init__(self, settings: MailSettings, tls: Callable[[], ssl.SSLContext] = ssl.create_default_context) -> None:
        """`tls` says whose certificates are believed."""
        self._settings, self._tls = settings, tls

    async def send(self, parcel: Parcel) -> Sent | Later | Never:
        """Bring it to everybody who is named."""
        return await asyncio.to_thread(self._send, message_of(parcel, self._settings))

    def _send(self, message: EmailMessage) -> Sent | Later | Never:
        begun = False
        try:
            with self._connected() as server:
                if self._settings.password is not None:
                    server.login(self._settings.user, self._settings.password.get_secret_value())
                begun = True
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            return _never_or_later(codes, "no recipient is taken")
        except smtplib.SMTPResponseException as error:
            return _never_or_later([error.smtp_code], f"{error.smtp_code} {_words(error.smtp_error)}")
        except (OSError, smtplib.SMTPException) as error:
            return Later(0.0, first_line(error, typed=True), perhaps=begun)
        return Sent()

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.security == "tls":
            return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=self._tls())
        server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)
        try:
            if settings.security == "starttls":
                server.starttls(context=self._tls())  # raises where it is not offered: nothing is sent in the clear
        except BaseException:
            server.close()
            raise
        return server


def message_of(parcel: Parcel, settings: MailSettings) -> EmailMessage:
    """A parcel as a mail. Its id is the same at each try, so that a mailbox shows it once."""
    message = EmailMessage()
    title = parcel.title or parcel.text.partition("\n")[0]
    message["Subject"] = f"Sorte: {' '.join(title.split())[:SUBJECT]}"
    message["From"] = settings.sender or settings.user
    message["To"] = ", ".join(settings.to)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<sorte-{parcel.made_ns}-{parcel.ids[0]}@{settings.host}>"
    message["Auto-Submitted"] = "auto-generated"  # no answering machine answers it (RFC 3834)
    perhaps = f"{say('perhaps')}\n\n" if parcel.perhaps else ""
    message.set_content(f"{perhaps}{parcel.title}\n\n{parcel.text}\n".lstrip())
    if parcel.picture is not None and parcel.picture.is_file():
        kind = mimetypes.guess_type(parcel.picture.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(parcel.picture.read_bytes(), maintype=main, subtype=sub, filename=parcel.picture.name)
    return message


def _never_or_later(codes: list[int], why: str) -> Later | Never:
    """A refused login is mended by its owner, and the message is worth waiting for."""
    lasting = [code for code in codes if code in REFUSED and code not in (530, 534, 535, 538)]
    return Never(why) if codes and len(lasting) == len(codes) else Later(0.0, why)


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
