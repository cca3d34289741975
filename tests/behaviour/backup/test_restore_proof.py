# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a backup by a restore, with a real PostgreSQL of this machine."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import binaries, dump_sql, keeper, scratch_cluster
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import restore_proof as proof
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification.compare import ExpectedStatistics
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors
from support.dumps import checksum, statistics, write_dump
from support.waiting import wait_until

pytestmark = pytest.mark.check


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A folder with a short name, for PostgreSQL's socket."""
    folder = Path(scratch_folder())
    yield folder
    shutil.rmtree(folder)


def scratch_folder() -> str:
    folder = tempfile.mkdtemp(prefix="proof-", dir="/var/tmp")
    os.chmod(folder, 0o711)
    return folder


@pytest.fixture(scope="module")
def database(scratch: Path) -> Iterator[proof.Database]:
    """An empty database of the user's, on a server that the tests share."""
    found = binaries.find_binaries(None, 13, ())
    with keeper.Keeper() as cleaner, scratch_cluster.ScratchCluster(found, str(scratch), "nobody", cleaner) as cluster:
        cluster.prepare_database([])
        yield proof.Database("proof", host=cluster.socket_folder, user="proof", password="s3cret-pw")


def prove(path: Path, before: Any = None, after: Any = None, folder: str = "/var/tmp", **options: Any) -> proof.Result:
    with keeper.Keeper() as cleaner:
        return proof.prove(
            proof.ProofOptions(str(path), folder, "nobody", expected=ExpectedStatistics.of(before, after), **options), cleaner
        )


def test_a_dump_is_restored_by_a_server_of_its_own(tmp_path: Path, scratch: Path) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz")
    result = prove(dump, statistics(), statistics(sample={1: checksum(1), 2: checksum(2)}), str(scratch))
    assert result["differences"] == []
    assert result["proven"] is True
    assert {name: result["counts"][name] for name in ("users", "assets", "albums", "immich_version")} == {
        "users": 2,
        "assets": 13,
        "albums": 2,
        "immich_version": "3.1.0",
    }
    assert result["left_out"] == ["clip_index"]
    assert list(scratch.iterdir()) == []


def test_proof_accepts_counts_between_before_and_after(tmp_path: Path, database: proof.Database) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz")
    result = prove(dump, statistics(photos=7), statistics(photos=9, videos=5), database=database)
    assert result["proven"] is True
    result = prove(dump, statistics(photos=9), statistics(photos=9, sample={1: checksum(2), 77: checksum(77)}), database=database)
    assert result["proven"] is False
    assert [line.partition(" of the user")[0] for line in result["differences"][:2]] == ["photos", "usage"]
    assert result["differences"][0].endswith(": 8, and not 9.")
    assert [line.rpartition(") ")[2] for line in result["differences"][2:]] == ["has another checksum.", "is missing."]


def test_line_end_of_unicode_in_a_path_is_no_end(tmp_path: Path, database: proof.Database) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz", replaced(b"/data/1.jpg", "/data/1\u2028\x85.jpg".encode()))
    assert prove(dump, statistics(sample={1: checksum(1)}), database=database)["differences"] == []


def test_nothing_stays_in_the_users_database(tmp_path: Path, database: proof.Database) -> None:
    for _run in range(2):  # what the first one left would be in the way of the second
        assert prove(write_dump(tmp_path / "dump.sql.gz"), database=database)["counts"]["users"] == 2


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text.replace(old, new)


BAD_DUMPS = {
    "cut": (replaced(b"-- PostgreSQL database dump complete", b""), "ends before its end"),
    "a shell command": (replaced(b"ALTER TABLE ONLY", b"\\! touch /tmp/x\nALTER TABLE ONLY"), "has a command for psql"),
    "a shell command in a line": (replaced(b"GRANT ALL ON", b"SELECT 1 \\! touch /tmp/x\nGRANT ALL ON"), "has a statement in it"),
    "a row too much": (replaced(b"\n\\.\n", b"\nx\ty\tz\n\\.\n"), "cannot be restored. PostgreSQL says: "),
    "a row of nobody": (replaced(b"COPY public.asset ", b"COPY public.assets "), "cannot be restored. PostgreSQL says: "),
    "another program's": (replaced(b'public."user"', b'public."account"'), "is not one of Immich: it has no table"),
    "a whole server": (replaced(b"SET statement", b"CREATE ROLE immich;\nSET statement"), "holds a whole PostgreSQL server"),
    "no dump": (lambda _text: b"<html>", "is not a dump that pg_dump has written"),
    "empty": (lambda _text: b"", "is not a dump that pg_dump has written"),
    "of a later PostgreSQL, at the user's": (replaced(b"vchord ", b"cubes "), "lacks the extension cubes"),
}


@pytest.mark.parametrize("name", BAD_DUMPS)
def test_proof_of_bad_dump_fails(tmp_path: Path, database: proof.Database, name: str) -> None:
    change, message = BAD_DUMPS[name]
    dump = write_dump(tmp_path / "dump.sql.gz", change)
    with pytest.raises(errors.LocalFailure) as failed:
        prove(dump, database=database)
    assert message in failed.value.msg
    assert "s3cret-pw" not in failed.value.msg
    assert prove(write_dump(dump), database=database)["proven"] is True


@pytest.mark.parametrize(
    ("change", "message"), [(lambda packed: packed[:-40], "is cut"), (lambda packed: packed[:200] + b"xx" + packed[202:], "is damaged")]
)
def test_a_damaged_file_is_said(tmp_path: Path, database: proof.Database, change: Callable[[bytes], bytes], message: str) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz")
    dump.write_bytes(change(dump.read_bytes()))
    with pytest.raises(errors.LocalFailure, match=message):
        prove(dump, database=database)


def test_proof_names_missing_programs_and_extensions(tmp_path: Path, database: proof.Database) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz")
    with pytest.raises(errors.LocalFailure, match=r"cannot be used: .*nowhere"):
        prove(dump, database=replace(database, name="nowhere"))
    later = write_dump(tmp_path / "later.sql.gz", replaced(b"database version 14.18", b"database version 99.1"))
    with pytest.raises(errors.LocalFailure, match=r"no PostgreSQL of that version or a later one .*apt install postgresql-99"):
        prove(later)
    vectors = write_dump(tmp_path / "vectors.sql.gz", replaced(b"vchord ", b"vectors "))
    with pytest.raises(errors.LocalFailure, match=r"pgvecto\.rs"):
        prove(vectors)
    unknown = write_dump(tmp_path / "unknown.sql.gz", replaced(b"vchord ", b"cubes "))
    with pytest.raises(errors.LocalFailure, match="needs the extension cubes, which PostgreSQL"):
        prove(unknown)


def _prove_slowly(folder: str, dump: str) -> None:
    os.setpgid(0, 0)
    prove_lines = dump_sql.statements

    def slowly(*arguments: Any, **options: Any) -> Iterator[bytes]:
        for line in prove_lines(*arguments, **options):
            yield line
            if line.startswith(b"COPY"):
                signal.pause()

    dump_sql.statements = slowly
    prove(Path(dump), folder=folder)


def test_nothing_is_left_when_the_module_is_killed(tmp_path: Path, scratch: Path) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz")
    proving = multiprocessing.get_context("fork").Process(target=_prove_slowly, args=(str(scratch), str(dump)))
    before = set(scratch.iterdir())
    proving.start()

    def pid_files() -> list[Path]:
        # PostgreSQL makes the file first, and writes its number then.
        files = [folder / "data" / "postmaster.pid" for folder in set(scratch.iterdir()) - before]
        return [file for file in files if file.exists() and file.read_text().count("\n")]

    wait_until(lambda: pid_files() != [] or not proving.is_alive())
    (pid_file,) = pid_files()
    folder, server = pid_file.parent.parent, int(pid_file.read_text().splitlines()[0])
    assert proving.pid is not None
    os.killpg(proving.pid, signal.SIGKILL)
    proving.join()
    wait_until(lambda: not folder.exists())
    assert not Path(f"/proc/{server}").exists() or "Z" in Path(f"/proc/{server}/stat").read_text().split()


def test_proof_deletes_remains_of_killed_proof(tmp_path: Path, scratch: Path) -> None:
    folder = scratch / "immich-proof-old"
    (folder / "data").mkdir(parents=True)
    os.utime(folder, (0, 0))
    other = scratch / "immich-proofs"
    other.touch()
    keeper.delete_remains(str(scratch))
    assert not folder.exists()
    assert other.exists()
