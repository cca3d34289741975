# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""External libraries (administrators only), found by their owner and name, neither of which Immich can change.

Immich checks no path when a library is created, and all that it is given when one is changed. So all are checked here before anything is
sent, and only what differs is sent. Paths are those that the server sees. Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed.
"""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..._client import errors, versions, waits
from ..._client.endpoints.objects import ObjectCalls
from ..._client.endpoints.queues import QueueCalls
from .. import normalise
from ..model import PRESENT, Context, Field, Kind, Option, PlannedObject, Route
from . import config, offline
from .users import USERS

# `POST /libraries/{id}/validate` looks at no library: it takes any id of version 4.
_ANY = "00000000-0000-4000-8000-000000000000"
_NOT_A_FOLDER = "Not a directory"  # so it is there
SCAN = ("never", "changed", "always")

_INTERVAL = 1.0
"""Seconds between two questions whether a scan is done."""


def distinct_texts(value: Any) -> Tuple[str, ...]:
    """A list of texts that are not empty, each once: Immich refuses the others."""
    return tuple(dict.fromkeys(normalise.text(path) for path in value))


def absolute_paths(value: Any) -> Tuple[str, ...]:
    """The import paths of a library, absolute and as the server sees them. A slash at the end would be another path to Immich."""
    paths = tuple(dict.fromkeys(normalise.text(path).rstrip("/") or "/" for path in value))
    for path in paths:
        if not path.startswith("/"):
            raise ValueError("'%s' is not absolute" % path)
    if len(paths) > 128:
        raise ValueError("has more than 128 paths, which Immich refuses")
    return paths


def problems_with(objects: ObjectCalls, paths: Sequence[str]) -> Dict[str, str]:
    """What the server says of paths that it cannot use, by path. Needs a key with `all` on Immich 2 and later."""
    if not paths:
        return {}
    answer = objects.query("/libraries/%s/validate" % _ANY, {"importPaths": list(paths)})
    checks: List[Dict[str, Any]] = answer.get("importPaths", [])
    return {str(check.get("importPath")): str(check.get("message") or "not valid") for check in checks if not check.get("isValid")}


def unseen_paths(objects: ObjectCalls, paths: Sequence[str]) -> List[str]:
    """Those of the paths at which the server sees neither a folder nor a file. Needs what `problems_with` does."""
    wanted = list(dict.fromkeys(paths))
    return _unseen(wanted, problems_with(objects, wanted))


def _unseen(paths: Sequence[str], problems: Mapping[str, str]) -> List[str]:
    return [path for path in paths if path in problems and problems[path] != _NOT_A_FOLDER]


def _paths_to_look_at(planned: PlannedObject) -> Tuple[List[str], List[str]]:
    """The paths that have to be there, and those to import from that change."""
    wanted, change = planned.wanted, planned.change
    if wanted["state"] != PRESENT or not (change.calls or wanted["scan"] == "always"):
        return [], []
    paths = list(wanted.get("import_paths") or ()) if wanted["validate"] and "import_paths" in change.changed else []
    return list(wanted.get("require") or ()), paths


def _scans(planned: PlannedObject) -> bool:
    wanted = planned.wanted
    return wanted["state"] == PRESENT and (wanted["scan"] == "always" or (wanted["scan"] == "changed" and bool(planned.change.calls)))


def _unguarded_scans(context: Context, planned: PlannedObject) -> Sequence[str]:
    """A warning where Immich itself scans a library that has `require`, whatever is mounted; none where the key may not know."""
    if planned.wanted["state"] != PRESENT or not planned.wanted.get("require"):
        return ()
    settings = errors.where_allowed(lambda: config.leaves_afterwards(context)) or {}
    unguarded = ("library.watch.enabled",) if planned.wanted["guarded"] else ("library.scan.enabled", "library.watch.enabled")
    scans = [name for name in unguarded if settings.get(name)]
    if not scans:
        return ()
    warning = (
        "Immich scans the library %s by itself (%s), whether or not it sees %s: require guards only what this task does. While the disk is "
        "away, such a scan moves all photos of the library to the trash. Set %s to false in the configuration, and scan from here, with "
        "scan: always." % (planned.change.label, ", ".join(scans), ", ".join(planned.wanted["require"]), " and ".join(scans))
    )
    if "library.watch.enabled" in scans:
        warning += " The watcher deletes at once what it sees vanish, without the trash, and no pause prevents that."
    else:
        warning += (
            " Or have the role immich_server pause the queue library while the disk is away, with immich_server_library_guard, or the role "
            "immich_policy, with immich_policy_while_missing, and set guarded to true."
        )
    return [warning]


def wait_for_scan(context: Context, library_id: str, before: Any, timeout: float) -> None:
    """Until the server has looked through the library, which moves `refreshedAt`, and the queue has nothing left. Raises `Timeout`.

    `before` is what `refreshedAt` was. What other queues make of new files is not waited for. Returns early if the run is to end.
    """
    end, queues = time.monotonic() + timeout, QueueCalls(context.client)
    while not context.stop_reason():
        queue = next((queue for queue in queues.all() if queue.name == "library"), None)
        if queue is None:
            raise errors.ServerFailure("Immich lists no queue library, so that nobody can see whether the scan is done. Set wait to false.")
        if queue.paused:
            raise errors.InvalidRequest("The queue library is paused, so that no scan is done. Resume it, or set wait to false.")
        refreshed = context.objects.read_one("/libraries/%s" % library_id).get("refreshedAt")
        if refreshed != before and not queue.active and not queue.waiting:
            return
        if time.monotonic() + _INTERVAL > end:
            raise errors.Timeout("The scan was not done after %d seconds. It goes on by itself." % timeout)
        waits.sleep(_INTERVAL)


class Libraries(Kind):
    """What the API has below `/libraries`."""

    name, singular, plural = "libraries", "library", "libraries"
    order = 30
    keys = (("name", "owner"),)
    fields = (
        Field("name", normalise=normalise.text),
        Field("owner", api="ownerId", normalise=normalise.email_or_id, refers_to=USERS, on_update=False),
        Field("import_paths", type="list", elements="str", normalise=absolute_paths, decode=tuple, encode=list, unordered=True),
        Field("exclusion_patterns", type="list", elements="str", normalise=distinct_texts, decode=tuple, encode=list, unordered=True),
    )
    options = (
        Option("validate", type="bool", default=True),
        Option("require", type="list", elements="str"),
        Option("guarded", type="bool", default=False),
        Option("scan", choices=SCAN, default="never"),
        Option("wait", type="bool", default=False),
        Option("wait_timeout", type="float", default=600.0),
    )
    path, object_path = "/libraries", "/libraries/{id}"
    scope_to_read = "library.read"
    calls: Mapping[str, Route] = {
        "create": Route("POST", "/libraries", scope="library.create"),
        "update": Route("PUT", "/libraries/{id}", scope="library.update"),
        "delete": Route("DELETE", "/libraries/{id}", scope="library.delete"),
    }

    def more_scopes(self, context: Context, planned: PlannedObject) -> Dict[str, str]:
        """What is needed to have the server look at paths, and to scan."""
        needed: Dict[str, str] = {}
        if any(_paths_to_look_at(planned)) and context.client.supports(versions.NEEDS_ALL):
            needed["all"] = "have the server look at paths of libraries"
        if _scans(planned):
            needed[self.calls["update"].scope] = "scan libraries"
            if planned.wanted["wait"]:
                needed[QueueCalls(context.client).scope_to_read()] = "wait for the scan"
        return needed

    def check(self, context: Context, planned: PlannedObject) -> Sequence[str]:
        """Refuses a change or a scan while a mount is away, and paths that the server cannot read. Raises `InvalidRequest`."""
        required, paths = _paths_to_look_at(planned)
        problems = problems_with(context.objects, list(dict.fromkeys([*required, *paths])))
        away = _unseen(required, problems)
        missing = offline.find_offline(context, planned)
        if away:
            raise errors.InvalidRequest(
                "Nothing was changed: library %s has require: %s, and Immich does not see %s. Mount the disk, or change O(require).%s"
                % (
                    planned.change.label,
                    ", ".join(away),
                    "it" if len(away) == 1 else "them",
                    " " + offline.sentence(missing) if missing and missing.number else "",
                ),
                details={"missing": away},
                options=("require",),
            )
        wrong = {path: problems[path] for path in paths if path in problems}
        if wrong:
            raise errors.InvalidRequest(
                "The server cannot import from %s. Paths are those that the server sees, in its container; set validate to false to "
                "declare one that is not there yet." % ", ".join("%s (%s)" % problem for problem in wrong.items()),
                details={"paths": wrong},
            )
        warnings = ["Library %s: %s" % (planned.change.label, offline.sentence(missing))] if missing and missing.is_all else []
        return [*_unguarded_scans(context, planned), *warnings]

    def finish(self, context: Context, planned: PlannedObject, object_id: Optional[str]) -> Dict[str, Any]:
        """Has the server look for files, where the option says so."""
        wanted, scans = planned.wanted, _scans(planned)
        missing = offline.find_offline(context, planned)  # before the scan, as check mode has it
        if scans and object_id and not context.check_mode:
            before = planned.found.raw.get("refreshedAt") if planned.found else None
            context.objects.send("POST", "/libraries/%s/scan" % object_id)
            if wanted["wait"]:
                wait_for_scan(context, object_id, before, wanted["wait_timeout"])
        result = {} if missing is None else {"offline": missing.number, "offline_days_left": missing.days_left}
        return {"scanned": True, **result} if scans else result


LIBRARIES = Libraries()
