# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which paths are there, and whether a machine-learning host answers."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils import _presence
from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import InvalidRequest
from support.http.answering import Reply, Seen, answering


def test_missing_paths_are_found_once(tmp_path: Path) -> None:
    (tmp_path / ".mounted").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    paths = [f"{tmp_path}/{name}" for name in (".mounted", "b", "b", "link", ".mounted/c")]
    assert _presence.find_missing(paths) == [paths[1], paths[3], paths[4]]


def test_hanging_path_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(os.path, "exists", lambda _path: done.wait())
    monkeypatch.setattr(_presence, "_GIVE_UP_AFTER", 0.1)
    try:
        assert _presence.find_missing(["/mnt/nas"]) == ["/mnt/nas"]
    finally:
        done.set()


def test_relative_path_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"nas/\.mounted is not an absolute path"):
        _presence.find_missing(["/mnt", "nas/.mounted"])


@pytest.mark.parametrize(
    ("reply", "answers"),
    [
        (Reply(body=b"pong"), True),
        (Reply(status=503), False),
        (Reply(status=302, headers={"Location": "/other"}), False),
        (Reply(status=204, body=b""), False),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else "",
)
def test_host_answers_with_200_alone(reply: Reply, answers: bool) -> None:
    with answering(lambda seen: reply if seen.path == "/ml/ping" else Reply()) as host:
        assert _presence.answers_ping(host.url + "/ml/") is answers
    assert [asked.path for asked in host.seen] == ["/ml/ping"]
    assert {"x-api-key", "authorization", "cookie"}.isdisjoint(host.seen[0].headers)


def test_silent_host_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def wait(_seen: Seen) -> Reply:
        done.wait()
        return Reply()

    monkeypatch.setattr(_presence, "_GIVE_UP_AFTER", 0.1)
    with answering(wait) as host:
        try:
            assert _presence.answers_ping(host.url) is False
        finally:
            done.set()
    assert _presence.answers_ping(host.url) is False  # nobody listens there any more


@pytest.mark.parametrize("url", ["pc:3003", "ftp://pc", "http://user:s3cret-pw@pc", "http://pc:port"])
def test_url_of_no_host_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest, match="machine_learning_url") as refused:
        _presence.answers_ping(url)
    assert "s3cret-pw" not in str(refused.value)
