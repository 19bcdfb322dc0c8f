"""What a picture is asked for with, and how it travels: a length of four bytes, then so many of them."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from core.contracts.ledger import CandlesShown, EquityShown, JudgedShown
from core.language import Language

LENGTH: Final = struct.Struct(">I")
DRAWN: Final = b"+"
FAILED: Final = b"-"
MISSING: Final = b"?"
"""How an answer begins: a PNG follows, or what went wrong, or nothing, since matplotlib is not installed."""


class Request(msgspec.Struct, frozen=True):
    """One picture."""

    what: EquityShown | CandlesShown | JudgedShown
    language: Language
    zone: str = "UTC"  # IANA name: whose clock the time axis shows
    title: str = ""  # in place of the usual one: a change's sentence


encode: Final = msgspec.json.Encoder(decimal_format="string").encode
decode: Final = msgspec.json.Decoder(Request).decode


def framed(payload: bytes) -> bytes:
    """A message as it travels."""
    return LENGTH.pack(len(payload)) + payload
