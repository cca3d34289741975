# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of a small database that has some of Immich's tables, written as pg_dump writes them. It names an old PostgreSQL."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ANNA, BEN = ("00000000-0000-4000-8000-00000000000" + number for number in "12")
RESTRICT = "WmGzVrLrbyY9Xkq2"

HEAD = f"""--
-- PostgreSQL database dump
--

\\restrict {RESTRICT}

-- Dumped from database version 14.18 (Debian 14.18-1.pgdg120+1)
-- Dumped by pg_dump version 14.18 (Debian 14.18-1.pgdg120+1)

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET client_min_messages = warning;

DROP INDEX IF EXISTS public.clip_index;
DROP TABLE IF EXISTS public.asset;
DROP EXTENSION IF EXISTS vchord;

CREATE EXTENSION IF NOT EXISTS vchord WITH SCHEMA public;
COMMENT ON EXTENSION vchord IS 'indexes for vectors';

CREATE TABLE public."user" (
    id uuid NOT NULL,
    name character varying NOT NULL,
    "deletedAt" timestamp with time zone
);
ALTER TABLE public."user" OWNER TO immich;

CREATE TABLE public.asset (
    id uuid NOT NULL,
    "ownerId" uuid NOT NULL,
    type character varying NOT NULL,
    visibility character varying NOT NULL,
    "libraryId" uuid,
    "deletedAt" timestamp with time zone,
    checksum bytea NOT NULL,
    "originalPath" character varying NOT NULL
);
ALTER TABLE public.asset OWNER TO immich;

CREATE TABLE public.asset_exif (
    "assetId" uuid NOT NULL,
    "fileSizeInByte" bigint
);

CREATE TABLE public.album (
    id uuid NOT NULL,
    "albumName" character varying,
    "deletedAt" timestamp with time zone
);

CREATE TABLE public.version_history (
    version character varying NOT NULL,
    "createdAt" timestamp with time zone NOT NULL
);

"""

TAIL = f"""
CREATE INDEX clip_index ON public.asset USING vchordrq (checksum) WITH (options='residual_quantization = false
[build.internal]
lists = [1];
spherical_centroids = true');

ALTER TABLE ONLY public."user"
    ADD CONSTRAINT user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.asset
    ADD CONSTRAINT asset_owner_fkey FOREIGN KEY ("ownerId") REFERENCES public."user"(id);

GRANT ALL ON TABLE public.asset TO reader;

--
-- PostgreSQL database dump complete
--

\\unrestrict {RESTRICT}

"""


def asset_id(number: int) -> str:
    """The id of the asset of this number."""
    return f"00000000-0000-4000-8000-{number:012x}"


def checksum(number: int) -> str:
    """Its checksum, in hex."""
    return hashlib.sha1(b"%d" % number).hexdigest()


def dump_sql(*, assets: int = 12, albums: int = 2, version: str = "3.1.0") -> str:
    """Anna has the assets, of 100 bytes each, every third a video; one more is in the trash. Ben has nothing, and a name in the way."""
    kinds = ["VIDEO" if number % 3 == 0 else "IMAGE" for number in range(assets)]
    rows = [[asset_id(n), ANNA, kind, "timeline", "\\N", "\\N", _bytes(n), f"/data/{n}.jpg"] for n, kind in enumerate(kinds)]
    rows.append([asset_id(9999), ANNA, "IMAGE", "timeline", "\\N", "2026-01-01 00:00:00+00", _bytes(9999), "/data/trash.jpg"])
    tables = [
        _copy('"user"', 'id, name, "deletedAt"', [[ANNA, "Anna", "\\N"], [BEN, "GRANT OWNER TO \\\\restrict", "\\N"]]),
        _copy("asset", 'id, "ownerId", type, visibility, "libraryId", "deletedAt", checksum, "originalPath"', rows),
        _copy("asset_exif", '"assetId", "fileSizeInByte"', [[row[0], "100"] for row in rows]),
        _copy("album", 'id, "albumName", "deletedAt"', [[asset_id(n), f"Album {n}", "\\N"] for n in range(albums)]),
        _copy("version_history", 'version, "createdAt"', [[version, "2026-01-01 00:00:00+00"]]),
    ]
    return HEAD + "\n".join(tables) + TAIL


def write_dump(path: Path, change: Callable[[bytes], bytes] = bytes, **content: Any) -> Path:
    """Writes the dump, packed; `change` is applied to its text."""
    path.write_bytes(gzip.compress(change(dump_sql(**content).encode()), mtime=0))
    return path


def statistics(*, photos: int = 8, videos: int = 4, sample: Mapping[int, str] | None = None) -> dict[str, Any]:
    """The statistics of the server of that dump. `sample`: number of an asset → its SHA-1."""
    by_user = {
        ANNA: {"photos": photos, "videos": videos, "usage": 100 * (photos + videos)},
        BEN: {"photos": 0, "videos": 0, "usage": 0},
    }
    taken = [{"id": asset_id(number), "checksum": sha1, "name": f"{number}.jpg"} for number, sha1 in (sample or {}).items()]
    return {"server": {"by_user": by_user}, "sample": taken}


def _copy(table: str, columns: str, rows: list[list[str]]) -> str:
    lines = ["\t".join(row) for row in rows]
    return "\n".join([f"COPY public.{table} ({columns}) FROM stdin;", *lines, "\\.\n"])


def _bytes(number: int) -> str:
    return f"\\\\x{checksum(number)}"


def slowly(text: bytes) -> bytes:
    """The dump with a table whose check takes ten minutes for its row."""
    table = b"""
CREATE FUNCTION public.slow() RETURNS boolean LANGUAGE sql AS $$ SELECT true FROM pg_catalog.pg_sleep(600) $$;
CREATE TABLE public.slow (
    a integer CONSTRAINT slow CHECK (public.slow())
);
COPY public.slow (a) FROM stdin;
1
\\.

"""
    return text.replace(b"\nGRANT ALL ON", table + b"\nGRANT ALL ON")
