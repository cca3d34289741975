# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dump may have in it, before PostgreSQL sees any of it."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import dump_sql
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors
from support.dumps import TAIL
from support.dumps import dump_sql as honest_dump

PLACE = "\nGRANT ALL ON"
"""Where a statement ends and another one begins."""
assert PLACE in TAIL

HONEST = {
    "function": "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $_$\nBEGIN\n  COMMIT; \\! touch x\nEND;\n$_$;",
    "comment on two lines": "COMMENT ON TABLE public.asset IS 'it''s; a\nCOMMIT;\n\\! touch x';",
    "backslash in a text": "ALTER TABLE public.asset ADD CONSTRAINT c CHECK (type ~ '^\\d+$');",
    "escaped text": "ALTER TABLE public.asset ADD CONSTRAINT c CHECK (type <> E'\\'; COMMIT;\\\\');",
    "quoted name": 'CREATE TABLE public."a""; COMMIT; --" (a$b$ text);',
    "comments": "-- COMMIT;\n/* COMMIT; /* \\! */ COMMIT; */",
    "cast": "ALTER TABLE public.asset ALTER type SET DEFAULT 'x'::text;",
    "sequence": "SELECT pg_catalog.setval('public.\"Audit_id_seq\"', 12, true);",
    "settings": "SET default_tablespace = '';\nSET search_path = public, pg_catalog;",
    "no columns": "COPY public.nothing  FROM stdin;\n\\.",
    "rows": 'COPY public.asset (id, "a b") FROM stdin;\nCOMMIT;\t1\n\\\\.\\n\\! x\t2\n\\.',
    "carriage return in a row": "COPY public.asset (id) FROM stdin;\n1\r\n\\.",
}

HOSTILE = {
    "end of the transaction": "COMMIT;",
    "end behind a statement": "DROP TABLE IF EXISTS public.x; COMMIT AND CHAIN;",
    "end in lower case": "end;",
    "savepoint": "SAVEPOINT x;",
    "block": "DO $$ BEGIN LOOP RAISE NOTICE 'x'; END LOOP; END $$;",
    "call": "CALL public.x();",
    "sleep": "SELECT pg_catalog.pg_sleep(1e9);",
    "many rows": "SELECT repeat('x', 1000) FROM generate_series(1, 2000000);",
    "insert": "INSERT INTO public.album SELECT;",
    "program": "COPY public.asset (id) FROM PROGRAM 'touch x' -- ) FROM stdin;",
    "program behind columns": "COPY public.asset (id) FROM PROGRAM 'touch x'; -- (id) FROM stdin;",
    "role": "SET ROLE postgres;",
    "other strings": "SET standard_conforming_strings = off;",
    "other characters": "SET client_encoding = 'SJIS';",
    "text in a setting": "SET search_path = ';\nCOMMIT; --';",
    "command in a line": "DROP TABLE IF EXISTS public.x; \\! touch x",
    "command in a statement": "DROP TABLE \\! touch x\n;",
    "rows in a comment": "/*\nCOPY public.asset (id) FROM stdin;\n*/\n\\! touch x\n\\.",
    "rows in a statement": "CREATE TABLE public.x (\nCOPY public.asset (id) FROM stdin;\n\\! touch x\n\\.",
    "rows in parentheses": "CREATE TABLE public.x (a;\nCOPY public.asset (id) FROM stdin;\n); COMMIT;\n\\.",
    "end of rows of Windows": "COPY public.asset (id) FROM stdin;\n\\.\r\nCOMMIT;\n\\.",
    "function without a quote": "CREATE FUNCTION public.f() RETURNS int BEGIN ATOMIC SELECT 1;",
    "quote behind a backslash": "COMMENT ON TABLE public.asset IS 'a\\' '; COMMIT; -- ';",
    "escaped text on two lines": "COMMENT ON TABLE public.asset IS E'a'\n'b\\' '; COMMIT; -- ';",
    "comment that a carriage return ends": "-- a\rCOMMIT;",
    "number with a dollar": "ALTER TABLE public.x ALTER a SET DEFAULT 1$$ ' $$; COMMIT; -- ';",
    "variable of psql": "ALTER TABLE public.x RENAME TO :x$$ ' $$; COMMIT; -- ';",
    "name with a dollar": "ALTER TABLE public.x RENAME TO a$$; COMMIT; -- $$;",
    "other dollar quote": "COMMENT ON TABLE public.x IS $a$ $b$ $a$; COMMIT; -- $b$;",
    "comment within a comment": "/* /* */ */ COMMIT;",
    "zero byte": "COMMENT ON TABLE public.x IS '\0';",
    "zero byte in a row": "COPY public.asset (id) FROM stdin;\n\0\n\\.",
    "long line": "-- " + "x" * (20 << 20),
}


def read(path: Path, text: str) -> bytes:
    """The statements that go to psql for a dump with this text in it."""
    path.write_text(honest_dump().replace(PLACE, f"\n{text}{PLACE}"), newline="")
    dump_sql.read_head(str(path))
    return b"".join(dump_sql.statements(str(path), dump_sql.DumpContents(), keep_search_indexes=True))


@pytest.mark.parametrize("name", HONEST)
def test_statement_of_pg_dump_is_passed_on_as_written(tmp_path: Path, name: str) -> None:
    assert f"\n{HONEST[name]}\n".encode() in read(tmp_path / "dump.sql", HONEST[name])


@pytest.mark.parametrize("name", HOSTILE)
def test_dump_with_hostile_statement_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.LocalFailure) as caught:
        read(tmp_path / "dump.sql", HOSTILE[name])
    assert len(caught.value.msg) < 400
    assert caught.value.msg.isprintable()


SAYS_VERSION = b"-- Dumped from database version 17.5\n"
HEADS = {
    "version of 5,000 digits": b"-- Dumped from database version " + b"9" * 5000 + b"\n",
    "300,000 extensions": SAYS_VERSION
    + b"".join(b'CREATE EXTENSION IF NOT EXISTS "e%d" WITH SCHEMA public;\n' % n for n in range(300_000)),
    "endless line": SAYS_VERSION + b"\0" * 50_000_000,
    "endless head": SAYS_VERSION + (b"--" + b" " * 10_000 + b"\n") * 2_000,
}


@pytest.mark.parametrize("name", HEADS)
def test_dump_with_malformed_head_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "dump.sql.gz"
    path.write_bytes(gzip.compress(HEADS[name], 1))
    tracemalloc.start()
    try:
        with pytest.raises(errors.LocalFailure):
            dump_sql.read_head(str(path))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_row_of_any_length_comes_in_pieces(tmp_path: Path) -> None:
    row = "x" * 300_000
    path = tmp_path / "dump.sql"
    path.write_text(honest_dump().replace(PLACE, f"\nCOPY public.asset (id) FROM stdin;\n{row}\\.\n\\.\n{PLACE}"))
    pieces = list(dump_sql.statements(str(path), dump_sql.DumpContents(), keep_search_indexes=True))
    assert max(map(len, pieces)) < 100_000
    assert f"\n{row}\\.\n\\.\n".encode() in b"".join(pieces)


def test_dump_must_be_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(errors.LocalFailure, match=f"{path} cannot be read: it is not a regular file"):
            dump_sql.read_head(str(path))
