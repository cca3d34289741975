# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives of tar, plain and compressed, sound and damaged, as far as they are listed."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.photoyard.immich.plugins.module_utils._files.archives.tars import HeaderReader
from support.collection import LocalFailure
from support.examples import examples

from .listing import Archives, read

PICTURE = bytes(range(256)) * 16
KINDS = ["a.tar", "a.tgz", "a.tar.gz", "A.TGZ"]
CUT = "it ends in the middle"


def info(name: str, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    """A member; `fields` are those of TarInfo."""
    made = tarfile.TarInfo(name)
    made.size = len(content)
    for field, value in fields.items():
        setattr(made, field, value)
    return made, content


def tar_bytes(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for one, content in members:
            archive.addfile(one, io.BytesIO(content))
    return made.getvalue()


def packed(name: str, content: bytes) -> bytes:
    """The content, compressed unless the name ends in `.tar`."""
    return content if name.endswith(".tar") else gzip.compress(content, 1)


def contents(archives: Archives, name: str, content: bytes) -> dict[str, bytes]:
    """Name of each member of a tar archive → its SHA-1."""
    items = archives.items(name, packed(name, content))
    return {item.inner: item.sha1 or hashlib.sha1(read(item)).digest() for item in items}


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(
        st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=150).filter(
            lambda name: name not in (".", "..") and not (len(name) == 2 and name[1] == ":")
        ),
        st.binary(max_size=2000),
        max_size=6,
    ),
    form=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    kind=st.sampled_from(KINDS),
)
def test_tar_members_equal_those_written_by_tarfile(archives: Archives, files: dict[str, bytes], form: int, kind: str) -> None:
    made = tar_bytes(*[info(name, content) for name, content in files.items()], form=form)

    assert contents(archives, kind, made) == {name: hashlib.sha1(content).digest() for name, content in files.items()}
    assert archives.failures == []


def test_tar_item_has_path_size_and_identity(archives: Archives) -> None:
    _first, item = archives.items("t.tar", tar_bytes(info("first"), info("Takeout/a.jpg", b"picture", mtime=1_500_000_000.25)))

    path = str(archives.folder / "t.tar")
    assert (item.path, item.inner, item.name) == (path + ": Takeout/a.jpg", "Takeout/a.jpg", "a.jpg")
    assert (item.size, item.mtime_ns, item.crc, item.sha1) == (7, 1_500_000_000_250_000_000, None, b"")
    assert item.cache_key == path.encode() + b"\0Takeout/a.jpg"
    assert item.identity[:2] == (7, (archives.folder / "t.tar").stat().st_mtime_ns)
    assert not item.can_be_removed
    assert item.read(100) == b"picture"
    assert item.read(3) == b"pic"


@pytest.mark.parametrize("kind", KINDS[:2])
def test_tar_links_and_devices_are_left_out(archives: Archives, kind: str) -> None:
    made = tar_bytes(
        info("folder", type=tarfile.DIRTYPE),
        info("soft.jpg", type=tarfile.SYMTYPE, linkname="a.jpg"),
        info("hard.jpg", type=tarfile.LNKTYPE, linkname="a.jpg"),
        info("pipe", type=tarfile.FIFOTYPE),
        info("device", type=tarfile.CHRTYPE),
        info("sparse", pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": "99"}),
        info("a.jpg", b"picture"),
    )

    assert contents(archives, kind, made) == {"a.jpg": hashlib.sha1(b"picture").digest()}
    assert archives.skips == [
        (kind + ": soft.jpg", "link"),
        (kind + ": hard.jpg", "link"),
        (kind + ": pipe", "special file"),
        (kind + ": device", "special file"),
    ]
    [(path, message)] = archives.failures
    assert (path, "sparse" in message) == (kind + ": sparse", True)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x", "a/../../b"])
@pytest.mark.parametrize("kind", KINDS[:2])
def test_tar_member_with_unsafe_name_is_left_out(archives: Archives, name: str, kind: str) -> None:
    assert list(contents(archives, kind, tar_bytes(info(name, b"x"), info("./Fotos//a.jpg", b"x")))) == ["Fotos/a.jpg"]
    assert [path for path, _words in archives.failures] == [kind + ": " + name]


@pytest.mark.parametrize("kind", KINDS[:2])
def test_tar_members_with_same_name_are_two_items(archives: Archives, kind: str) -> None:
    items = archives.items(kind, packed(kind, tar_bytes(info("a", b"one"), info("a", b"two"), info("a", b"one"))))

    path = str(archives.folder / kind).encode()
    assert [item.cache_key for item in items] == [path + b"\0a", path + b"\0a\0" + b"1", path + b"\0a\0" + b"2"]
    assert len({item.identity for item in items}) == 3


@pytest.mark.parametrize("mtime", ["nan", "inf", "-inf", "1e300"])
def test_an_impossible_time_is_none(archives: Archives, mtime: str) -> None:
    (item,) = archives.items("t.tar", tar_bytes(info("a", b"x", pax_headers={"mtime": mtime})))

    assert item.mtime_ns == 0


WHOLE = tar_bytes(info("a.jpg", PICTURE), info("b.jpg", PICTURE), info("c.jpg", PICTURE))
MEMBER = 512 + len(PICTURE)


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("size", [2 * MEMBER + 600, 2 * MEMBER + 100, 2 * MEMBER, 2 * MEMBER + 512])
def test_cut_tar_gives_whole_members(archives: Archives, kind: str, size: int) -> None:
    assert list(contents(archives, kind, WHOLE[:size])) == ["a.jpg", "b.jpg"]
    assert [(path, CUT in message) for path, message in archives.failures] == [(kind, True)]


def test_a_truncated_tgz_gives_its_whole_members(archives: Archives) -> None:
    content = gzip.compress(WHOLE, 0)

    assert [item.inner for item in archives.items("a.tgz", content[: 2 * MEMBER + 1000])] == ["a.jpg", "b.jpg"]
    assert [item.inner for item in archives.items("b.tgz", content[:-4])] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [(path, CUT in message) for path, message in archives.failures] == [("a.tgz", True), ("b.tgz", True)]


@pytest.mark.parametrize("at", [700, len(WHOLE) - 100])
def test_of_a_damaged_compressed_archive_no_member_is_taken(archives: Archives, at: int) -> None:
    content = bytearray(gzip.compress(WHOLE, 0))
    content[at] ^= 1

    assert archives.items("a.tgz", bytes(content)) == []
    assert [path for path, _message in archives.failures] == ["a.tgz"]


@pytest.mark.parametrize("kind", KINDS[:2])
def test_damage_between_members_ends_the_archive(archives: Archives, kind: str) -> None:
    content = bytearray(WHOLE)
    content[MEMBER] ^= 1

    assert list(contents(archives, kind, bytes(content))) == ["a.jpg"]
    assert [path for path, _message in archives.failures] == [kind]


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize("content", [b"", b"<html>" * 200, b"PK\3\4", b"\1" * 512])
def test_malformed_tar_fails(archives: Archives, kind: str, content: bytes) -> None:
    assert contents(archives, kind, content) == {}
    assert [path for path, _message in archives.failures] == [kind]


def test_uncompressed_tgz_fails(archives: Archives) -> None:
    assert archives.items("a.tgz", b"<html>") == []
    assert "is damaged: it cannot be unpacked" in archives.failures[0][1]


@pytest.mark.parametrize("kind", KINDS[:2])
def test_an_empty_archive_has_no_items(archives: Archives, kind: str) -> None:
    assert contents(archives, kind, tar_bytes()) == {}
    assert archives.failures == []


def _long_names(depth: int) -> bytes:
    one = info("././@LongLink", b"x\0", type=b"L")
    return tar_bytes(*[one] * depth, form=tarfile.GNU_FORMAT)


def _header(kind: bytes, size: int) -> bytes:
    made = tarfile.TarInfo("x")
    made.type, made.size = kind, size
    return made.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", KINDS[:2])
@pytest.mark.parametrize(
    "bad",
    [
        _long_names(5000),  # nested as deep as there are
        _header(b"x", 2**35),  # would be read into memory
        _header(b"L", 2**33),
        _header(b"0", -512),  # leads back to itself
        _header(b"0", -(2**70)),
        _header(b"Z", -512),
        _header(b"S", 0)[:386] + b"\xff" * 126,
    ],
)
def test_tar_ends_at_deceiving_header(archives: Archives, kind: str, bad: bytes) -> None:
    good = tar_bytes(info("a.jpg", PICTURE))[:MEMBER]

    assert list(contents(archives, kind, good + bad + bytes(4096))) == ["a.jpg"]
    ((path, message),) = archives.failures
    assert path == kind
    assert "Download it again" in message


def test_tarfile_is_not_let_back() -> None:
    """A size below 0 made it loop for ever, up to Python 3.13.5 (CVE-2025-8194)."""
    reader = HeaderReader(io.BytesIO(WHOLE), 0)
    reader.seek(1000)

    with pytest.raises(LocalFailure, match="The archive is damaged"):
        reader.seek(999)


def test_tar_member_cut_while_read_fails(archives: Archives) -> None:
    """The archive became shorter while it was read."""
    (item,) = archives.items("a.tar", tar_bytes(info("a.jpg", PICTURE)))

    with item.open() as stream:
        with (archives.folder / "a.tar").open("r+b") as file:
            file.truncate(1000)
        with pytest.raises(LocalFailure, match="the archive was shortened"):
            stream.read()
