# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No key and no header for a proxy is ever seen: not in any output, result or file, and not in the process list."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.playbooks.playbook import Playbook, local_host
from support.playbooks.processes import command_lines
from support.playbooks.role import on_server, sums, upload_play
from support.playbooks.sshd import Sshd

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

DOOR = "let-me-in-4711"


def not_copied(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder with its content, once Ansible has cleared away what it ran.

    The guard runs with `async`: Ansible removes such a module, and the arguments that it was sent with, a moment after it ended.
    """
    end = time.monotonic() + 60
    while any(folder.rglob("AnsiballZ_*")) and time.monotonic() < end:
        time.sleep(0.1)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with suppress(FileNotFoundError):  # cleared away meanwhile
                yield path, path.read_bytes()


@pytest.mark.parametrize(("connection", "trouble"), [("local", True), ("ssh", False)])
def test_no_secret_is_seen(
    playbook: Playbook,
    server: Emulator,
    photos: Callable[..., Path],
    sshd: Sshd,
    tmp_path: Path,
    connection: str,
    trouble: bool,
) -> None:
    src = photos(6, 2)
    report = tmp_path / "report.jsonl"
    play = upload_play(src, album_from="folder", tags=["t"], report=str(report), immich_headers={"X-Door": "{{ lookup('env', 'DOOR') }}"})
    if trouble:
        server.fault("POST", "^/assets$", after=2, times=None, status=500, body="x")
    hosts = {"nas": local_host() if connection == "local" else sshd.host()}
    with command_lines() as seen:
        run = playbook.run(play, "-vvvv", server=server, hosts=hosts, diff=True, environment={"DOOR": DOOR})
    assert run.rc == (2 if trouble else 0), run.output
    assert on_server(server) <= sums(src)
    assert report.stat().st_size

    places = {"the output": run.output.encode(), "the results": repr(run.tasks).encode(), "the process list": b"\n".join(seen)}
    for folder in (playbook.home, sshd.home, report.parent):
        places |= {str(path): content for path, content in not_copied(folder)}
    assert any(b"ansible-playbook" in line for line in seen)
    for secret in (server.api_key, server.admin_api_key, DOOR):
        assert [place for place, content in places.items() if secret.encode() in content] == []
