# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other users of the host, and dumps that somebody made for it, get from a proof: nothing."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import (
    binaries,
    keeper,
    psql,
    scratch_cluster,
    statement_check,
)
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import restore_proof as proof
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification.compare import ExpectedStatistics
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification.counting_sql import read_answer
from ansible_collections.photoyard.immich.plugins.module_utils._client import errors
from support.dumps import slowly, statistics, write_dump
from support.waiting import wait_until

pytestmark = pytest.mark.check

OTHER_USERS = ("nobody", "daemon") if os.geteuid() == 0 else ()
"""Users whose processes a test that runs as root can start. The first is the one who runs the server."""


STATEMENTS = (*statement_check._STATEMENTS, b"COMMIT", b"START", b"SELECT")
"""What passes where the check is made to fail."""


def postgres(program: str) -> Path:
    """The path of a program of PostgreSQL."""
    return Path(binaries.find_binaries(None, 13, ()).folder) / program


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A folder with a short name, as everybody's /var/tmp."""
    with tempfile.TemporaryDirectory(prefix="proof-", dir="/var/tmp") as folder:
        os.chmod(folder, 0o1777)
        yield Path(folder)


@pytest.fixture(scope="module")
def database() -> Iterator[proof.Database]:
    """An empty database of the user's."""
    found = binaries.find_binaries(None, 13, ())
    with keeper.Keeper() as cleaner, scratch_cluster.ScratchCluster(found, "/var/tmp", "nobody", cleaner) as cluster:
        cluster.prepare_database([])
        yield proof.Database("proof", host=cluster.socket_folder, user="proof")


def prove(path: Path, **options: Any) -> proof.Result:
    expected = ExpectedStatistics.of(statistics(), statistics())
    with keeper.Keeper() as cleaner:
        return proof.prove(proof.ProofOptions(str(path), user="nobody", expected=expected, **{"folder": "/var/tmp", **options}), cleaner)


def added(text: str) -> Callable[[bytes], bytes]:
    return lambda dump: dump.replace(b"\nGRANT ALL ON", b"\n%s\nGRANT ALL ON" % text.encode())


def run_as(user: str, *command: str) -> subprocess.CompletedProcess[str]:
    account = pwd.getpwnam(user)
    identity: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **identity)


def servers(folder: Path) -> list[int]:
    """The processes of the server whose folder that is, and its psql."""
    ids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    lines = {pid: _read(Path(f"/proc/{pid}/cmdline")) for pid in ids}
    main = [pid for pid, line in lines.items() if str(folder).encode() in line]
    return main + [pid for pid in ids if any(f"\nPPid:\t{one}\n".encode() in _read(Path(f"/proc/{pid}/status")) for one in main)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_other_users_get_nothing_from_a_proof(tmp_path: Path, scratch: Path) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz", slowly)
    proving = multiprocessing.get_context("fork").Process(target=prove, args=(dump,), kwargs={"folder": str(scratch)})
    proving.start()
    wait_until(lambda: any(scratch.glob("*/run/.s.PGSQL.5432")))
    (folder,) = scratch.iterdir()
    wait_until(lambda: any(b"COPY" in _read(Path(f"/proc/{pid}/cmdline")) for pid in servers(folder)))
    processes = servers(folder)
    for user in OTHER_USERS:
        for command in (
            ("ls", str(folder)),
            ("ls", str(folder / "run")),
            ("cat", str(folder / "data" / "PG_VERSION")),
            ("touch", str(folder / "x")),
            ("chmod", "777", str(folder)),
            (str(postgres("psql")), "-h", str(folder / "run"), "-U", "postgres", "-c", "SELECT 1", "proof"),
            *(("cat", f"/proc/{pid}/environ") for pid in processes),
            *(("ls", f"/proc/{pid}/cwd/") for pid in processes),
            *(("cat", str(path)) for pid in processes for path in Path(f"/proc/{pid}/fd").iterdir()),
        ):
            ran = run_as(user, *command)
            assert (ran.returncode != 0, ran.stdout) == (True, ""), (user, command)
            assert "ermission denied" in ran.stderr or "not permitted" in ran.stderr
    about = folder.stat()
    assert (about.st_uid, about.st_mode & stat.S_IRWXO) == (os.geteuid(), 0)
    assert not any(b"/dev/shm/PostgreSQL" in _read(Path(f"/proc/{pid}/maps")) for pid in processes)
    proving.terminate()
    proving.join()
    wait_until(lambda: not folder.exists())


def plant_fifo(place: Path) -> None:
    os.mkfifo(place)


def plant_endless_file(place: Path) -> None:
    place.symlink_to("/dev/zero")


def plant_long_number(place: Path) -> None:
    place.write_text("9" * 100_000)


@pytest.mark.parametrize("plant", [plant_fifo, plant_endless_file, plant_long_number])
@pytest.mark.parametrize("owner", [os.geteuid(), *(pwd.getpwnam(user).pw_uid for user in OTHER_USERS)])
def test_planted_folder_stops_no_proof(scratch: Path, plant: Callable[[Path], None], owner: int) -> None:
    data = scratch / "immich-proof-x" / "data"
    data.mkdir(parents=True)
    plant(data / "postmaster.pid")
    for path in (data, data.parent):
        os.chown(path, owner, -1)
        os.utime(path, (0, 0))
    keeper.delete_remains(str(scratch))
    assert data.exists() == (owner != os.geteuid())  # another user's folder is left alone
    subprocess.run(["rm", "-rf", str(data.parent)], check=True)


@pytest.mark.parametrize("argument", ["immich-proof-a-longer-name/data", "immich-proof-/data/more", "immich-proof-"])
def test_server_of_another_proof_is_not_ended(scratch: Path, argument: str) -> None:
    data = scratch / "immich-proof-" / "data"
    data.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "input()", "-D", str(scratch / argument)], stdin=subprocess.PIPE) as other:
        (data / "postmaster.pid").write_text(f"{other.pid}\n")
        os.utime(data.parent, (0, 0))
        keeper.delete_remains(str(scratch))
        assert other.poll() is None
        assert not data.exists()
        other.communicate(b"\n")
    assert other.returncode == 0


def test_end_of_the_transaction_is_not_proven(tmp_path: Path, database: proof.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz", lambda text: text.replace(b"\nDROP INDEX", b"\nCOMMIT;\nSTART TRANSACTION;\nDROP INDEX", 1))
    with pytest.raises(errors.LocalFailure, match=r"has a statement in it \('COMMIT;'\)"):
        prove(dump, database=database)
    monkeypatch.setattr(statement_check, "_STATEMENTS", STATEMENTS)
    for where in (database, None):
        with pytest.raises(errors.LocalFailure, match="ends the transaction in which it is restored") as caught:
            prove(dump, database=where)
        assert ("in the database proof: make that anew" in caught.value.msg) == (where is not None)


def test_user_with_rights_beyond_the_database_is_refused(tmp_path: Path, database: proof.Database) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz")

    def as_superuser(command: str) -> None:
        subprocess.run([postgres("psql"), "-h", str(database.host), "-U", "postgres", "-qc", command, "proof"], check=True)

    with pytest.raises(errors.LocalFailure) as caught:
        prove(dump, database=replace(database, user="postgres"))
    assert caught.value.details == {"rights": "superuser"}
    for right, revoked in (("createrole", "ALTER ROLE proof NOCREATEROLE"), ("pg_execute_server_program", "REVOKE {} FROM proof")):
        as_superuser("ALTER ROLE proof CREATEROLE" if right == "createrole" else f"GRANT {right} TO proof")
        with pytest.raises(errors.LocalFailure) as caught:
            prove(dump, database=database)
        assert caught.value.details == {"rights": right}
        as_superuser(revoked.format(right))
    assert prove(dump, database=database)["proven"]


@pytest.mark.parametrize("version", ["15.13", "17.5", "12.22", "14.18", "none"])
def test_proof_refuses_unsafe_psql_version(tmp_path: Path, database: proof.Database, version: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("initdb", "postgres", "pg_config"):
        if postgres(name).exists():
            (programs / name).symlink_to(postgres(name))
    (programs / "psql").write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "psql (PostgreSQL) {version}" || touch {tmp_path}/ran\n')
    (programs / "psql").chmod(0o755)
    for where in (database, None):
        with pytest.raises(errors.LocalFailure) as caught:
            prove(write_dump(tmp_path / "dump.sql.gz"), binaries=str(programs), database=where)
        assert caught.value.details == {"psql": version if version != "none" else "0.0"}
        assert "13.22, 14.19, 15.14, 16.10, 17.6" in caught.value.msg
    assert not (tmp_path / "ran").exists()


def activity(database: proof.Database) -> str:
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'proof'"
    command = [str(postgres("psql")), "-h", str(database.host), "-U", "postgres", "-Atc", query, "postgres"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout.strip()


def test_endless_dump_is_ended_by_the_timeout(tmp_path: Path, scratch: Path, database: proof.Database) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz", slowly)
    for options in ({"database": database}, {"folder": str(scratch)}):
        with pytest.raises(errors.Timeout, match=r"5 seconds\. .* raise timeout"):
            prove(dump, timeout=5, **options)
    wait_until(lambda: activity(database) == "0")
    assert list(scratch.iterdir()) == []


def in_a_check(body: str) -> Callable[[bytes], bytes]:
    """A dump in which PostgreSQL runs this for a row."""
    return added(
        f"CREATE FUNCTION public.f() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN {body} RETURN true; END $$;\n"
        "CREATE TABLE public.x (\n    a integer CHECK (public.f())\n);\nCOPY public.x (a) FROM stdin;\n1\n\\.\n"
    )


def test_proof_ends_before_the_disk_is_full(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_dump(tmp_path / "dump.sql.gz", slowly)
    monkeypatch.setattr(scratch_cluster, "disk_space", lambda folder: (0 if folder == str(scratch) else 1 << 40, 1 << 40))
    with pytest.raises(errors.LocalFailure) as failed:
        prove(path, folder=str(scratch), timeout=60)
    assert failed.value.kind == "local"
    assert f"the disk of {scratch} has less than" in failed.value.msg
    assert os.listdir(scratch) == []
    assert not servers(scratch)


def test_proof_ends_dump_with_too_much_output(tmp_path: Path, database: proof.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz", in_a_check("LOOP RAISE WARNING '%', repeat('x', 10000); END LOOP;"))
    monkeypatch.setattr(psql, "_MOST_OUTPUT", 1 << 20)
    with pytest.raises(errors.LocalFailure, match="makes psql say more than 1048576 bytes"):
        prove(dump, database=database)
    wait_until(lambda: activity(database) == "0")


@pytest.mark.long
def test_large_answer_takes_no_memory_of_the_host(tmp_path: Path, database: proof.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = write_dump(tmp_path / "dump.sql.gz", added("SELECT repeat('x', 100000) FROM generate_series(1, 100000);"))
    monkeypatch.setattr(statement_check, "_STATEMENTS", STATEMENTS)
    monkeypatch.setattr(psql, "_PSQL_MEMORY", 200 << 20)
    with pytest.raises(errors.LocalFailure, match="out of memory"):
        prove(dump, database=database)


def test_functions_of_a_dump_do_not_count(tmp_path: Path, database: proof.Database) -> None:
    text = "SET search_path = public, pg_catalog;\n" + "\n".join(
        f"CREATE FUNCTION public.{name} RETURNS {kind} LANGUAGE sql AS $$ SELECT {value} $$;"
        for name, kind, value in (
            ("replace(text, text, text)", "text", "repeat('[', 100000)"),
            ("json_build_object(variadic text[])", "json", "'{}'::json"),
            ("txid_current()", "bigint", "1::bigint"),
            ("chr(integer)", "text", "NULL::text"),
        )
    )
    assert prove(write_dump(tmp_path / "dump.sql.gz", added(text)), database=database)["proven"]


@pytest.mark.parametrize(
    "answer",
    [
        *("[" * 100_000, "{", "[]", "null", "{}", '{"assets": "x"}', '{"assets": 1, "by_user": [], "sample": {"x": 1}}', "9" * 5000, "NaN"),
        *('{"assets": 1, "by_user": {"x": {"photos": []}}, "sample": null}', '{"assets": 1e999, "by_user": null, "sample": null}'),
    ],
    ids=lambda text: text[:12],
)
def test_answer_of_another_shape_is_refused(answer: str) -> None:
    with pytest.raises(errors.LocalFailure, match="is not one of Immich"):
        read_answer(answer)


def test_proof_refuses_invalid_timeout() -> None:
    for seconds in (0, -1, float("nan"), 1e9):
        with pytest.raises(errors.InvalidRequest, match="timeout must be more than 0"):
            proof.ProofOptions("x", "/var/tmp", "nobody", timeout=seconds)
