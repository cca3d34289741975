# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far it is from a module to its work: the frames of this collection on the way, and the requests of a pause.

Runs an upload and a pause in this process, by the modules' own `main`, against an embedded server.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from requests.adapters import HTTPAdapter

from ansible_collections.photoyard.immich.plugins.module_utils._client.endpoints.queues import QueueCalls
from ansible_collections.photoyard.immich.plugins.module_utils._run.files_run import FilesRun
from immich_emulator.testing import Emulator
from support.modules import run_module
from support.photos.jpegs import write_photos

QUEUES = ["faceDetection"]


def print_frames() -> None:
    """Prints the frames of each way, and the requests of a pause."""
    with tempfile.TemporaryDirectory() as folder, Emulator() as server:
        write_photos(Path(folder, "photos"), 1, 1)
        upload = _common(server, server.api_key, folder)
        upload.update(src=[str(Path(folder, "photos"))], checksum_cache=None, pause_queues=QUEUES, admin_api_key=server.admin_api_key)
        _show("upload, until its driver starts", _frames_at(FilesRun, "drive", "immich_upload", upload))
        pause = {"queues": QUEUES, "lease": "house", **_common(server, server.admin_api_key, folder)}
        _show("pause, until the client's call", _frames_at(QueueCalls, "set_paused", "immich_jobs", {"state": "paused", **pause}))
        run_module("immich_jobs", {"state": "running", **pause})
        sent: list[str] = []
        _show("pause, until the request is sent", _frames_at(HTTPAdapter, "send", "immich_jobs", {"state": "paused", **pause}, sent))
        run_module("immich_jobs", {"state": "running", **pause})
        print(f"{len(sent):6} requests of a pause\n           {', '.join(sent)}")


def _common(server: Emulator, key: str, folder: str) -> dict[str, Any]:
    return {"url": server.url, "api_key": key, "ledger_dir": str(Path(folder, "ledger")), "_ansible_remote_tmp": folder}


def _show(name: str, frames: list[str]) -> None:
    print(f"{len(frames):6} frames: {name}\n           {', '.join(frames)}")


def _frames_at(place: type, method: str, module: str, options: dict[str, Any], sent: list[str] | None = None) -> list[str]:
    """The names of the frames on the way from the module's `main` to the first call of the method. For `HTTPAdapter.send` that is the
    first one with PUT, and `sent` gets all requests."""
    seen: list[list[str]] = []
    original: Callable[..., Any] = getattr(place, method)

    def look(self: Any, *arguments: Any, **named: Any) -> Any:
        if sent is not None:
            sent.append(f"{arguments[0].method} {arguments[0].path_url}")
        if sent is None or arguments[0].method == "PUT":
            main_thread = sys._current_frames()[threading.main_thread().ident or 0]
            stacks = [sys._getframe(1)] if threading.current_thread() is threading.main_thread() else [main_thread, sys._getframe(1)]
            seen.append([name for stack in stacks for name in _names(stack)] + [method] * (sent is None))
        return original(self, *arguments, **named)

    with mock.patch.object(place, method, look):
        run_module(module, options)
    return seen[0]


def _names(frame: FrameType | None) -> list[str]:
    """The names of this collection's functions on a stack, outermost first."""
    names: list[str] = []
    while frame is not None:
        if "/module_utils/" in frame.f_code.co_filename or "/modules/" in frame.f_code.co_filename:
            names.insert(0, frame.f_code.co_name)
        frame = frame.f_back
    return names
