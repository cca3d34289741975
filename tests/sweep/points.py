# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The points at which a process is killed: before and after each durable step, named by the function of the product that takes it.

No product code knows of them. A process of a verb replaces these functions by ones that count, and end the process at the chosen moment.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sweep.replacing import Replacement, replaced

PRODUCT = "ansible_collections.photoyard.immich.plugins.module_utils"

Around = Callable[["Point", Callable[[], Any]], Any]
"""Gets the point and a function that takes the step, and returns what that returns."""


class Point(NamedTuple):
    """A durable step: its name, and the function around which it lies, by its module below `module_utils` and its name there."""

    name: str
    module: str
    function: str


POINTS = (
    Point("ledger", "_queues.leases.ledger_file", "FileLedger._write"),
    Point("lease added on server", "_queues.leases.ledger_server", "ServerLedger.add"),
    Point("lease changed on server", "_queues.leases.ledger_server", "ServerLedger.change"),
    Point("lease removed on server", "_queues.leases.ledger_server", "ServerLedger.remove"),
    Point("queue", "_client.endpoints.queues", "QueueCalls.set_paused"),
    Point("checksum cache made", "_upload.checksum_cache", "CacheFile._make_if_missing"),
    Point("checksum cache", "_upload.checksum_cache", "CacheFile.write"),
    Point("report", "_run.report", "Report.line"),
    Point("photo uploaded", "_client.endpoints.assets", "AssetCalls.upload"),
    Point("photo described", "_client.endpoints.assets", "AssetCalls.describe"),
    Point("photo trashed", "_client.endpoints.assets", "AssetCalls.trash"),
    Point("album made", "_client.endpoints.albums", "AlbumCalls.create"),
    Point("album filled", "_client.endpoints.albums", "AlbumCalls.add"),
    Point("tag given", "_client.endpoints.tags", "TagCalls.add"),
    Point("stack made", "_client.endpoints.stacks", "StackCalls.create"),
    Point("group cleared", "_client.endpoints.duplicates", "DuplicateCalls.clear"),
    Point("object sent", "_client.endpoints.objects", "ObjectCalls.send"),
    Point("local file deleted", "_files.folders.removers", "Remover.remove"),
    Point("local file moved", "_files.folders.removers", "Mover.remove"),
    Point("local file linked", "_files.folders.removers", "_link"),
    Point("partial original begun", "_archive.tree", "ArchiveTree.new_file"),
    Point("partial original", "_archive.partial_file", "PartialOriginal.finish"),
    Point("original in place", "_archive.tree", "ArchiveTree.place"),
    Point("sidecar", "_archive.tree", "ArchiveTree.write"),
    Point("file set aside", "_archive.tree", "ArchiveTree.set_aside"),
    Point("folders synced", "_archive.tree", "ArchiveTree.sync"),
    Point("manifest", "_archive.manifest", "Manifest.write"),
    Point("partial backup", "_backup.local", "PartialFile.write"),
    Point("backup in place", "_backup.local", "PartialFile.put_in_place"),
    Point("manifest of backup", "_backup.manifests", "write"),
    Point("cookie prepared", "_backup.maintenance", "CookieFile.prepare"),
    Point("cookie", "_backup.maintenance", "CookieFile.store"),
    Point("cookie removed", "_backup.maintenance", "CookieFile.remove"),
    Point("maintenance begun", "_client.endpoints.maintenance", "MaintenanceCalls.start"),
    Point("maintenance ended", "_client.endpoints.maintenance", "MaintenanceCalls.end"),
    Point("secret of key", "_resources.kinds.api_keys", "write_secret"),
    Point("record of shift", "_assets.shift_record", "ShiftRecord.save"),
    Point("new file", "_own_files", "write_new"),
    Point("whole file put in place", "_own_files", "_put_in_place"),
    Point("whole file", "_own_files", "write_whole"),
)


def function_of(point: Point) -> Callable[..., Any]:
    """The product's function. Raises AttributeError, ImportError or KeyError where there is none of that name."""
    *classes, name = point.function.split(".")
    owner: Any = importlib.import_module(f"{PRODUCT}.{point.module}")
    for one in classes:
        owner = getattr(owner, one)
    found: Callable[..., Any] = vars(owner)[name]
    return found


@contextmanager
def surrounded(around: Around) -> Iterator[None]:
    """Replaces the functions of all points, wherever a module that is loaded has imported them."""
    with replaced(replacement for point in POINTS for replacement in _replacements(point, around)):
        yield


def _replacements(point: Point, around: Around) -> Iterator[Replacement]:
    real, (*classes, name) = function_of(point), point.function.split(".")

    @functools.wraps(real)
    def wrapped(*args: Any, **options: Any) -> Any:
        return around(point, lambda: real(*args, **options))

    if classes:
        yield getattr(importlib.import_module(f"{PRODUCT}.{point.module}"), classes[0]), name, wrapped
        return
    for module in [module for module_name, module in sys.modules.items() if module_name.startswith(PRODUCT)]:
        for attribute in [attribute for attribute, value in vars(module).items() if value is real]:
            yield module, attribute, wrapped


class Passing:
    """Counts how often each point is passed."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def around(self, point: Point, take_step: Callable[[], Any]) -> Any:
        with self._lock:
            self._counts[point.name] += 1
        return take_step()

    def moments(self) -> list[tuple[str, int]]:
        """All moments at which a process can be killed: the name of the point and a number, odd before a step and even after it."""
        return [(point.name, number) for point in POINTS for number in range(1, 2 * self._counts[point.name] + 1)]


class Killing:
    """Ends this process by SIGKILL at a moment, right after its `last_act`. Children that it forks, such as guards, go on."""

    def __init__(self, point: str, number: int, last_act: Callable[[], object] | None = None) -> None:
        self._point = point
        self._number = number
        self._last_act = last_act
        self._passed = 0
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def around(self, point: Point, take_step: Callable[[], Any]) -> Any:
        if point.name != self._point or os.getpid() != self._pid:
            return take_step()
        self._pass()
        result = take_step()
        self._pass()
        return result

    def _pass(self) -> None:
        with self._lock:
            self._passed += 1
            if self._passed == self._number:
                if self._last_act is not None:
                    self._last_act()
                os.kill(os.getpid(), signal.SIGKILL)
