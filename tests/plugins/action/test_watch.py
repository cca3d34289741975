# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread: what it tells, and what it never disturbs."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.plugin_utils import _main_process
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress import peek, shown
from ansible_collections.photoyard.immich.plugins.plugin_utils._progress.watch import UnreadableProgress, Watch

SNAPSHOT = json.dumps(
    {"phase": "upload", "scan_done": True, "seconds": 2.0, "files_seen": 2, "files_done": 1, "uploaded": 1, "duplicates": 0, "skipped": 0}
    | {"failed": 0, "bytes_seen": 20, "bytes_done": 10, "bytes_hashed": 20, "bytes_sent": 10}
)


class Looks:
    """Answers each look with the next of the given texts (None: it fails), then sets `all_seen`."""

    def __init__(self, texts: Iterable[str | None]) -> None:
        self._texts = iter(texts)
        self.all_seen = threading.Event()
        self.lines: list[str] = []
        self.gave_up: list[str] = []

    def __call__(self) -> str:
        text = next(self._texts, "end")
        if text == "end":
            self.all_seen.set()
            return ""
        if text is None:
            raise UnreadableProgress("no way through")
        return text

    def watch(self) -> Watch:
        return Watch(self, self.lines.append, self.gave_up.append, interval=0.01)


def test_each_look_is_shown() -> None:
    looks = Looks(["", SNAPSHOT, SNAPSHOT])
    with looks.watch() as watch:
        assert looks.all_seen.wait(30)
    assert len(looks.lines) == 2
    assert looks.lines[0].startswith("1 of 2 files · 10 of 20 B · ")
    assert watch.latest is not None
    assert watch.latest.files_done == 1


def test_a_half_written_file_is_passed_over() -> None:
    looks = Looks([SNAPSHOT[:30], SNAPSHOT])
    with looks.watch():
        assert looks.all_seen.wait(30)
    assert len(looks.lines) == 1


def test_a_single_failed_look_is_forgiven() -> None:
    looks = Looks([None, None, SNAPSHOT, None, None, SNAPSHOT])
    with looks.watch():
        assert looks.all_seen.wait(30)
    assert len(looks.lines) == 2
    assert looks.gave_up == []


def test_watch_gives_up_after_three_failed_looks() -> None:
    looks = Looks([None, None, None, SNAPSHOT])
    with looks.watch() as watch:
        watch._thread.join(30)
    assert looks.gave_up == ["no way through"]
    assert looks.lines == []


def test_end_stops_the_lines_and_the_thread() -> None:
    looks = Looks([SNAPSHOT] * 1000)
    with pytest.raises(KeyboardInterrupt), looks.watch() as watch:
        raise KeyboardInterrupt
    shown = len(looks.lines)
    assert not watch._thread.is_alive()
    assert len(looks.lines) == shown


def test_gone_parent_gets_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = iter([1000, 1000, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    looks = Looks([SNAPSHOT] * 1000)
    with looks.watch() as watch:
        watch._thread.join(30)
    assert len(looks.lines) == 1


def test_local_look_at_missing_file_is_empty(tmp_path: Path) -> None:
    look = peek.local(str(tmp_path / "progress.json"))
    assert look() == ""
    (tmp_path / "progress.json").write_text(SNAPSHOT)
    assert look() == SNAPSHOT


def test_local_look_at_unreadable_file_raises(tmp_path: Path) -> None:
    with pytest.raises(UnreadableProgress):
        peek.local(str(tmp_path))()


def test_watch_thread_blocks_ending_signals() -> None:
    masks: list[set[int]] = []

    def mask() -> set[int]:
        return set(signal.pthread_sigmask(signal.SIG_BLOCK, ()))

    class Action:
        """Notes with which mask its commands would be started."""

        def _low_level_execute_command(self, _command: str) -> dict[str, object]:
            masks.append(mask())
            return {"rc": 0, "stdout": ""}

    command = peek.by_command(Action(), "progress.json")
    seen = threading.Event()

    def look() -> str:
        masks.append(mask())
        command()
        masks.append(mask())
        seen.set()
        return ""

    before = mask()
    with Watch(look, print, print, interval=0.01):
        assert mask() == before
        assert seen.wait(30)
    assert masks[:3] == [before | _main_process.ENDING, before - _main_process.ENDING, before | _main_process.ENDING]


def test_line_comes_while_something_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, str]] = []
    printed = threading.Event()

    def show(host: str, text: str) -> None:
        lines.append((host, text))
        printed.set()

    monkeypatch.setattr(shown, "show_line", show)
    with shown.line_after(0.01, "nas", "waiting"):
        assert printed.wait(20)
    assert lines == [("nas", "waiting")]


def test_line_after_is_silent_when_work_ends_first(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(shown, "show_line", lambda _host, text: lines.append(text))
    with shown.line_after(60, "nas", "waiting"):
        pass
    assert lines == []
    assert "immich-line" not in {thread.name for thread in threading.enumerate()}
