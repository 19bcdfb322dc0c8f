"""The gateway's own tables. A version's steps only add: what an earlier version wrote stays readable to it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata: Final = MetaData()

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(120), nullable=False, server_default=""),  # the same message is put in once
    Column("sender", String(20), nullable=False),
    Column("recipient", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("urgency", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("picture", String(400), nullable=False, server_default=""),
    Column("sound", Boolean, nullable=False),
    Column("made_ns", BigInteger, nullable=False),
    Column("begun_ns", BigInteger, nullable=False, server_default="0"),  # it was about to be sent
    Column("ended_ns", BigInteger, nullable=False, server_default="0"),
    Column("outcome", String(200), nullable=False, server_default=""),  # sent, or why it never will be
    Column("tries", Integer, nullable=False, server_default="0"),
    Index("waiting", "sender", "recipient", "ended_ns", "id"),
    Index("once", "sender", "recipient", "key"),
)

updates = Table(
    "updates",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # as the messenger counts them
    Column("time_ns", BigInteger, nullable=False),
    Column("done_ns", BigInteger, nullable=False, server_default="0"),
    Column("raw", Text, nullable=False, server_default=""),  # as it came, until it is done
)

approvals = Table(
    "approvals",
    metadata,
    Column("token", String(40), primary_key=True),
    Column("deed", String(20), nullable=False),
    Column("change", String(80), nullable=False),
    Column("hash", String(80), nullable=False),
    Column("user", String(80), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("surface", String(20), nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("twice", Boolean, nullable=False),
    Column("asked_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger, nullable=False),
)

logins = Table(
    "logins",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the token, which is kept nowhere
    Column("role", String(20), nullable=False),
    Column("owner", String(80), nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("owner", String(80), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("made_ns", BigInteger, nullable=False),
    Column("seen_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
)

pairing = Table(
    "pairing",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("expires_ns", BigInteger, nullable=False),
    Column("user", BigInteger, nullable=False, server_default="0"),  # who typed it
    Column("name", String(120), nullable=False, server_default=""),
    Column("chat", BigInteger, nullable=False, server_default="0"),
)

samples = Table(
    "samples",
    metadata,
    Column("time_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("equity", Float, nullable=False),
    Column("release", String(40), nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("value", Text, nullable=False),
)
