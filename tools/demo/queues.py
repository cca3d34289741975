# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The queues, looked at from outside while a playbook runs."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import PermissionDenied
from ansible_collections.photoyard.immich.plugins.module_utils._client.values import Queue
from demo.words import line, paragraph, table
from support.collection import CHAIN, Immich, ImmichError

Look = dict[str, Queue]
"""The queues by name, those of the upload chain first; empty where the key may not see them."""


_UNTIL_THUMBNAILS = ("metadataExtraction", "storageTemplateMigration", "thumbnailGeneration")


class Queues:
    """Looks at the queues with an administrator's key."""

    def __init__(self, admin: Immich) -> None:
        self._admin = admin
        self.readable = True

    def look(self) -> Look:
        """The queues now."""
        if not self.readable:
            return {}
        try:
            found = {queue.name: queue for queue in self._admin.queues.all()}
        except PermissionDenied as denied:
            self.readable = False
            line(f"Queues cannot be shown, and will not be paused: {denied.msg}")
            return {}
        chain = [name for name in CHAIN if name in found]
        return {name: found[name] for name in chain + [name for name in found if name not in chain]}

    def wait_for_thumbnails(self, began: float) -> float:
        """Returns once no job is left of those that make thumbnails or come before them: the seconds since then on the monotonic clock."""
        while any(queue.active or _waiting(queue) for name, queue in self.look().items() if name in _UNTIL_THUMBNAILS):
            time.sleep(0.1)
        return time.monotonic() - began

    def changed(self, before: Look, after: Look) -> list[str]:
        """The queues that were running and are paused, or the other way round."""
        return [name for name, queue in before.items() if name not in after or after[name].paused != queue.paused]

    def table(self, before: Look, during: Look, after: Look, files: int) -> None:
        """One row a queue of the upload chain, and below it why so many jobs wait."""
        looks = [look for look in (before, during, after) if look]
        if len(looks) < 3 or not files:
            line("  They were not paused: there was nothing new, or the key may not.")
            return
        rows = [("", "before", "during the upload", "afterwards")]
        shown = [name for name in before if name in CHAIN or len({look[name].paused for look in looks}) > 1]
        rows += [(name, _state(before[name]), _state(during[name]), _state(after[name])) for name in shown]
        table(rows)
        line("")
        most = max(_waiting(during[name]) - _waiting(before[name]) for name in before)
        if most > files:
            paragraph(
                f"{most} more jobs waiting for {files} files is right: a job is not a file. The upload of a file queues a job that reads "
                "its metadata, and a tag that the file gets later queues another."
            )
        paragraph(
            "Each job that is done queues the next ones: storage template, thumbnails, then smart search, faces, text. All this work waits "
            "while files go up, and is done afterwards."
        )


class Watch:
    """Keeps an eye on the queues while its block runs: `fullest` is the look with most queues paused and most jobs waiting."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on)
        self.fullest: Look = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def not_paused(self, before: Look) -> list[str]:
        """The upload chain's queues that ran before, and were not seen paused together with the others."""
        return [name for name in before if name in CHAIN and not before[name].paused and not (self.fullest and self.fullest[name].paused)]

    def _look_on(self) -> None:
        while self._queues.readable and not self._over.wait(0.1):
            try:
                now = self._queues.look()
            except ImmichError:
                continue  # a look that was missed; the next one comes at once
            if _weight(now) > _weight(self.fullest):
                self.fullest = now


def _weight(look: Look) -> tuple[int, int]:
    return sum(queue.paused for queue in look.values()), sum(queue.waiting for queue in look.values() if queue.paused)


def _waiting(queue: Queue) -> int:
    return queue.waiting + queue.delayed


def _state(queue: Queue) -> str:
    waiting = _waiting(queue)
    work = f", {waiting} waiting" if waiting else f", {queue.active} active" if queue.active else ""
    return ("paused" if queue.paused else "running") + work
