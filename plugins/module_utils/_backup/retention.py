# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deletes backups: on the server those that are named, and the oldest; in a folder the oldest, and manifests that belong to none."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set

from .. import _own_files
from .._client import api, errors
from .._client.endpoints.backups import require_filename
from .._text import printable
from . import listing, local, make, manifests
from .options import BackupOptions

Result = Dict[str, Any]

DELETE_SCOPE = "backup.delete"
_FETCHED = re.compile(r"(\.?)(immich-db-backup-[^/]+?)\.(sql\.gz\.part|sql\.gz|json)")


def delete_backups(client: api.Immich, options: BackupOptions, check_mode: bool) -> Result:
    """Deletes what the options name on the server and in `dest`: the module's result. Before that, writes down the proof of a backup.

    Raises `RunFailed` where that has failed: nothing is deleted then.
    """
    names: List[str] = []
    if options.dest is not None:
        _own_files.require_parent(options.dest, option="dest")
        if options.proof is not None and options.fetched is not None:
            _write_proof(local.LocalBackup.at(options.dest, options.fetched).path, options.proof, check_mode)
        names = find_surplus(options.dest, options.keep_fetched, options.fetched)
    result = _delete_on_server(client, options, check_mode)
    result["changed"] = result["changed"] or options.proof is not None
    for name in [] if check_mode else names:
        path = os.path.join(options.dest or "", name)
        try:
            os.unlink(path)
        except OSError as exc:
            raise errors.RunFailed(local.failure(exc, path, "cannot be deleted"), result) from exc
        result["changed"] = True
        result["deleted_fetched"].append(name)
    before = sorted(names)
    result["diff"]["before"]["fetched"], result["diff"]["after"]["fetched"] = before, []
    return {**result, "changed": result["changed"] or bool(names), "deleted_fetched": names}


def _write_proof(path: str, result: Mapping[str, Any], check_mode: bool) -> None:
    if not check_mode:
        manifests.write_proof(manifests.path_of(path), result)
    if result.get("proven") is True:
        return
    if "proven" in result:
        differences = " ".join(map(str, result.get("differences") or ()))
        message = "%s can be restored, but it does not hold what the server had: %s Back up again." % (printable(path), differences)
    else:
        message = str(result.get("msg") or "%s could not be proven." % printable(path))
    raise errors.RunFailed(errors.BackupFailed(message + " Older backups are untouched."), {"changed": not check_mode})


def _delete_on_server(client: api.Immich, options: BackupOptions, check_mode: bool) -> Result:
    """Deletes `name`, `names`, and of the others all but the newest `keep` of each kind that Immich makes."""
    named = [*(options.names or ()), *([options.name] if options.name else [])]
    if not named and options.keep is None:
        return {"changed": False, "deleted": [], "deleted_fetched": [], "diff": {"before": {}, "after": {}}}
    listing.require_listing(client, "delete backups")
    client.require({listing.LIST_SCOPE: "list the backups", DELETE_SCOPE: "delete them"})
    for name in named:
        require_filename(name)
    backups = make.read_list(client)
    names_on_server = [backup.filename for backup in backups]
    deleted = [name for name in names_on_server if name in named]
    if options.keep is not None:
        for kind in (listing.ROUTINE, listing.RESTORE_POINT):
            left = [backup.filename for backup in backups if backup.kind == kind and backup.filename not in named]
            deleted += left[options.keep :]
    if deleted and not check_mode:
        client.backups.delete(deleted)
        remaining = [backup.filename for backup in make.read_list(client) if backup.filename in deleted]
        if remaining:
            raise errors.ServerFailure("Immich accepted to delete backups, but still has %s. See the server's log." % ", ".join(remaining))
    return {
        "changed": bool(deleted),
        "deleted": deleted,
        "deleted_fetched": [],
        "diff": {"before": {"backups": sorted(names_on_server)}, "after": {"backups": sorted(set(names_on_server) - set(deleted))}},
    }


def find_surplus(folder: str, keep: Optional[int], fetched: Optional[str]) -> List[str]:
    """The names of files in a folder that are to be deleted, those of a backup one after the other. Raises `LocalFailure`.

    All but the newest `keep` backups, whose names begin with the time, with their manifests. Without `keep` all stay. And manifests of
    backups that nobody has fetched, or is fetching. `fetched` is the name of a backup that counts as one that is there.
    """
    stems: Dict[str, Set[str]] = {"sql.gz": set(), "sql.gz.part": set(), "json": set()}
    for name in _names_in(folder):
        match = _FETCHED.fullmatch(name)
        if match is not None and bool(match.group(1)) == (match.group(3) == "sql.gz.part"):
            stems[match.group(3)].add(match.group(2))
    backups = stems["sql.gz"] | ({fetched[: -len(".sql.gz")]} if fetched and fetched.endswith(".sql.gz") else set())
    surplus = set() if keep is None else set(sorted(backups, reverse=True)[keep:])
    alone = [stem for stem in stems["json"] - backups - stems["sql.gz.part"] if keep is not None or _was_never_fetched(folder, stem)]
    return _in_order(stems["sql.gz"] & surplus, (stems["json"] & surplus) | set(alone))


def _in_order(backups: Set[str], of_manifests: Set[str]) -> List[str]:
    """Each backup before its manifest: one without a manifest would count as one that nobody knows anything of."""
    names: List[str] = []
    for stem in sorted(backups | of_manifests):
        names += [stem + ".sql.gz"] * (stem in backups) + [stem + ".json"] * (stem in of_manifests)
    return names


def _names_in(folder: str) -> Sequence[str]:
    with local.failing(folder, "cannot be read"), suppress(FileNotFoundError), os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    return []


def _was_never_fetched(folder: str, stem: str) -> bool:
    """Whether a manifest has no checksum yet, which it gets when its backup is there."""
    dump = manifests.read(os.path.join(folder, stem + ".json")).get("dump")
    return isinstance(dump, dict) and "sha256" in dump and dump["sha256"] is None
