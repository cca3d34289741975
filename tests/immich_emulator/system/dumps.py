# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dump of the database as pg_dump writes it: PostgreSQL can read it, and it carries all that this server has, so that it can come back.

For PostgreSQL it has the tables that one counts. Everything is in comments between them, as SQLite has it.
"""

from __future__ import annotations

import base64
import gzip
import secrets
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immich_emulator.immich import Immich

OURS = "-- immich_emulator "
#: What pg_dump writes last. Newer ones add a line that begins with `\\unrestrict`.
END = "-- PostgreSQL database dump complete"

#: Tables as PostgreSQL has them: name → its columns with their types, and the query for SQLite.
TABLES = {
    '"user"': (
        'id uuid PRIMARY KEY, email text, name text, "isAdmin" boolean, "deletedAt" timestamptz',
        "SELECT id, email, name, is_admin, deleted FROM users",
    ),
    "asset": (
        'id uuid PRIMARY KEY, "ownerId" uuid, type text, visibility text, "libraryId" uuid, "originalPath" text, "originalFileName" text, '
        'checksum bytea, "deletedAt" timestamptz',
        "SELECT id, owner, type, visibility, NULL, shown_path, name, '\\x' || checksum, deleted FROM assets",
    ),
    "asset_exif": ('"assetId" uuid PRIMARY KEY, "fileSizeInByte" bigint', "SELECT id, size FROM assets"),
    "album": ('id uuid PRIMARY KEY, "albumName" text', "SELECT id, name FROM albums"),
    "tag": ('id uuid PRIMARY KEY, "userId" uuid, value text', "SELECT id, owner, value FROM tags"),
}


def dump(immich: Immich) -> bytes:
    """The database, compressed."""
    return gzip.compress("\n".join(lines(immich)).encode(), mtime=0)


def lines(immich: Immich) -> Iterator[str]:
    """The dump's lines."""
    token = secrets.token_hex(32)  # letters and digits only, as pg_dump has it
    yield from ("--", "-- PostgreSQL database dump", "--", "", f"\\restrict {token}", "")
    yield from ("-- Dumped from database version 14.18", "-- Dumped by pg_dump version 14.18", "", "SET client_encoding = 'UTF8';", "")
    yield from (
        "DROP TABLE IF EXISTS public.version_history;",
        'CREATE TABLE public.version_history (id uuid PRIMARY KEY, "createdAt" timestamptz, version text);',
        "",
    )
    yield 'COPY public.version_history (id, "createdAt", version) FROM stdin;'
    yield from (f"00000000-0000-4000-8000-000000000001\t2026-01-01 00:00:00+00\t{immich.version.number}", "\\.", "")
    for table, (columns, query) in TABLES.items():
        yield from (f"DROP TABLE IF EXISTS public.{table};", f"CREATE TABLE public.{table} ({columns});", "")
        yield f"COPY public.{table} ({', '.join(one.split()[0] for one in columns.split(', '))}) FROM stdin;"
        yield from ("\t".join(cell(value) for value in row) for row in immich.store.all(query))
        yield from ("\\.", "")
    for statement in immich.store.db.iterdump():
        yield OURS + base64.b64encode(statement.encode()).decode()
    yield from ("", "--", END, "--", "", f"\\unrestrict {token}", "", "")


def cell(value: object) -> str:
    """A value as COPY writes it."""
    if value is None:
        return "\\N"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def statements(content: bytes) -> list[str]:
    """What a dump does to the database of this server. Raises ValueError, as psql fails, for one that is not whole or of another server."""
    try:
        text = gzip.decompress(content).decode() if content.startswith(b"\x1f\x8b") else content.decode()
    except (EOFError, OSError) as error:
        raise ValueError("incorrect header check" if not content.startswith(b"\x1f\x8b") else "unexpected end of file") from error
    found = [base64.b64decode(line.removeprefix(OURS)).decode() for line in text.splitlines() if line.startswith(OURS)]
    if not found or END not in text:
        raise ValueError("psql non-zero exit code (3) ERROR:  syntax error at or near")
    return found


def without_end(content: bytes) -> bytes:
    """A dump that pg_dump did not bring to its end, compressed properly."""
    return gzip.compress(gzip.decompress(content).partition(END.encode())[0])


def restore(immich: Immich, content: bytes) -> None:
    """Brings the database into the state of a dump, or leaves it as it is: ValueError."""
    script = "\n".join(statements(content))
    db = immich.store.db
    before = "\n".join(db.iterdump())
    drop_everything(db)
    try:
        db.executescript(script)
    except sqlite3.Error as error:
        db.executescript("ROLLBACK;") if db.in_transaction else None
        drop_everything(db)
        db.executescript(before)
        raise ValueError(f"psql non-zero exit code (3) ERROR:  {error}") from error


def drop_everything(db: sqlite3.Connection) -> None:
    """Removes all tables."""
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        db.execute(f"DROP TABLE {name}")
