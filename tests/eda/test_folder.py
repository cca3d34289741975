# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source immich_folder: on real folders, and with a clock of the test's own."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from eda.plugins import Source, load

FOLDER = load("immich_folder")


def write(folder: Path, name: str | bytes, size: int = 3) -> None:
    """Writes a file of `size` bytes, its folders too."""
    path = os.path.join(os.fsencode(folder), os.fsencode(name))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"x" * size)


class Clock:
    """Looks at a folder at moments that the test chooses."""

    def __init__(self, path: Path, **args: Any) -> None:
        self.watch = FOLDER["Watch"](FOLDER["Options"].of({"path": str(path), "quiet": 60, **args}))

    def at(self, second: int) -> dict[str, Any] | None:
        """The event at this second; None without one."""
        event: dict[str, Any] | None = self.watch.judge(self.watch._find(threading.Event()), float(second))
        return event


def test_folder_sends_single_event_after_quiet_time(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    write(tmp_path, "lies here at the start.jpg", 5)
    assert [clock.at(second) for second in (0, 30, 59)] == [None] * 3
    quiet = {"path": str(tmp_path), "state": "quiet"}
    assert clock.at(60) == quiet | {"new_files": 1, "bytes": 5, "quiet_for": 60}
    assert [clock.at(second) for second in (61, 200)] == [None] * 2
    write(tmp_path, "2026/a.jpg", 10)
    assert clock.at(201) is None
    write(tmp_path, "2026/a.jpg", 20)  # it is still being copied
    assert [clock.at(second) for second in (231, 262, 290)] == [None] * 3
    assert clock.at(291) == quiet | {"new_files": 1, "bytes": 20, "quiet_for": 60}


def test_folder_ignores_deleted_and_returned_files(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    write(folder, "a.jpg")
    write(folder, "b.jpg")
    clock = Clock(folder)
    assert [clock.at(0), (clock.at(60) or {})["new_files"]] == [None, 2]
    (folder / "a.jpg").rename(elsewhere)
    assert [clock.at(second) for second in (70, 130, 200)] == [None] * 3
    elsewhere.rename(folder / "a.jpg")
    assert [clock.at(second) for second in (210, 270, 300)] == [None] * 3
    os.utime(folder / "a.jpg", (1, 1))
    assert [clock.at(310), (clock.at(370) or {})["new_files"]] == [None, 1]


@pytest.mark.parametrize(
    ("args", "taken"),
    [
        ({}, {"a.JPG", "b.mov", "sub/c.jpg", "sub/raw/d.dng"}),
        ({"recursive": False}, {"a.JPG", "b.mov"}),
        ({"include": ["*.jpg"]}, {"a.JPG", "sub/c.jpg"}),
        ({"include": ["sub/*"], "exclude": ["*.dng"]}, {"sub/c.jpg"}),
        ({"exclude": ["raw/", "b.*"]}, {"a.JPG", "sub/c.jpg"}),
        ({"exclude": ["sub/raw"]}, {"a.JPG", "b.mov", "sub/c.jpg"}),
    ],
)
def test_folder_counts_files_of_upload_only(tmp_path: Path, args: dict[str, Any], taken: set[str]) -> None:
    names = ("a.JPG", "b.mov", "sub/c.jpg", "sub/raw/d.dng", ".hidden", "@eaDir/t.jpg", "#recycle/t.jpg", ".git/x")
    sizes = {name: 1 << number for number, name in enumerate(names)}  # so that the sum of bytes tells which were counted
    for name, size in sizes.items():
        write(tmp_path, name, size)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.JPG")
    os.mkfifo(tmp_path / "pipe.jpg")
    clock = Clock(tmp_path, quiet=0, **args)
    clock.at(0)
    assert (clock.at(1) or {})["bytes"] == sum(sizes[name] for name in taken)


def test_odd_names_are_counted_and_not_in_the_event(tmp_path: Path) -> None:
    names: tuple[str | bytes, ...] = (b"\xff\xfe.jpg", "new\nline.jpg", "{{ x }}.jpg", "'\"`$(id).jpg", "\N{PARTY POPPER}" * 60, " ", "[a-")
    for name in names:
        write(tmp_path, name)
    clock = Clock(tmp_path, include=["*"], exclude=["[", "(", "*[z"])
    clock.at(0)
    assert clock.at(60) == {"path": str(tmp_path), "state": "quiet", "new_files": 7, "bytes": 21, "quiet_for": 60}


def test_memory_for_a_million_files_is_bounded() -> None:
    """And comparing them holds the interpreter nowhere for long, since it goes by buckets."""
    count = 100_000
    files = FOLDER["Files"]()
    for number in range(count):
        files.add("/p/%d" % number, number, number)

    def size() -> float:
        return sum(map(sys.getsizeof, [*files._hashes, *files._sizes])) / count

    assert size() < 24
    assert max(map(len, files._hashes)) < 1_000
    assert files.new_since(FOLDER["Files"]()) == (count, sum(range(count)))
    assert files.new_since(files) == (0, 0)
    files.forget_sizes()
    assert size() < 10


def test_folder_reports_missing_and_unreadable_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "photos"
    watch = FOLDER["Watch"](FOLDER["Options"].of({"path": str(folder), "quiet": 0}))
    stop = threading.Event()
    unreadable = watch.look(stop) or {}
    assert (unreadable.keys(), unreadable["path"], unreadable["state"]) == ({"path", "state", "message"}, str(folder), "unreadable")
    assert os.strerror(errno.ENOENT) in unreadable["message"]
    assert watch.look(stop) is None  # it is logged once
    write(folder, "a.jpg")
    assert watch.look(stop) is None
    assert (watch.look(stop) or {})["new_files"] == 1
    (folder / "a.jpg").unlink()
    folder.rmdir()
    folder.write_text("a file")
    unreadable = watch.look(stop) or {}
    assert (unreadable["state"], os.strerror(errno.ENOTDIR) in unreadable["message"]) == ("unreadable", True)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 3
    assert messages[1].endswith("can be read again.")


def test_undecodable_path_is_shown_with_question_marks(tmp_path: Path) -> None:
    folder = tmp_path / "\N{FIRE} \N{LATIN SMALL LETTER U WITH DIAERESIS}"
    write(folder, "a.jpg")
    clock = Clock(folder)
    assert [clock.at(0), (clock.at(60) or {})["path"]] == [None, f"{tmp_path}/? \N{LATIN SMALL LETTER U WITH DIAERESIS}"]


def test_unreadable_subfolder_hides_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    name = "x" * 250
    deep = os.fsencode(tmp_path)
    here = os.getcwd()
    try:  # a path too long to be named whole: it cannot be listed, whoever asks
        os.chdir(deep)
        for _level in range(17):
            os.mkdir(name)
            os.chdir(name)
    finally:
        os.chdir(here)
    write(tmp_path, "z.jpg")
    clock = Clock(tmp_path)
    assert [clock.at(0), (clock.at(60) or {})["new_files"]] == [None, 1]
    assert ["cannot be read: 1" in record.getMessage() for record in caplog.records] == [True]


def test_folder_source_sends_events_until_cancelled(tmp_path: Path) -> None:
    async def run() -> None:
        async with Source("immich_folder", path=str(tmp_path), quiet=0.2, delay=0.02) as source:
            write(tmp_path, "a.jpg")
            assert (await source.next())["new_files"] == 1
            write(tmp_path, "b.jpg")
            assert (await source.next())["new_files"] == 1

    asyncio.run(run())


def test_look_does_not_block_the_event_loop(tmp_path: Path) -> None:
    """The folder is a pipe's worth of waiting: until the test lets it go, the look goes on in a thread."""
    inside, leave = threading.Event(), threading.Event()

    class Slow:
        def look(self, stop: threading.Event) -> None:
            inside.set()
            leave.wait(60)
            assert stop.wait(60)

    async def run() -> None:
        main = FOLDER["main"]
        real = main.__globals__["Watch"]
        main.__globals__["Watch"] = lambda options: Slow()
        try:
            task = asyncio.create_task(main(asyncio.Queue(), {"path": str(tmp_path)}))
            while not inside.is_set():
                await asyncio.sleep(0)
            task.cancel()  # the loop runs, though the look has not ended
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            main.__globals__["Watch"] = real
            leave.set()

    asyncio.run(run())


def test_a_look_stops_soon(tmp_path: Path) -> None:
    write(tmp_path, "a.jpg")
    watch = FOLDER["Watch"](FOLDER["Options"].of({"path": str(tmp_path)}))
    stop = threading.Event()
    stop.set()
    with pytest.raises(FOLDER["StoppedError"]):
        watch.look(stop)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({}, "path must be the absolute path of a folder."),
        ({"path": "photos"}, "path must be the absolute path of a folder."),
        ({"path": "/a\0b"}, "path must be the absolute path of a folder."),
        ({"path": "/a\ud83d"}, "path must be the absolute path of a folder."),
        ({"path": "/p", "qiuet": 3}, "immich_folder has no argument qiuet. It has path, recursive, include, exclude, quiet, delay."),
        ({"path": "/p", "quiet": "60s"}, "quiet must be a number of seconds from 0 to 31622400."),
        ({"path": "/p", "quiet": float("nan")}, "quiet must be a number of seconds from 0 to 31622400."),
        ({"path": "/p", "delay": 0}, "delay must be a number of seconds from 0.01 to 31622400."),
        ({"path": "/p", "recursive": "no"}, "recursive must be true or false."),
        ({"path": "/p", "include": "*.jpg"}, "include must be a list of globs."),
    ],
)
def test_a_wrong_argument_is_named(args: dict[str, Any], message: str) -> None:
    async def run() -> None:
        async with Source("immich_folder", **args) as source:
            await source.next()

    with pytest.raises(ValueError) as raised:
        asyncio.run(run())
    assert str(raised.value) == message


def test_folder_options_ignore_arguments_of_rulebook(tmp_path: Path) -> None:
    assert FOLDER["Options"].of({"path": str(tmp_path), "eda_feedback_queue": object()}).quiet == 60


def test_folder_warnings_have_printable_paths(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    FOLDER["Watch"](FOLDER["Options"].of({"path": "/none/\udcff\n"})).look(threading.Event())
    assert caplog.records[0].getMessage().isascii()
    assert caplog.records[0].getMessage().isprintable()
