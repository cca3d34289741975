# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Brings a backup from the server to this host: resumed where it broke, and put in place only when it is proven."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Tuple

from .._client import api, errors
from .._client.body import BLOCK, Download
from .._client.endpoints.backups import require_filename
from .._own_files import require_parent
from . import listing, make, proof
from .listing import Backup
from .local import LocalBackup, PartialFile, check_space, find_folder
from .options import PRESENT, BackupOptions

Result = Dict[str, Any]


def fetch_backup(client: api.Immich, options: BackupOptions, check_mode: bool) -> Result:
    """Brings the backup `name`, or the newest, to `dest`: the module's result. With `max_age`, a new one is made first if need be."""
    prepare(client, options)
    if options.max_age is None:
        return fetch_named(client, options, check_mode, options.name)
    by_age = replace(options, state=PRESENT, verify=False)  # whether it is whole shows when it is fetched
    made = make.ensure_backup(client, by_age, check_mode)
    if made["backup"] is None:
        return _to_be_made(made)
    try:
        return _merged(made, fetch_named(client, options, check_mode, made["backup"]["filename"]))
    except errors.DamagedBackup as exc:
        if made["changed"]:
            raise
        made = make.ensure_backup(client, replace(by_age, max_age=None), check_mode)
        made["warnings"].append("%s It does not count, so a new one %s made." % (exc.msg, "would be" if check_mode else "was"))
        if made["backup"] is None:
            return _to_be_made(made)
        return _merged(made, fetch_named(client, options, check_mode, made["backup"]["filename"]))


def prepare(client: api.Immich, options: BackupOptions) -> None:
    """Looks at the server, the key and `dest` before a backup is made that could not be fetched. Raises `ImmichError`."""
    listing.require_listing(client, "fetch a backup")
    client.require({listing.LIST_SCOPE: "list the backups", listing.DOWNLOAD_SCOPE: "download them"})
    local = LocalBackup.at(options.dest or "", "")
    find_folder(local.folder)
    require_parent(local.folder, option="dest")
    local.refuse_foreign()


def _to_be_made(made: Result) -> Result:
    return {**made, "path": None, "checksum": None, "bytes_received": 0}


def _merged(made: Result, fetched: Result) -> Result:
    diff = {when: {**made["diff"][when], **fetched["diff"][when]} for when in ("before", "after")}
    changed = made["changed"] or fetched["changed"]
    return {**fetched, "changed": changed, "warnings": made["warnings"] + fetched["warnings"], "diff": diff}


def fetch_named(client: api.Immich, options: BackupOptions, check_mode: bool, name: Optional[str]) -> Result:
    """Brings the backup of that name, or the newest, to `dest`: the result of a fetch."""
    warnings: List[str] = []
    backup = _find(client, name)
    local = LocalBackup.at(options.dest or "", backup.filename)
    proven = _already_there(local, backup, options, warnings)
    changed, received = proven is None, 0
    if changed:
        check_space(local, backup.size)
        if check_mode:
            make.check_on_server(client, backup, verify=options.verify)
        else:
            proven, received = _download(client, backup, local)
    return {
        "changed": changed,
        "backup": listing.describe(client, backup),
        "path": local.path,
        "checksum": proven.sha256 if proven and proven.sha256 else None,
        "bytes_received": received,
        "warnings": warnings,
        "diff": {"before": {"fetched": None if changed else backup.filename}, "after": {"fetched": backup.filename}},
    }


def _find(client: api.Immich, name: Optional[str]) -> Backup:
    """The backup to fetch, with its time. Raises `NotFound`."""
    backups = listing.list_backups(client)
    if name is None:
        newest = listing.newest(backups)
        if newest is None:
            raise errors.NotFound(
                "The server has no backup yet. Make one first, with state=present or with O(max_age).", options=("max_age",)
            )
        return listing.with_time(client, newest)
    require_filename(name)
    for backup in backups:
        if backup.filename == name:
            return listing.with_time(client, backup)
    raise errors.NotFound("The server has no backup named %s. %s" % (name, _names_of(backups)), details={"name": name})


def _names_of(backups: List[Backup]) -> str:
    if not backups:
        return "It has none at all."
    return "The newest of its %d is %s." % (len(backups), (listing.newest(backups) or backups[0]).filename)


def _already_there(local: LocalBackup, backup: Backup, options: BackupOptions, warnings: List[str]) -> Optional[proof.Proof]:
    """The proof of the file in place, if it is this backup and whole; without `verify` its bytes are not read."""
    if not local.looks_like(backup.size, backup.created):
        return None
    if not options.verify:
        return proof.Proof(backup.size, "")
    try:
        return proof.prove_dump(local.path)
    except errors.DamagedBackup as exc:
        warnings.append("%s It is fetched again." % exc.msg)
        return None


def _download(client: api.Immich, backup: Backup, local: LocalBackup) -> Tuple[proof.Proof, int]:
    """Downloads a backup, proves it and puts it in place. Raises `DamagedBackup` for what the server has only in that form."""
    if not backup.size:
        raise proof.damaged(errors.DamagedBackup("is empty: it has 0 bytes"), "The backup %s on the server" % backup.filename, _KEPT)
    with local.partial() as file:
        resumed = file.size > 0
        receiver = _Receiver(client, backup, file)
        receiver.run()
        try:
            try:
                proven = file.prove(receiver.size)
            except errors.DamagedBackup:
                if not resumed:
                    raise
                file.empty()  # what an earlier run has left was of another file
                receiver.run()
                proven = file.prove(receiver.size)
        except errors.DamagedBackup as exc:
            file.delete()
            raise proof.damaged(exc, "The backup %s on the server" % backup.filename, _KEPT) from exc
        file.put_in_place(backup.created)
    return proven, receiver.bytes


_KEPT = "It was not put in place, and what was fetched before is untouched. Make a new one with state=present, and see the server's log."


class _Receiver:
    """Downloads what is missing of a file. `bytes` counts all that was received, repeated parts included; `size` is that of the whole."""

    def __init__(self, client: api.Immich, backup: Backup, file: PartialFile) -> None:
        self.bytes = 0
        self.size = backup.size
        self._client = client
        self._name = backup.filename
        self._file = file
        self._etag: Optional[str] = None

    def run(self) -> None:
        """Goes on as long as each attempt brings something; the client tries those that do not again a few times. Raises `ImmichError`."""
        calls = self._client.backups
        if self._file.size > self.size:
            self._file.empty()
        while self._file.size < self.size:
            before = self._file.size
            try:
                calls.receive(self._name, self._take, lambda: self._file.size)
            except errors.ImmichError as exc:
                if exc.transient and self._file.size > before:
                    continue
                raise self._explained(exc) from exc

    def _take(self, stream: Download) -> None:
        with stream:
            self._begin(stream)
            while self._file.size < self.size:
                block = stream.read(min(BLOCK, self.size - self._file.size))
                if not block:
                    raise errors.ConnectionCut("The server ended the file after %d bytes." % self._file.size, method="GET")
                self.bytes += len(block)
                self._file.write(block)

    def _begin(self, stream: Download) -> None:
        """Compares what comes with what is there. Raises `ConnectionCut`, which is tried again, where the file is another one now."""
        if not stream.start:
            self._file.empty()
            self.size = self.size if stream.size is None else stream.size
        elif (
            stream.start != self._file.size or self._etag not in (None, stream.etag) or stream.size not in (None, self.size - stream.start)
        ):
            self._file.empty()
            raise errors.ConnectionCut("The file changed on the server while it was fetched.", method="GET")
        self._etag = stream.etag

    def _explained(self, exc: errors.ImmichError) -> errors.ImmichError:
        """Immich 2 answers 500 that says it were gzip for a file that is gone, and 3 404: the list tells."""
        if exc.status not in (404, 500):
            return exc
        if any(backup.filename == self._name for backup in listing.list_backups(self._client)):
            return exc
        return errors.NotFound(
            "The backup %s was deleted on the server before it was fetched. Immich keeps only so many (backup.database.keepLastAmount)."
            % self._name,
            status=exc.status,
            path=exc.path,
        )
