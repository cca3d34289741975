# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that gives out no originals, or others than it lists: how often it is asked, and when the run gives up."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client import session
from ansible_collections.photoyard.immich.plugins.module_utils._run import report as report_module
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import Report
from support.http.answering import Reply, Seen
from support.http.forwarding import forwarding
from support.photos.libraries import picture

from .conftest import Archives, counts


def filled(archives: Archives, count: int) -> Archives:
    for number in range(count):
        archives.account.upload(f"{number}.jpg", minutes=number)
    return archives


def test_each_original_is_asked_for_as_often_as_any_call(archives: Archives) -> None:
    filled(archives, 2)
    archives.server.fault("GET", "/original", times=None, status=500)
    assert counts(archives.failing().result) == {"failed": 2}
    assert archives.originals() == 2 * 3


def test_retries_count_opening_and_reading_together(archives: Archives) -> None:
    filled(archives, 1)
    archives.server.fault("GET", "/original", times=2, cut="response", cut_after=10)
    archives.server.fault("GET", "/original", times=None, status=500)
    assert counts(archives.failing().result) == {"failed": 1}
    assert archives.originals() == 3


@pytest.mark.parametrize(("status", "asked_for"), [(500, 3), (429, 3)])
def test_archive_stops_when_every_file_fails(archives: Archives, status: int, asked_for: int) -> None:
    filled(archives, 40)
    archives.server.fault("GET", "/original", times=None, status=status)
    error = archives.failing(concurrency=2)
    failed = error.result["counts"]["failed"]
    assert error.msg.startswith(f"{failed} files in a row ")
    assert failed <= 9
    assert archives.originals() <= 3 * 20
    archives.server.clear_faults()
    assert counts(archives()) == {"archived": 40}


def test_archive_continues_after_scattered_failures(archives: Archives) -> None:
    filled(archives, 24)
    for number in (2, 9, 16):
        archives.server.fault("GET", f"/{archives.account.ids[f'{number}.jpg']}/original", times=None, status=500)
    assert counts(archives.failing(concurrency=1).result) == {"archived": 21, "failed": 3}


@pytest.mark.parametrize("status", [204, 206])
def test_other_success_status_fails_single_file(archives: Archives, status: int) -> None:
    filled(archives, 3)
    archives.server.fault("GET", f"/{archives.account.ids['1.jpg']}/original", times=None, status=status, body="x" * (status == 206))
    error = archives.failing()
    assert counts(error.result) == {"archived": 2, "failed": 1}
    assert (error.kind, f"with {status}, which is not a file" in error.msg) == ("server", True)


def test_no_more_is_written_than_the_server_lists(archives: Archives) -> None:
    filled(archives, 2)
    huge = b"x" * 20_000_000

    def change(request: Seen, answer: Reply) -> Reply:
        if request.path.endswith(f"/{archives.account.ids['1.jpg']}/original"):
            return Reply(200, huge, {"Content-Type": "image/jpeg"})
        return answer

    with forwarding(archives.server.url, change) as proxy:
        error = archives.failing(url=proxy.url)
    assert counts(error.result) == {"archived": 1, "failed": 1}
    assert f" {len(picture('1.jpg'))} bytes" in error.msg
    assert error.result["bytes_received"] == len(picture("0.jpg"))


def without_size(request: Seen, answer: Reply) -> Reply:
    """The list before Immich has read a file's metadata."""
    if request.path.endswith("/search/metadata"):
        answer.body = re.sub(rb'"fileSizeInByte": ?[0-9]+', b'"fileSizeInByte":null', answer.body)
    return answer


def test_content_length_counts_where_the_list_has_no_size(archives: Archives) -> None:
    filled(archives, 2)
    with forwarding(archives.server.url, without_size) as proxy:
        assert counts(archives(url=proxy.url)) == {"archived": 2}


def test_an_original_of_no_known_size_is_left_for_later(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(archives, 1)
    monkeypatch.setattr(session, "_NUMBER", re.compile("never"))  # as if a proxy took Content-Length away
    with forwarding(archives.server.url, without_size) as proxy:
        error = archives.failing(url=proxy.url)
    assert "it was not downloaded" in error.msg
    assert archives.photos() == {}


def test_late_worker_does_not_write_to_closed_report(tmp_path: Path) -> None:
    """A report that is closed has no descriptor any more, and its number may be another file's."""
    report = Report(str(tmp_path / "report.jsonl"), report_module.is_report_of_run)
    inside, closed = threading.Event(), threading.Event()

    def default(_value: object) -> str:
        inside.set()
        assert closed.wait(30)
        return "late"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{report_module.__name__}.json.dumps", lambda values, **_options: default(values))
        worker = threading.Thread(target=lambda: report.line(path="a.jpg"))
        worker.start()
        assert inside.wait(30)
        report.close()
        with open(tmp_path / "others", "w+b") as other:
            closed.set()
            worker.join()
            assert other.read() == b""
    assert (tmp_path / "report.jsonl").read_bytes() == b""
