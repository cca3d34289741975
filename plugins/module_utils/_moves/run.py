# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Moves an external library to another folder: Immich makes new assets of the files there, which take over what there is of the old ones.

Both are there from the scan on, for as many days as Immich keeps what it does not find. Nothing is removed before all of it was read back
from the new asset, and each pair for itself: a run that dies leaves the other pairs to the next one.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from .. import _options, _text
from .._client import api, errors, values, versions, waits
from .._client.endpoints.objects import ObjectCalls
from .._client.endpoints.queues import QueueCalls
from .._deletions.confirm import confirm
from .._resources import state
from .._resources.declare import RunContext, normalise
from .._resources.kinds import config, offline
from .._resources.kinds.libraries import LIBRARIES, absolute_paths, problems_with
from .._resources.model import PRESENT, PlannedObject
from .._resources.references import Directory
from .._run.run import TIME_FOR_A_CALL, Run
from . import pairs as pairing
from .attached import NOTHING, Attachments, MoveRecord, read_attached
from .carry import Carrier, OldAssets, values_of
from .lease import MoveLease

Result = Dict[str, Any]

COMMENTS, EDITS, UNSEEN = LOSSES = ("comments", "edits", "unseen")
"""What cannot be carried over: comments and likes of assets, changes with which Immich shows them, and what it no longer tells of those
that are offline already."""

_BATCH = 100  # assets that are removed at once
_INTERVAL = 1.0  # seconds
_TIME_TO_REMOVE = 60.0  # seconds
_MOST_LISTED = 100

_READING = ("library", "metadataExtraction", "sidecar", "storageTemplateMigration")
_FACES = ("thumbnailGeneration", "faceDetection", "facialRecognition")

_SCOPES = {
    "asset.read": "find the assets",
    "asset.update": "change the new assets",
    "asset.view": "see the size of previews, in which faces are marked",
    "asset.delete": "remove the old assets",
    "album.read": "find the albums",
    "albumAsset.create": "add the new assets to albums",
    "album.update": "set the covers of albums",
    "album.create": "write down that a library is being moved",
    "album.delete": "clear that away",
    "tag.read": "find the tags",
    "tag.create": "make tags",
    "tag.asset": "give tags to the new assets",
    "stack.read": "find the stacks",
    "stack.create": "make the stacks again",
    "sharedLink.read": "find the shared links",
    "memory.read": "find the memories",
    "memoryAsset.create": "add the new assets to memories",
    "face.read": "find the faces",
    "face.create": "mark faces",
    "face.update": "name faces",
    "activity.read": "find the comments",
}

_WATCHED = (
    "library.watch.enabled is on: Immich deletes at once what it sees vanish from the folder of a library, with everything that you did to "
    "it. Set it to false in the configuration before anything is moved."
)
_STILL_THERE = "O(moved_from) is %s, which O(import_paths) still has, or a folder above it. Take it out of O(import_paths)."
_STILL_FOUND = "Immich still finds its file."
_BEING_REMOVED = "All of it was carried over, but Immich has yet to remove the old asset. Run this again."
_NO_PATHS = "O(moved_from) needs O(import_paths): the folders in which the files are now."
_ANOTHERS = "The library belongs to another user, whose photos this key does not see. Give an API key of its owner as O(user_api_key)."
_STILL_SEEN = (
    "Immich still sees something at %s, from which the files were moved (O(moved_from)). Together with the old assets, Immich before 2.7 "
    "deletes the files that it finds there, even if they are the only ones. Give that folder another name, or take it out of Immich's "
    "container, or update Immich."
)
_LOST = "Nothing was changed: with the old assets, this would be lost: %s. Accept that with O(accept_loss): [%s]%s"
_UNSEEN = (
    ", or move the folder back and scan: then all of it comes back, and can be carried over. Immich no longer tells of photos that are "
    "offline already in which stacks, shared links and memories they are, and whether they have comments."
)


@dataclass(frozen=True)
class MoveOptions:
    """The options of immich_library that are about a move, documented there."""

    moved_from: str = _options.option(required=False)
    move_record: str = _options.option(type="path", required=False)
    accept_loss: Tuple[str, ...] = _options.option((), choices=LOSSES)
    wait_timeout: float = _options.internal(600.0)


class Move:
    """The move of one library, of whose declaration `given` has the options. `client` has an administrator's key, `owner` its owner's."""

    def __init__(
        self,
        client: api.Immich,
        owner: api.Immich,
        options: MoveOptions,
        given: Mapping[str, Any],
        lease: MoveLease,
        *,
        check_mode: bool,
    ) -> None:
        self._client = client
        self._owner = owner
        self._options = options
        self._given = given
        self._lease = lease
        self._check_stop = lease.check
        self._check_mode = check_mode
        self._moved_from = _folder(options.moved_from)
        self._paths: Tuple[str, ...] = ()
        self._library_id = self._me = ""
        self._context = RunContext(client, Directory(client), check_mode=True)
        self._attached: Dict[str, Attachments] = {}
        self._recorded: Set[str] = set()
        self._old: List[values.Asset] = []
        self._scans = False
        self._lost: Dict[str, int] = {}

    def declaration(self) -> Dict[str, Any]:
        """The library as it is declared; with a scan that is waited for, where Immich has not looked into the new folder yet."""
        return {**self._given, "scan": "always", "wait": True, "validate": True} if self._scans else dict(self._given)

    def prepare(self) -> bool:
        """Looks at everything: whether there is anything to move. Changes nothing. Raises `InvalidRequest` for what cannot be moved, or not
        without a loss that was not accepted, and `LocalFailure` while another run moves something."""
        planned = self._plan()
        library = planned.found
        if library is None:
            return False
        self._library_id = library.id
        self._owner.require({"user.read": "tell whose library it is", "asset.read": _SCOPES["asset.read"]})
        self._me = self._owner.server.me().id
        if library.raw["ownerId"] != self._me:
            raise errors.InvalidRequest(_ANOTHERS, details={"owner": library.raw["ownerId"]}, options=("user_api_key",))
        record = self._read_record()
        self._old, new = self._list()
        if not self._old:
            return False
        self._require_scopes()
        self._lease.refuse_others()
        if config.leaves_afterwards(self._context).get("library.watch.enabled"):
            raise errors.InvalidRequest(_WATCHED, details={"option": "library.watch.enabled"})
        problems = problems_with(ObjectCalls(self._client), self._paths)
        if problems:
            raise errors.InvalidRequest(
                "Nothing was changed: Immich does not see %s. Paths are those that the server sees, in its container."
                % ", ".join("%s (%s)" % problem for problem in problems.items()),
                details={"paths": problems},
                options=("import_paths",),
            )
        self._require_old_folder_away()
        is_there = any(not placed.missing for placed in self._old)
        self._scans = is_there or "import_paths" in planned.change.changed or not new
        self._read_attached(record)
        return True

    def write_record(self) -> None:
        """Writes down what a scan makes Immich forget. To be called with the lease: what another run has changed since `prepare` is looked
        at again, which raises the same."""
        seen = {placed.id: placed.missing for placed in self._old}
        self._old, _new = self._list()
        record = self._read_record()
        if {placed.id: placed.missing for placed in self._old} != seen:
            self._read_attached(record)
        if any(not placed.missing for placed in self._old):
            record.save(self._attached)
        self._recorded = set(record.attached)

    def _read_record(self) -> MoveRecord:
        return MoveRecord(self._options.move_record, self._client.connection.root, self._library_id, self._moved_from)

    def carry(self) -> Result:
        """Carries over what the old assets have, and removes them: what the module returns of it. In check mode it only says what it would
        do. Raises `RunFailed` at the end if some failed."""
        if not self._check_mode:
            people = any(attached.people for attached in self._attached.values())
            self._wait_for_jobs((*_READING, *(_FACES if people else ())))
        self._old, new = self._list()
        missing = [placed for placed in self._old if placed.missing]
        pairs, unpaired = pairing.pair_up(missing, new, self._moved_from, self._paths)
        still_found = [placed for placed in self._old if not placed.missing]
        if self._check_mode:
            # Only a scan tells which files are at their new place: what is still there is taken for them, or else all.
            if self._scans and not still_found:
                return self._result(missing, [], None)
            return self._result([*still_found, *(pair.old for pair in pairs)], unpaired, None)
        unpaired += [pairing.UnpairedAsset(placed, _STILL_FOUND) for placed in still_found]
        listed = {placed.id for placed in self._old}
        unread = {skipped.old.id for skipped in unpaired if skipped.reason == pairing.UNREAD}
        old = OldAssets(listed, unread, self._recorded - listed)
        carrier = Carrier(self._owner, pairs, self._attached, old, self._options.wait_timeout, self._check_stop)
        done: List[values.Asset] = []
        problem: Optional[errors.ImmichError] = None
        try:
            carrier.carry_out()
            for removed, left in self._remove([pair for pair in pairs if pair.old.id not in carrier.failed]):
                done += removed
                unpaired += [pairing.UnpairedAsset(old, _BEING_REMOVED) for old in left]
        except errors.ImmichError as exc:
            problem = exc
        result = self._result(done, unpaired, carrier)
        if problem is not None:
            msg = "%s Done until then: %d of %d assets.%s" % (problem.msg, len(done), len(pairs), self._time_left())
            raise errors.RunFailed(problem, result, msg)
        first = next(iter(carrier.failed.values()), None)
        if first is not None:
            msg = "%d of %d assets could not be moved, the first with: %s%s"
            raise errors.RunFailed(first, result, msg % (len(carrier.failed), len(pairs), first.msg, self._time_left()))
        return result

    def _plan(self) -> PlannedObject:
        """The library as it is, and how it differs from what is declared. Raises `InvalidRequest`."""
        wanted = normalise(LIBRARIES, self._given, LIBRARIES.singular)
        if wanted["state"] != PRESENT:
            raise errors.wrong_option("moved_from", "cannot be given with state absent. Leave it out.")
        self._paths = wanted.get("import_paths") or ()
        if not self._paths:
            raise errors.InvalidRequest(_NO_PATHS, options=("moved_from", "import_paths"))
        if any(path == self._moved_from or pairing.is_below(self._moved_from, path) for path in self._paths):
            raise errors.InvalidRequest(_STILL_THERE % self._moved_from, options=("moved_from", "import_paths"))
        return state.plan_one(self._context, LIBRARIES, wanted, [wanted])

    def _require_old_folder_away(self) -> None:
        """Raises `InvalidRequest` where Immich would delete files with the old assets, such as those that were copied, or that it sees at
        both places."""
        if self._client.supports(versions.MISSING_FILES_STAY):
            return
        problem = problems_with(ObjectCalls(self._client), [self._moved_from]).get(self._moved_from, "")
        if "ENOENT" not in problem:  # any other may be over in a moment
            raise errors.InvalidRequest(_STILL_SEEN % self._moved_from, options=("moved_from",))

    def _require_scopes(self) -> None:
        admins = {
            "systemConfig.read": "see whether Immich watches folders",
            QueueCalls(self._client).scope_to_read(): "wait for background jobs",
        }
        if self._client.supports(versions.NEEDS_ALL):
            admins["all"] = "have the server look at paths of libraries"
        self._client.require({self._client.newest_scope(scope): use for scope, use in admins.items()})
        stacks = {} if self._client.supports(versions.REMOVES_ARCHIVED_STACKS) else {"stack.delete": "take the old stacks apart"}
        link = "asset.copy" if self._client.supports(versions.ASSETS_COPIED) else "sharedLink.update"
        self._owner.require({**_SCOPES, **stacks, link: "add the new assets to shared links"})

    def _list(self) -> Tuple[List[values.Asset], List[values.Asset]]:
        """The assets below the old folder, and those below the new ones, of which the trash has some."""
        old: List[values.Asset] = []
        new: List[values.Asset] = []
        missing = values.Search(None, library_id=self._library_id, offline=True)
        for search in (missing, replace(missing, offline=False), replace(missing, offline=False, trashed=True)):
            for page in self._owner.assets.search(search, owners=(self._me,)):
                self._check_stop()
                for placed in page:
                    if any(pairing.is_below(placed.path, folder) for folder in self._paths):
                        new += [placed] * (not placed.missing)
                    elif pairing.is_below(placed.path, self._moved_from):
                        old.append(placed)
        return old, new

    def _read_attached(self, record: MoveRecord) -> None:
        """Reads what there is of the old assets, as far as a record from before the scan does not say it. Refuses to lose any of it."""
        still_found = [placed for placed in self._old if not placed.missing]
        unseen = [placed for placed in self._old if placed.missing and placed.id not in record.attached]
        read = read_attached(self._owner, [*still_found, *unseen], self._check_stop)
        recorded = {placed.id: record.attached[placed.id] for placed in self._old if placed.id in record.attached}
        self._attached = {**recorded, **read}
        self._lost = {
            COMMENTS: sum(attached.comments for attached in self._attached.values()),
            EDITS: sum(placed.edited for placed in self._old),
            UNSEEN: 0 if still_found else len(unseen),
        }
        refused = [name for name in LOSSES if self._lost[name] and name not in self._options.accept_loss]
        if refused:
            shown = {COMMENTS: "%d comments and likes", EDITS: "the edits of %d photos", UNSEEN: "what is not seen of %d photos"}
            losses = ", ".join(shown[name] % self._lost[name] for name in refused)
            names = [_text.one_line(placed.path) for placed in self._old if self._loses(placed)][:_MOST_LISTED]
            raise errors.InvalidRequest(
                _LOST % (losses, ", ".join(refused), _UNSEEN if UNSEEN in refused else "."),
                details={**self._lost, "assets": names},
                options=("accept_loss",),
            )

    def _loses(self, placed: values.Asset) -> bool:
        return placed.edited or self._attached.get(placed.id, NOTHING).comments > 0

    def _wait_for_jobs(self, names: Sequence[str]) -> None:
        """Until these queues have nothing left. Raises `InvalidRequest` for one that is paused, and `Timeout`."""
        end = time.monotonic() + self._options.wait_timeout
        while True:
            self._check_stop()
            busy = [queue for queue in QueueCalls(self._client).all() if queue.name in names and not queue.drained]
            paused = [queue.name for queue in busy if queue.paused]
            if paused:
                raise errors.InvalidRequest(
                    "The queue %s is paused, so that the new assets do not become complete. Resume it, and run this again.%s"
                    % (paused[0], self._time_left()),
                    details={"paused": paused},
                )
            if not busy:
                return
            if time.monotonic() + _INTERVAL > end:
                raise errors.Timeout(
                    "Immich has not read all of the new files within %d seconds (%s is at work). Run this again later, or raise "
                    "O(wait_timeout).%s" % (self._options.wait_timeout, busy[0].name, self._time_left()),
                    options=("wait_timeout",),
                )
            waits.sleep(_INTERVAL)

    def _remove(self, pairs: Sequence[pairing.Pair]) -> Iterator[Tuple[List[values.Asset], List[values.Asset]]]:
        """Removes the old assets, those first that are the first in the list. Yields those that went, and those that Immich has yet to
        remove, batch by batch."""
        staying = {placed.id for placed in self._old} - {pair.old.id for pair in pairs}
        for start in range(0, len(pairs), _BATCH):
            self._check_stop()
            part = pairs[start : start + _BATCH]
            ids: List[str] = []
            left: Set[str] = set()
            for pair in part:
                old = self._owner.assets.get(pair.old.id)
                if old is not None:  # else a run before this one did it
                    confirm("No more old assets were removed", partial(self._speaks_against, pair, old))
                    ids.append(old.id)
            if ids:
                self._require_old_folder_away()
                self._take_stacks_apart(part, staying)
                self._owner.assets.delete_for_good(ids)
                left = self._wait_until_gone(ids)
            yield [pair.old for pair in part if pair.old.id not in left], [pair.old for pair in part if pair.old.id in left]

    def _take_stacks_apart(self, pairs: Sequence[pairing.Pair], staying: Set[str]) -> None:
        """Where Immich cannot remove the asset on top of a stack in the archive. The new assets have stacks of their own by now."""
        if self._client.supports(versions.REMOVES_ARCHIVED_STACKS):
            return
        for pair in pairs:
            stack = self._attached.get(pair.old.id, NOTHING).stack
            stack_id = self._owner.stacks.covered_by(pair.old.id) if stack and staying.isdisjoint(stack) else None
            if stack_id is not None:
                self._owner.stacks.delete(stack_id)

    def _speaks_against(self, pair: pairing.Pair, old: values.Asset) -> Optional[str]:
        """What speaks against removing an old asset, by what its own address said just now, and that of the new one says."""
        new = self._owner.assets.get(pair.new.id)
        name = _text.one_line(pair.old.path)
        if (old.id, old.owner) != (pair.old.id, self._me) or not old.missing or not old.external:
            return "%s is not offline" % name
        if new is None or (new.id, new.owner) != (pair.new.id, self._me) or new.missing or not new.external:
            return "the asset in place of %s is not there" % name
        if old.live_video is not None and old.live_video != new.live_video:
            video = self._owner.assets.get(old.live_video)
            if video is not None and not video.missing:
                return "Immich would delete the video %s with %s" % (_text.one_line(video.path), name)
        return None

    def _wait_until_gone(self, asset_ids: List[str]) -> Set[str]:
        """Immich removes them in the background. Those that are still there are left to the next run."""
        left, end = list(asset_ids), time.monotonic() + _TIME_TO_REMOVE
        while left and time.monotonic() < end:
            self._check_stop()
            left = [asset_id for asset_id in left if self._owner.assets.get(asset_id) is not None]
            if left:
                waits.sleep(_INTERVAL)
        return set(left)

    def _time_left(self) -> str:
        """For how long Immich keeps the old assets, as a sentence; "" where it has not missed any yet, or does not answer."""
        search = values.Search(None, library_id=self._library_id, offline=True)
        with suppress(errors.ImmichError):
            if self._owner.assets.has_any(search):
                settings = config.leaves_afterwards(self._context)
                days = offline.days_left(self._owner.assets, [search], settings, self._client.server_time)
                return " Immich deletes the first of the old assets for good %s." % offline.when(days)
        return ""

    def _result(self, done: Sequence[values.Asset], unpaired: Sequence[pairing.UnpairedAsset], carrier: Optional[Carrier]) -> Result:
        failed = carrier.failed if carrier is not None else {}
        paths = {placed.id: _text.one_line(placed.path) for placed in self._old}
        warning = "%d assets were left alone (see left_alone).%s"
        return {
            "warnings": [warning % (len(unpaired), self._time_left())] * bool(unpaired),
            "moved": len(done),
            "carried": _count(done, self._attached),
            "lost": {name: self._lost[name] for name in LOSSES},
            "left_alone": [{"path": _text.one_line(skipped.old.path), "reason": skipped.reason} for skipped in unpaired[:_MOST_LISTED]],
            "failures": [{"path": paths[asset_id], "msg": exc.msg} for asset_id, exc in list(failed.items())[:_MOST_LISTED]],
        }


def _count(done: Sequence[values.Asset], attached: Mapping[str, Attachments]) -> Dict[str, int]:
    """How many of these assets had what, of what is carried over."""
    counts = dict.fromkeys(("albums", "covers", "links", "memories", "stack", "tags", "people", "duplicate", "trashed"), 0)
    counts.update(dict.fromkeys(("description", "rating", "favorite", "visibility", "position"), 0))
    for placed in done:
        of_asset, own = attached.get(placed.id, NOTHING), values_of(placed)
        for name in counts:
            counts[name] += bool(getattr(of_asset, name, None) or own.get(name))
    return {name: count for name, count in counts.items() if count}


def _folder(path: str) -> str:
    """A folder as the server sees it. Raises `InvalidRequest`."""
    try:
        (folder,) = absolute_paths([path])
    except ValueError as exc:
        raise errors.wrong_option("moved_from", "%s." % exc) from None
    return folder


def move_library(
    client: api.Immich, owner: api.Immich, options: MoveOptions, given: Mapping[str, Any], run: Run, *, check_mode: bool
) -> Result:
    """Declares a library, and carries over what there is of the assets below `moved_from`: the module's result. A run that is stopped, or
    dies, is gone on with by the next one. Raises `RunFailed` once something was begun."""
    lease = MoveLease(owner, options.wait_timeout, run)
    move = Move(client, owner, options, given, lease, check_mode=check_mode)
    if not run.do(move.prepare, TIME_FOR_A_CALL):
        return {**state.declare_one(LIBRARIES, client, move.declaration(), check_mode, run=run), "moved": 0}
    with ExitStack() as stack:
        if not check_mode:
            stack.enter_context(lease.held())
            run.do(move.write_record, TIME_FOR_A_CALL)
        declared = state.declare_one(LIBRARIES, client, move.declaration(), check_mode, run=run)
        try:
            moved = run.do(move.carry, TIME_FOR_A_CALL)
        except errors.ImmichError as exc:
            changed = declared["changed"] or bool(exc.result.get("moved"))
            raise errors.RunFailed(exc, {**declared, **exc.result, "changed": changed}) from exc
    changed = declared["changed"] or moved["moved"] > 0
    return {**declared, **moved, "changed": changed, "warnings": [*declared["warnings"], *lease.warnings, *moved["warnings"]]}
