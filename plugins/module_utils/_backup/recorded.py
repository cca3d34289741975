# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fetches a backup with its manifest, which says what it has to hold: a young one that has one, or a new one."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import Any, Callable, Dict, Optional

from .._client import api, errors
from .._text import printable
from . import fetch, listing, local, make, manifests
from .options import BackupOptions
from .verification.library_statistics import StatisticsOptions, check_sample, read_statistics

Result = Dict[str, Any]

_FORMAT = 1  # of the manifest
COUNT, MAKE, SAMPLE, WRITE, FETCH = "count", "make", "sample", "manifest", "fetch"


def fetch_recorded(
    client: api.Immich, user: api.Immich, options: BackupOptions, check_mode: bool, check_stop: Callable[[], None]
) -> Result:
    """Brings a backup with its manifest to `dest`: the module's result. `user` has the key of the user whose photos are sampled.

    Raises `RunFailed` where a step after the first look fails, with that step and with where what there is until then lies.
    """
    check_sample(options.sample)
    fetch.prepare(client, options)
    if options.make:
        client.require(make.scopes_to_make(client))
    result: Result = {
        "changed": False,
        "backup": None,
        "path": None,
        "checksum": None,
        "bytes_received": 0,
        "manifest": None,
        "manifest_path": None,
        "rejected": "",
        "damaged": None,
        "warnings": [],
        "diff": {"before": {"fetched": None}, "after": {"fetched": None}},
    }
    _use_young(client, options, check_mode, result)
    if result["path"] is None and options.make:
        _make(client, user, options, check_mode, check_stop, result)
    return result


def _use_young(client: api.Immich, options: BackupOptions, check_mode: bool, result: Result) -> None:
    """Fetches the newest backup if it is young enough and has a manifest. Of one that does not count, `rejected` says why."""
    backup = make.newest_within(client, make.read_list(client), replace(options, verify=False), result["warnings"])
    if backup is None:
        return
    path = local.LocalBackup.at(options.dest or "", backup.filename).path
    manifest_path = manifests.path_of(path)
    manifest = manifests.read(manifest_path)
    if not isinstance(manifest.get("dump"), dict):  # of a backup without one nobody knows what it should hold
        return
    differences = manifests.differences_of(manifest)
    if differences:
        result["rejected"] = "The proof of %s has failed: %s" % (backup.filename, " ".join(differences))
        return
    try:
        fetched = fetch.fetch_named(client, options, check_mode, backup.filename)
    except errors.DamagedBackup as exc:
        result.update(rejected=exc.details["problem"], damaged=backup.filename)
        return
    checksum, expected = fetched["checksum"], manifest["dump"].get("sha256")
    if expected is not None and checksum not in (None, expected):
        raise errors.LocalFailure(
            "%s is the manifest of another file than %s: the checksums differ. Move both away, and try again."
            % (printable(manifest_path), printable(path))
        )
    result.update(fetched, warnings=result["warnings"] + fetched["warnings"], manifest=manifest, manifest_path=manifest_path)
    if expected is None and checksum is not None:
        _complete(result, checksum, check_mode)


def _make(
    client: api.Immich, user: api.Immich, options: BackupOptions, check_mode: bool, check_stop: Callable[[], None], result: Result
) -> None:
    """Makes a backup, with the server counted before and after it, writes its manifest, and fetches it."""
    result.update(changed=True, diff={"before": {"fetched": None}, "after": {"fetched": "a new one"}})
    if check_mode:
        return
    result["changed"] = False
    step = COUNT
    try:
        before = read_statistics(client, StatisticsOptions(), check_stop)
        step = MAKE
        backup = make.make_backup(client, options.wait_timeout)
        described = listing.describe(client, backup) or {}
        result.update(changed=True, backup=described)
        make.check_on_server(client, backup, verify=False)  # the whole file is read when it is fetched
        step = COUNT
        after = read_statistics(client, StatisticsOptions(), check_stop)
        step = SAMPLE
        sampled = read_statistics(user, StatisticsOptions(sample=options.sample), check_stop)
        manifest = {
            "format": _FORMAT,
            "immich": {"url": client.connection.url, "version": before["version"]},
            "dump": {"filename": backup.filename, "size": backup.size, "sha256": None, "created": described["created"]},
            "statistics": {"before": {"server": before["server"]}, "after": {"server": after["server"], "user": sampled["user"]}},
            "sample": sampled["sample"],
            "proof": None,
        }
        step = WRITE
        path = local.LocalBackup.at(options.dest or "", backup.filename).path
        with local.failing(os.path.dirname(path), "cannot be made"), suppress(FileExistsError):
            os.mkdir(os.path.dirname(path), 0o700)
        # Before the backup is fetched: of one without a manifest nobody knows what it should hold.
        result.update(manifest=manifest, manifest_path=manifests.path_of(path))
        manifests.write(result["manifest_path"], manifest)
        step = FETCH
        fetched = fetch.fetch_named(client, options, False, backup.filename)
        result.update(fetched, changed=True, warnings=result["warnings"] + fetched["warnings"], diff=result["diff"])
        step = WRITE
        _complete(result, fetched["checksum"], check_mode)
    except errors.ImmichError as exc:
        raise errors.RunFailed(exc, {**result, "failed_step": step}) from exc


def _complete(result: Result, checksum: Optional[str], check_mode: bool) -> None:
    """Writes the checksum of the file in place into its manifest."""
    result["manifest"]["dump"]["sha256"] = checksum
    result["changed"] = True
    if not check_mode:
        manifests.write(result["manifest_path"], result["manifest"])
