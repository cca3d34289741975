# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server keeps: an SQLite database and files on disk, both below one folder."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, label TEXT UNIQUE, email TEXT UNIQUE, name TEXT, is_admin INTEGER, color TEXT,
    storage_label TEXT, should_change_password INTEGER, quota INTEGER, usage INTEGER DEFAULT 0, created TEXT,
    password TEXT, pin_code TEXT, preferences TEXT DEFAULT '{}', onboarded INTEGER DEFAULT 0, deleted TEXT, updated TEXT,
    removed_at REAL
);
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, owner TEXT, token_hash TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS shared_links (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, album TEXT, key TEXT, slug TEXT UNIQUE, password TEXT, description TEXT,
    expires TEXT, upload INTEGER, download INTEGER, metadata INTEGER, created TEXT
);
CREATE TABLE IF NOT EXISTS link_assets (link TEXT, asset TEXT, PRIMARY KEY (link, asset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS partners (
    sharer TEXT, receiver TEXT, in_timeline INTEGER DEFAULT 0, PRIMARY KEY (sharer, receiver)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, owner TEXT, name TEXT, secret_hash TEXT UNIQUE, permissions TEXT, created TEXT, seq INTEGER
);
CREATE TABLE IF NOT EXISTS assets (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, checksum TEXT, name TEXT, type TEXT, size INTEGER,
    path TEXT, shown_path TEXT, file_created TEXT, file_modified TEXT, local_date TEXT, uploaded TEXT, updated TEXT,
    favorite INTEGER, visibility TEXT, duration TEXT, device_asset_id TEXT, device_id TEXT, live_video TEXT,
    sidecar TEXT, sidecar_sha1 TEXT, deleted TEXT, stack TEXT, exif TEXT, edits TEXT, width INTEGER, height INTEGER,
    extracted INTEGER DEFAULT 0, thumbnail INTEGER DEFAULT 0, edits_in_sidecar INTEGER DEFAULT 0,
    written_tags TEXT, tags_to_write INTEGER DEFAULT 0, duplicate TEXT, library TEXT, picture_edits TEXT,
    offline INTEGER DEFAULT 0, trashed_by_user INTEGER DEFAULT 0, content_id TEXT,
    embedded INTEGER DEFAULT 0, searched_for_faces INTEGER DEFAULT 0, searched_for_text INTEGER DEFAULT 0, compared INTEGER DEFAULT 0,
    UNIQUE (owner, checksum)
);
CREATE TABLE IF NOT EXISTS albums (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, name TEXT, description TEXT, thumbnail TEXT, created TEXT,
    updated TEXT, activity INTEGER, sort TEXT
);
CREATE TABLE IF NOT EXISTS album_assets (
    album TEXT, asset TEXT, PRIMARY KEY (album, asset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS album_assets_asset ON album_assets (asset);
CREATE TABLE IF NOT EXISTS album_users (
    album TEXT, user TEXT, role TEXT, PRIMARY KEY (album, user)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tags (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, value TEXT, parent TEXT, color TEXT, created TEXT,
    updated TEXT, UNIQUE (owner, value)
);
CREATE TABLE IF NOT EXISTS tag_assets (
    tag TEXT, asset TEXT, PRIMARY KEY (tag, asset)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tag_assets_asset ON tag_assets (asset);
CREATE TABLE IF NOT EXISTS people (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, name TEXT, hidden INTEGER, updated TEXT, favorite INTEGER, birth TEXT,
    color TEXT, feature TEXT
);
CREATE TABLE IF NOT EXISTS faces (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, asset TEXT, person TEXT, source TEXT, x1 INTEGER, y1 INTEGER, x2 INTEGER, y2 INTEGER,
    image_width INTEGER, image_height INTEGER, deleted INTEGER DEFAULT 0, joined INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS faces_asset ON faces (asset);
CREATE TABLE IF NOT EXISTS memories (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, at TEXT, year INTEGER, created TEXT);
CREATE TABLE IF NOT EXISTS memory_assets (memory TEXT, asset TEXT, PRIMARY KEY (memory, asset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS activities (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, album TEXT, asset TEXT, type TEXT, comment TEXT, created TEXT
);
CREATE TABLE IF NOT EXISTS stacks (id TEXT PRIMARY KEY, owner TEXT, primary_asset TEXT, seq INTEGER);
CREATE TABLE IF NOT EXISTS libraries (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE, owner TEXT, name TEXT, paths TEXT, patterns TEXT, created TEXT, updated TEXT, refreshed TEXT
);
CREATE TABLE IF NOT EXISTS integrity_report (
    id TEXT PRIMARY KEY, type TEXT, path TEXT, asset TEXT, created TEXT, UNIQUE (type, path)
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
"""


class Store:
    """The database and the files. Every statement commits by itself; nothing is synced to the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uploads, self.partial = folder / "upload", folder / "partial"
        for path in (self.uploads, self.partial):
            path.mkdir(parents=True, exist_ok=True)
        for leftover in self.partial.iterdir():
            leftover.unlink()
        self.db = sqlite3.connect(folder / "immich.sqlite", isolation_level=None, cached_statements=512)
        self.db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "temp_store=MEMORY", "cache_size=-65536"):
            self.db.execute(f"PRAGMA {pragma}")
        self.db.executescript(f"BEGIN;{SCHEMA}COMMIT")

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Carries out one statement."""
        return self.db.execute(sql, values)

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self.db.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows."""
        return self.db.execute(sql, values).fetchall()

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, *values)
        return row[0] if row else None

    def column(self, sql: str, *values: Any) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self.db.execute(sql, values)]

    def insert(self, table: str, **values: Any) -> None:
        """Adds one row. Raises sqlite3.IntegrityError when it breaks a unique constraint."""
        self.db.execute(insert_sql(table, tuple(values)), tuple(values.values()))

    def update(self, table: str, row_id: str, **values: Any) -> None:
        """Changes columns of the row whose `id` is `row_id`."""
        sets = ", ".join(f"{name} = ?" for name in values)
        self.db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*values.values(), row_id))

    def partial_files(self) -> int:
        """Files of uploads that did not come to an end."""
        return sum(1 for _ in self.partial.iterdir())

    def close(self) -> None:
        """Closes the database."""
        self.db.close()


def insert_sql(table: str, columns: Iterable[str]) -> str:
    """The statement that adds one row."""
    names = list(columns)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def new_id() -> str:
    """A fresh UUID of version 4."""
    return str(uuid.uuid4())


def iso(moment: datetime) -> str:
    """A moment as JavaScript writes it: `2021-03-04T05:06:07.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def now() -> str:
    """The present moment, as `iso` writes it."""
    return iso(datetime.now(UTC))
