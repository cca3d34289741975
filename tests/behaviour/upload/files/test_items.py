# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipeline with items that are not files: it needs nothing of them but what `Item` offers."""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._files.base import Source
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import FilesRun, run_files
from ansible_collections.photoyard.immich.plugins.module_utils._upload import hashing
from ansible_collections.photoyard.immich.plugins.module_utils._upload.item_tally import CountAhead, ItemTally
from ansible_collections.photoyard.immich.plugins.module_utils._upload.pipeline import Pipeline, PipelineJob
from ansible_collections.photoyard.immich.plugins.module_utils._upload.run import UPLOAD
from immich_emulator.testing import Emulator
from support.collection import (
    ApiKey,
    Batch,
    Connection,
    ExportAlbum,
    Facts,
    FileChanged,
    Hooks,
    Immich,
    Item,
    LocalFailure,
    Organiser,
    Run,
    RunLines,
    UploadOptions,
)

from ..conftest import by_name, names, read_metadata, wait_until_no_part_is_left


class ForwardOnly(io.RawIOBase):
    """A stream that knows neither where it is nor a way back. At `broken_at` it turns out to be broken."""

    def __init__(self, content: bytes, broken_at: int | None) -> None:
        super().__init__()
        self.content, self.at, self.broken_at = content, 0, broken_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.broken_at is not None and self.at >= self.broken_at:
            raise LocalFailure("The member is broken.")
        block = self.content[self.at : self.at + len(buffer)]
        buffer[: len(block)] = block
        self.at += len(block)
        return len(block)


class Member(Item):
    """A file that lies nowhere, read from what a test says."""

    __slots__ = ("broken", "content_read", "opened", "stays")

    def __init__(self, name: str, content: bytes = b"", *, albums: tuple[ExportAlbum, ...] = ()) -> None:
        super().__init__(name)
        self.content_read = content or name.encode()
        self.broken: dict[int, int] = {}  # which opening yields a broken stream, and where it breaks
        self.opened: list[ForwardOnly] = []
        self.stays = True
        self.facts = Facts(albums=albums)

    @property
    def path(self) -> str:
        return f"/nas/part.zip: {self.name}"

    @property
    def inner(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        return len(self.content_read)

    @property
    def mtime_ns(self) -> int:
        return 1_600_000_000_000_000_000

    @property
    def cache_key(self) -> bytes:
        return b"/nas/part.zip\0" + self.name.encode()

    @property
    def identity(self) -> tuple[int, int, int]:
        return self.size, self.mtime_ns, 7

    def open(self) -> BinaryIO:
        self.require_unchanged()
        assert all(one.closed for one in self.opened)
        self.opened.append(ForwardOnly(self.content_read, self.broken.get(len(self.opened))))
        return self.opened[-1]  # type: ignore[return-value]  # a raw stream is one

    def open_seekable(self) -> BinaryIO:
        return io.BytesIO(self.content_read[: 1024 * 1024])

    def require_unchanged(self) -> None:
        if not self.stays:
            raise FileChanged("The archive changed.")

    def refresh(self) -> None:
        raise LocalFailure("The archive is another one now.")


class Members(Source):
    """A source of such items."""

    def __init__(self, *members: Member) -> None:
        self.members = members
        self.finished = 0

    def batches(self) -> Iterator[Batch]:
        yield list(self.members)

    def finish(self) -> None:
        self.finished += 1


@pytest.fixture
def from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no file be small enough to be held in memory."""
    monkeypatch.setattr(hashing, "SMALL", 0)


class Sending(PipelineJob):
    """Sends what a source has."""

    verb = UPLOAD

    def __init__(self, client: Immich, options: UploadOptions, source: Source) -> None:
        self.client = client
        self.options: UploadOptions = options
        self.tally = ItemTally(self.verb)
        self._source = source

    def check(self) -> None:
        pass

    def connect(self) -> None:
        pass

    def prepare(self, run: FilesRun) -> None:
        organiser = Organiser(self.client, self.options, {".jpg": "image", ".mp4": "video"}, self.tally, predicting=False)
        organiser.look_up()
        ahead = CountAhead(lambda _listener: self._source)
        self._pipeline = Pipeline(run, self.client, self.options, self._source, frozenset({".mp4"}), ahead, self.tally, organiser)

    def result(self) -> dict[str, Any]:
        return self.tally.result([], [])

    def lines(self) -> list[str]:
        return []


def send(server: Emulator, source: Source, **options: Any) -> ItemTally:
    """Uploads the items of a source, and returns the counts."""
    with closing(Immich(Connection(server.url, ApiKey(server.api_key), timeout=5.0, retries=2))) as client, Run("upload") as signals:
        job = Sending(client, UploadOptions(src=[], max_failures=10, **options), source)
        run_files(job, Hooks(signals, RunLines()), check_mode=False)
    return job.tally


def test_small_member_is_read_once_and_large_twice(server: Emulator) -> None:
    small, large = Member("small.jpg"), Member("large.jpg", bytes(3_000_000))
    source = Members(small, large)
    assert send(server, source).uploaded == 2
    assert [len(one.opened) for one in (small, large)] == [1, 2]
    assert {name: one["checksum"] for name, one in by_name(server).items()} == {
        one.name: hashlib.sha1(one.content_read).hexdigest() for one in (small, large)
    }
    assert source.finished == 1


@pytest.mark.usefixtures("from_disk")
def test_member_is_opened_for_each_attempt(server: Emulator) -> None:
    member = Member("a.jpg", bytes(range(256)) * 10_000)
    server.fault(method="POST", path="^/assets$", status=503, times=2)
    assert send(server, Members(member)).uploaded == 1
    assert len(member.opened) == 4  # to hash it, and for three attempts
    assert by_name(server)["a.jpg"]["checksum"] == hashlib.sha1(member.content_read).hexdigest()
    assert all(one.closed for one in member.opened)


@pytest.mark.usefixtures("from_disk")
def test_its_keywords_are_read_on_the_way(server: Emulator) -> None:
    keyword = b"\x1c\x02\x19\x00\x05beach"
    resources = b"8BIM\x04\x04\x00\x00" + len(keyword).to_bytes(4, "big") + keyword + b"\0" * (len(keyword) % 2)
    payload = b"Photoshop 3.0\0" + resources
    filler = b"\xff\xe2" + (65_000).to_bytes(2, "big") + bytes(64_998)
    jpeg = b"\xff\xd8" + filler + b"\xff\xed" + (len(payload) + 2).to_bytes(2, "big") + payload + b"\xff\xda" + bytes(1000)
    member = Member("a.jpg", jpeg)
    assert send(server, Members(member), tags=["Trip"]).uploaded == 1
    assert len(member.opened) == 2
    read_metadata(server)
    assert sorted(by_name(server)["a.jpg"]["tags"]) == ["Trip", "beach"]
    assert by_name(server)["a.jpg"]["checksum"] == hashlib.sha1(jpeg).hexdigest()


@pytest.mark.parametrize("opening", [0, 1])
def test_broken_member_fails_alone(server: Emulator, opening: int) -> None:
    bad, good = Member("bad.jpg", bytes(3_000_000)), Member("good.jpg")
    bad.broken[opening] = 2_000_000
    tally = send(server, Members(bad, good))
    assert [(failure["path"], failure["kind"]) for failure in tally.first_failures] == [("/nas/part.zip: bad.jpg", "local")]
    assert "member is broken" in tally.first_failures[0]["msg"]
    assert names(server) == ["good.jpg"]
    wait_until_no_part_is_left(server)


@pytest.mark.usefixtures("from_disk")
def test_archive_changed_between_attempts_is_not_read_further(server: Emulator) -> None:
    server.fault(method="POST", path="^/assets$", status=503)

    class Replaced(Member):
        __slots__ = ()

        def require_unchanged(self) -> None:
            self.stays = len(self.opened) < 2
            super().require_unchanged()

    tally = send(server, Members(Replaced("a.jpg", bytes(1000))))
    assert [(failure["path"], failure["kind"]) for failure in tally.first_failures] == [("/nas/part.zip: a.jpg", "local")]
    assert "another one now" in tally.first_failures[0]["msg"]
    assert names(server) == []
    wait_until_no_part_is_left(server)


def test_item_is_added_to_all_its_albums_with_descriptions(server: Emulator) -> None:
    rome, family = ExportAlbum("Rome", "Three days in May", "Rome/metadata.json"), ExportAlbum("Family", "", "x")
    both, one = Member("both.jpg", albums=(rome, family)), Member("one.jpg", albums=(family,))
    send(server, Members(both, one, Member("none.jpg")), album_from="folder")
    assert {name: sorted(one["albums"]) for name, one in by_name(server).items()} == {
        "both.jpg": ["Family", "Rome"],
        "one.jpg": ["Family"],
        "none.jpg": [],
    }
    assert {one["name"]: one["description"] for one in server.state()["albums"]} == {"Rome": "Three days in May", "Family": ""}


def test_album_option_adds_to_albums_of_export(server: Emulator) -> None:
    member = Member("a.jpg", albums=(ExportAlbum("Rome", "", "x"),))
    send(server, Members(member), album="A")
    assert sorted(by_name(server)["a.jpg"]["albums"]) == ["A", "Rome"]


def test_members_of_archives_are_not_deleted(server: Emulator) -> None:
    tally = send(server, Members(Member("a.jpg")), after_upload="delete")
    assert (tally.uploaded, tally.deleted, tally.failures) == (1, 0, 0)


def test_second_run_opens_no_member(server: Emulator, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    send(server, Members(Member("a.jpg"), Member("b.jpg", bytes(3_000_000))), checksum_cache=cache)
    again = Member("a.jpg"), Member("b.jpg", bytes(3_000_000))
    assert send(server, Members(*again), checksum_cache=cache).duplicates == 2
    assert [one.opened for one in again] == [[], []]


def test_failure_of_counted_file_is_not_counted_twice() -> None:
    """In check mode, a file that would be sent has no id, and is counted all the same."""
    item, tally = Member("a.jpg"), ItemTally(UPLOAD)
    tally.note_found(1, item.size)
    tally.stored(item, None, created=True)
    tally.failed(item.path, LocalFailure("It is not in its album."), item=item, counted=True)
    assert (tally.files_done, tally.bytes_done, tally.failures) == (1, item.size, 1)


def test_source_breaking_off_is_not_counted_ahead() -> None:
    class Gone(Members):
        def batches(self) -> Iterator[Batch]:
            yield [Member("a.jpg")]
            raise OSError(errno.EIO, "Input/output error")

    ahead = CountAhead(lambda _listener: Gone())
    ahead.start()
    ahead._thread.join()
    assert (ahead.done, ahead.files) == (False, 0)
