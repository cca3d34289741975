# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module immich_stack does: the stacks of the photos that the server has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from .. import _options, _text
from .._client import api, errors, values
from .._naming import stack_kinds, stacks
from .._run.run import Run, end_run
from . import planning

Result = Dict[str, Any]

PRESENT, ABSENT = STATES = ("present", "absent")

_ACTIONS = (*planning.ACTIONS, planning.REMOVED)

# What is listed in the result and the diff; all else is counted.
_MOST_LISTED = 100
_MOST_NAMES = 20  # of one stack
_MOST_LINES = 1000


@dataclass(frozen=True)
class StackOptions:
    """The module's options of the same names, documented there. `stack_cover` has only the kinds that were given."""

    kinds: Sequence[str] = _options.option((stack_kinds.RAW_JPEG, stack_kinds.HEIC_JPEG, stack_kinds.BURST), choices=stack_kinds.KINDS)
    stack_cover: Mapping[str, str] = _options.option({}, type="dict", options=stack_kinds.COVER_OPTIONS, convert=stack_kinds.given_covers)
    album: Optional[str] = None
    album_id: Optional[str] = None
    tag: Optional[str] = None
    taken_after: Optional[str] = None
    taken_before: Optional[str] = None
    state: str = _options.option(PRESENT, choices=STATES)


def stack(client: api.Immich, options: StackOptions, run: Run, *, check_mode: bool) -> Result:
    """Makes and completes stacks or takes them apart, or with `check_mode` only finds out which. Raises at the end if some failed."""
    if not options.kinds:
        raise errors.wrong_option("kinds", "is empty. Name at least one kind of stack.")
    after = _options.normalise_moment("taken_after", options.taken_after, end_of_day=False)
    before = _options.normalise_moment("taken_before", options.taken_before, end_of_day=True)
    client.require(_scopes(options))
    tag_id = _tag_id(client, options)
    wanted = values.Search(album_id=_album_id(client, options), tag_ids=(tag_id,) if tag_id else (), taken_after=after, taken_before=before)
    photos = client.assets.search(wanted, owners=(client.server.me().id,))
    pictures = list(_pictures(photos, run, any_time=options.state == ABSENT))
    groups = list(stacks.find_groups(pictures, options.kinds, options.stack_cover))
    count = len(pictures)
    del pictures
    plan = (
        planning.make_removals(client, groups)
        if options.state == ABSENT
        else planning.make_plan(client, groups, reset_covers=options.stack_cover)
    )
    report = _Report(options.kinds, count, plan)
    if check_mode:
        for change in plan.changes:
            report.done(change, change.stack_id)
    else:
        _carry_out(client, plan, report, run)
    return end_run(report.result(), report.first_error, (report.failures, len(plan.changes), "stacks"))


def _carry_out(client: api.Immich, plan: planning.StackPlan, report: _Report, run: Run) -> None:
    outcomes = planning.carry_out(client, plan)
    with run.keep_result(report.result, lambda: (report.handled, len(plan.changes), "stacks")):
        while report.handled < len(plan.changes):
            run.check()
            outcome = next(outcomes)
            if outcome.error is None:
                report.done(outcome.change, outcome.stack_id)
            else:
                report.failed(outcome.change, outcome.error)


def _scopes(options: StackOptions) -> Dict[str, str]:
    wanted = {
        "user.read": "tell the user's photos from those of others",
        **(planning.REMOVAL_SCOPES if options.state == ABSENT else planning.COVER_SCOPES if options.stack_cover else planning.SCOPES),
    }
    if options.album:
        wanted["album.read"] = "find the album"
    if options.tag:
        wanted["tag.read"] = "find the tag"
    return wanted


def _album_id(client: api.Immich, options: StackOptions) -> Optional[str]:
    if options.album is None:
        return options.album_id
    albums = client.albums.mine(options.album)
    if not albums:
        raise errors.NotFound(
            "The key's user has no album named '%s'. Check O(album)." % _text.one_line(options.album), path="/albums", options=("album",)
        )
    if len(albums) > 1:
        ids = sorted(album.id for album in albums)
        raise errors.InvalidRequest(
            "There are %d albums named '%s'. Use O(album_id) to say which is meant (%s)."
            % (len(albums), _text.one_line(options.album), ", ".join(ids)),
            path="/albums",
            details={"album": options.album, "ids": ids},
            options=("album_id",),
        )
    return albums[0].id


def _tag_id(client: api.Immich, options: StackOptions) -> Optional[str]:
    if options.tag is None:
        return None
    tag_id = client.tags.all().get(options.tag)
    if tag_id is None:
        raise errors.NotFound(
            "The key's user has no tag '%s'. Check O(tag); case matters." % _text.one_line(options.tag), path="/tags", options=("tag",)
        )
    return tag_id


def _pictures(pages: Iterator[List[values.Asset]], run: Run, *, any_time: bool) -> Iterator[stacks.Picture]:
    """Without the folder, which the server does not know. Each camera's name is kept once, as there may be 200,000 photos.

    With `any_time` that of a file counts as much as that of a camera: what is to be taken apart may be a burst that never was one.
    """
    cameras: Dict[Optional[str], Optional[str]] = {}
    for page in pages:
        run.check()
        for photo in page:
            name = photo.metadata.camera.name if photo.metadata.camera else None
            camera = cameras.setdefault(name, name)
            is_still, own_time = photo.kind == "image", any_time or photo.own_time
            yield stacks.Picture(photo.id, None, photo.name, photo.taken, camera, is_still, own_time=own_time)


class _Report:
    """What the module returns, as it comes about."""

    def __init__(self, kinds: Sequence[str], photos: int, plan: planning.StackPlan) -> None:
        self._photos = photos
        outcomes = (*_ACTIONS, "unchanged", "left_alone", "failed")
        self._counts = {kind: dict.fromkeys(outcomes, 0) for kind in kinds}
        for kind, count in plan.unchanged.items():
            self._counts[kind]["unchanged"] = count
        for group in plan.left_alone:
            self._counts[group.kind]["left_alone"] += 1
        self._left = [_left(group) for group in plan.left_alone[:_MOST_LISTED]]
        self._stacks: List[Result] = []
        self._failures: List[Result] = []
        self._before: List[str] = []
        self._after: List[str] = []
        self.first_error: Optional[errors.ImmichError] = None
        self.handled = 0  # changes that were made or failed
        self.failures = 0

    def done(self, change: planning.StackChange, stack_id: Optional[str]) -> None:
        """A change was made, or in check mode would be."""
        self.handled += 1
        self._counts[change.kind][change.action] += 1
        if len(self._stacks) < _MOST_LISTED:
            names = _names(change)
            self._stacks.append({"kind": change.kind, "action": change.action, "id": stack_id, "count": len(names), "names": _shown(names)})
        if max(len(self._before), len(self._after)) < _MOST_LINES:
            self._before += [_line(change.kind, change.before)] if change.before else []
            self._after += [_line(change.kind, change.after)] if change.after else []

    def failed(self, change: planning.StackChange, error: errors.ImmichError) -> None:
        """A change was not made."""
        self.handled += 1
        self.failures += 1
        self._counts[change.kind]["failed"] += 1
        self.first_error = self.first_error or error
        if len(self._failures) < _MOST_LISTED:
            self._failures.append({"kind": change.kind, "names": _shown(_names(change)), "msg": error.msg})

    def result(self) -> Result:
        """As the module's documentation says."""
        return {
            "changed": any(counts[action] for counts in self._counts.values() for action in _ACTIONS),
            "photos": self._photos,
            "counts": self._counts,
            "stacks": self._stacks,
            "left_alone": self._left,
            "failures": self._failures,
            "diff": {"before": "".join(self._before), "after": "".join(self._after)},
        }


def _names(change: planning.StackChange) -> Tuple[str, ...]:
    """What the stack has after the change; what it had, if it is taken apart."""
    return change.after or change.before


def _left(left: planning.LeftAlone) -> Result:
    return {"kind": left.kind, "names": _shown(left.names), "reason": left.reason}


def _shown(names: Tuple[str, ...]) -> List[str]:
    return [_text.one_line(name) for name in names[:_MOST_NAMES]]


def _line(kind: str, names: Tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    return "%s: %s%s\n" % (kind, ", ".join(_shown(names)), " and %d more" % more if more > 0 else "")
