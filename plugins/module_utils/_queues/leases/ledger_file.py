# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger in a file of the managed host: for hosts that last.

One file a server, only its owner's to read; changed under a lock, written to a new file, synced and renamed into place.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import time
import uuid
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Callable, Collection, Dict, Iterator, List, NamedTuple, Optional, Sequence
from urllib.parse import urlsplit

from ..._client import errors
from ..._own_files import disk_advice, is_open_at, make_folders, sync_folder, write_new
from .. import processes
from . import ledger, state_folder
from .record import LeaseRecord

Entries = List[Dict[str, Any]]

# Changing the file takes milliseconds; a turn lasts as long as the server takes to answer, retries included.
_CHANGE_TIMEOUT = 30.0
_TURN_TIMEOUT = 300.0

_ASIDE = ".set-aside-"
_LONGEST_ID = 64  # characters
_BLOCK = 65536  # bytes


class _Unusable(Exception):
    """What lies at the ledger's path is not a ledger of ours, or a damaged one."""


class _NotOurs(_Unusable):
    """It is sound, but belongs to another user or a newer version of the collection: they need it where it is."""


class FileLedger:
    """A `ledger.Ledger`. `server` is the server's address; another address of the same server has another ledger."""

    kind = ledger.FILE
    serialised = True
    any_key_renews = True
    costs_requests = False

    def __init__(self, directory: Optional[str], server: str, *, read_only: bool = False) -> None:
        self.directory = directory or state_folder.default_directory()
        self.server = server
        self.read_only = read_only
        self.warnings: List[str] = []
        host = re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(server).hostname or "")[:64]
        self.path = os.path.join(self.directory, "leases-%s-%s.json" % (host, hashlib.sha256(server.encode()).hexdigest()[:12]))

    @contextmanager
    def turn(self, *, adding: bool = False) -> Iterator[None]:
        if adding:
            self._make_directory()
        if self.read_only or not os.path.isdir(self.directory):
            yield  # there is no ledger, and none will be made
        else:
            with self._locked_if_possible(".turn", _TURN_TIMEOUT):
                yield

    def records(self) -> List[LeaseRecord]:
        if self.read_only or not os.path.lexists(self.path):
            try:
                entries = self._read()
            except _Unusable as exc:
                self._warn("The ledger %s cannot be used (%s), so its leases are not known." % (self.path, exc))
                entries = []
        else:
            with self._locked_if_possible(".lock", _CHANGE_TIMEOUT):
                entries = self._read_or_set_aside()
        return [_record(entry) for entry in entries]

    def fresh(self, record: LeaseRecord) -> Optional[LeaseRecord]:
        return next((current for current in self.records() if current.id == record.id), None)

    def add(
        self, lease: str, queues: Sequence[str], ttl: float, *, intent: bool = False, owners: Sequence[processes.Owner] = ()
    ) -> LeaseRecord:
        written = ledger.record_to_json(lease, queues, (), ttl, intent=intent, owners=owners)
        entry = {"id": uuid.uuid4().hex, **written, "renewed": stamp()}
        self._make_directory()  # it was there when the turn began
        self._change_file(lambda entries: entries.append(entry))
        return _record(entry)

    def renew(self, record: LeaseRecord, ttl: float) -> bool:
        return self._update(record, {"ttl": ttl, "renewed": stamp()})

    def keep(self, record: LeaseRecord, owners: Sequence[processes.Owner]) -> bool:
        return self._update(record, {"owners": processes.owners_to_json(owners)})

    def change(self, record: LeaseRecord, queues: Sequence[str], released: Collection[str]) -> bool:
        return self._update(record, {"queues": list(queues), "released": sorted(released)})

    def remove(self, record: LeaseRecord) -> None:
        def drop(entries: Entries) -> None:
            entries[:] = [entry for entry in entries if entry["id"] != record.id]

        self._change(drop)

    def now(self) -> float:
        return time.time()

    def _update(self, record: LeaseRecord, values: Dict[str, Any]) -> bool:
        updated: Entries = []

        def update(entries: Entries) -> None:
            updated.extend(entry for entry in entries if entry["id"] == record.id)
            for entry in updated:
                entry.update(values)

        self._change(update)
        return bool(updated)

    def _change(self, change: Callable[[Entries], None]) -> None:
        if self._has_directory():
            self._change_file(change)
        else:
            change([])

    def _has_directory(self) -> bool:
        """Raises `LocalFailure` where that cannot be seen: a lease must not be taken for one that was ended."""
        try:
            return stat.S_ISDIR(os.stat(self.directory).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as exc:
            raise errors.LocalFailure(
                "The folder %s for leases cannot be looked at: %s.%s Or name another one with O(ledger_dir)."
                % (self.directory, exc.strerror or exc, disk_advice(exc)),
                options=("ledger_dir",),
            ) from exc

    def _change_file(self, change: Callable[[Entries], None]) -> None:
        with state_folder.locked(self.path + ".lock", _CHANGE_TIMEOUT) as lock:
            entries = self._read_or_set_aside()
            before = json.dumps(entries)
            change(entries)
            if json.dumps(entries) != before:
                self._write(entries, lock)

    @contextmanager
    def _locked_if_possible(self, ending: str, timeout: float) -> Iterator[None]:
        """Without the lock where the disk takes no file for it: nobody else has it then, and queues must be resumed although the record
        cannot be removed."""
        with ExitStack() as stack:
            with suppress(state_folder.NoLock):
                stack.enter_context(state_folder.locked(self.path + ending, timeout))
            yield

    def _make_directory(self) -> None:
        try:
            make_folders(self.directory, 0o700)
        except OSError as exc:
            raise errors.LocalFailure(
                "The folder %s for leases cannot be created: %s.%s Or name another one with O(ledger_dir)."
                % (self.directory, exc.strerror or exc, disk_advice(exc)),
                options=("ledger_dir",),
            ) from exc

    def _read(self) -> Entries:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            if os.path.islink(self.path):
                raise _Unusable("it is a symbolic link") from exc
            if exc.errno == errno.ENXIO:
                raise _Unusable("it is not a regular file") from exc  # a socket
            raise self._unreadable(exc) from exc
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _Unusable("it is not a regular file")
            content = _whole(descriptor, ledger.LONGEST_TEXT + 1)
        except OSError as exc:
            raise self._unreadable(exc) from exc
        finally:
            os.close(descriptor)
        entries = self._entries(content)
        if status.st_uid != os.geteuid():
            raise _NotOurs("it belongs to another user, with the id %d" % status.st_uid)
        return entries

    def _unreadable(self, exc: OSError) -> errors.LocalFailure:
        return errors.LocalFailure("The ledger %s cannot be read: %s.%s" % (self.path, exc.strerror or exc, disk_advice(exc)))

    def _entries(self, content: bytes) -> Entries:
        try:
            document = ledger.parse_object(content)
            if document.get("server") != self.server:
                raise _Unusable("it belongs to another server")
            entries = document.get("leases")
            if not isinstance(entries, list):
                raise ledger.DamagedRecord("it is damaged")
            if len({_record(entry).id for entry in entries}) < len(entries):
                raise ledger.DamagedRecord("it has two leases with one id")
        except ledger.OtherVersion as exc:
            raise (_NotOurs if exc.newer else _Unusable)(str(exc)) from exc
        except ledger.DamagedRecord as exc:
            raise _Unusable("it is damaged") from exc
        return entries

    def _read_or_set_aside(self) -> Entries:
        try:
            return self._read()
        except _NotOurs as exc:
            raise errors.LocalFailure(
                "The ledger %s cannot be used: %s. Run this as its owner and with its version of the collection, or give "
                "another O(ledger_dir)." % (self.path, exc),
                options=("ledger_dir",),
            ) from exc
        except _Unusable as exc:
            moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
            aside = "%s%s%s-%s" % (self.path, _ASIDE, moment, uuid.uuid4().hex[:8])  # never in place of an older one
            try:
                os.rename(self.path, aside)
            except OSError as failed:
                raise errors.LocalFailure(
                    "The ledger %s cannot be used (%s), and it cannot be renamed: %s." % (self.path, exc, failed.strerror or failed)
                ) from failed
            self._warn(
                "The ledger %s cannot be used (%s) and was renamed to %s. If a queue stays paused that was not paused by "
                "hand, resume it with immich_jobs and state: running." % (self.path, exc, aside)
            )
            return []

    def _warn(self, message: str) -> None:
        if message not in self.warnings:
            self.warnings.append(message)

    def _write(self, entries: Entries, lock: int) -> None:
        """Replaces the file, or removes it when there is nothing left to write. Called under the lock, which is an open file."""
        new = self.path + ".new"
        try:
            if entries:
                content = json.dumps({"version": ledger.RECORD_VERSION, "server": self.server, "leases": entries}, indent=1).encode()
                with suppress(FileNotFoundError):
                    os.unlink(new)  # of a process that was stopped or killed over it: it must not write into this one
                write_new(new, content)
            if not is_open_at(lock, self.path + ".lock"):
                raise state_folder.Busy("This process was stopped while it changed %s, and others have changed it meanwhile." % self.path)
            if entries:
                os.rename(new, self.path)
            else:
                os.unlink(self.path)
            sync_folder(self.directory)
        except OSError as exc:
            with suppress(OSError):
                os.unlink(new)  # on a full disk, every byte counts
            message = "The ledger %s cannot be written: %s.%s" % (self.path, exc.strerror or exc, disk_advice(exc))
            raise errors.LocalFailure(message) from exc


def _record(entry: Any) -> LeaseRecord:
    document = ledger.as_object(entry)
    id = document.get("id")
    if not isinstance(id, str) or not ledger.is_printable(id, _LONGEST_ID):
        raise ledger.DamagedRecord("id")
    return ledger.record_from_json(document, id, seconds_since(document.get("renewed")))


def _whole(descriptor: int, most: int) -> bytes:
    """What an open file holds, `most` bytes at most."""
    blocks: List[bytes] = []
    while most > 0:
        block = os.read(descriptor, min(most, _BLOCK))
        if not block:
            break
        blocks.append(block)
        most -= len(block)
    return b"".join(blocks)


class Now(NamedTuple):
    """A moment. `boot` is empty where the system has no id of its boot, and `boottime` means nothing then."""

    wall: float
    boot: str
    boottime: float


def now() -> Now:
    """This moment."""
    boot = processes.boot_id()
    return Now(time.time(), boot, time.clock_gettime(time.CLOCK_BOOTTIME) if boot else 0.0)


def stamp() -> Dict[str, Any]:
    """This moment, for a file."""
    return dict(now()._asdict())


def seconds_since(value: Any) -> float:
    """Seconds since the moment of a `stamp`. Raises `DamagedRecord` when it is not one."""
    written, present = ledger.as_object(value), now()
    wall, boottime = ledger.as_number(written.get("wall")), ledger.as_number(written.get("boottime"))
    return present.boottime - boottime if present.boot and present.boot == written.get("boot") else present.wall - wall
