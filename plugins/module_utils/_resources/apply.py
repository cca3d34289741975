# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carrying out a plan: sends what it says, reads the object again, and compares, since Immich drops what it does not know with 200."""

from __future__ import annotations

import time
from typing import Any, Dict, Optional, Tuple

from .._client import errors, waits
from .._client.endpoints.objects import require_id
from .._deletions.confirm import confirm
from .._text import one_line, printable_json
from .declare import RunContext, outcome
from .model import ABSENT, PRESENT, Call, PlannedObject, Ref, ServerObject
from .plan import plan
from .references import Directory, label_of, reference_key

_MOST_ROUNDS = 4
"""A new object takes two at most (created, then what only an update takes), and one to see that nothing is left."""

REMOVAL_TIMEOUT, _REMOVAL_INTERVAL = 120.0, 0.5
"""How many seconds a user who is being removed for good may be in the way of another one of that address."""


def apply_change(context: RunContext, planned: PlannedObject) -> Dict[str, Any]:
    """Makes the object as it is wanted; in check mode it only says so. Its line of `results`.

    Raises `ImmichError` that names the object, also where the server took a value and does not have it afterwards.
    """
    change = planned.change
    object_id = planned.found.id if planned.found else None
    try:
        if change.calls and not context.check_mode:
            _wait_for_removal(context.directory, planned)
            object_id = _converge(context, planned)
        extra = planned.kind.finish(context, planned, object_id)
    except errors.ImmichError as exc:
        failed = exc.during(change.label if planned.kind.singleton else "%s %s" % (planned.kind.singular, change.label))
        advice = planned.kind.advice(planned, exc.msg)
        failed.msg += " " + advice if advice else ""
        raise failed from exc
    return outcome(planned, extra, object_id)


def _converge(context: RunContext, planned: PlannedObject) -> str:
    """Sends and reads in turns until nothing is left to do: the object's id."""
    directory, kind, wanted, change = context.directory, planned.kind, planned.wanted, planned.change
    object_id = planned.found.id if planned.found else ""
    if wanted["state"] != PRESENT:
        confirm("It was not removed", lambda: _is_another(directory, planned))
    for _round in range(_MOST_ROUNDS):
        object_id = _send_all(context, planned, change.calls, object_id)
        current = directory.read_again(kind, object_id, wanted)
        if wanted["state"] == PRESENT and current is None:
            raise errors.ServerFailure("Immich took the change, and has no such %s afterwards." % kind.singular)
        asked = kind.complete(wanted, current) if wanted["state"] == PRESENT else wanted
        left = plan(kind, asked, current, directory.version, again=True)
        if not left.calls:
            return object_id
        if wanted["state"] != PRESENT:
            raise errors.ServerFailure(
                "Immich took the removal, and still has the %s. See the server's log for the reason." % kind.singular
            )
        if left.calls == change.calls:
            break
        change = left
    not_kept = {name: {"asked": change.after.get(name), "has": change.before.get(name)} for name in change.after}
    raise errors.InvalidRequest(
        "Immich took %s with success, and does not have it afterwards (%s). Correct the option, or leave it out."
        % (
            ", ".join(sorted(not_kept)),
            "; ".join("%s is %s" % (name, _shown(difference["has"])) for name, difference in sorted(not_kept.items())),
        ),
        details={"not_kept": not_kept},
    )


def _is_another(directory: Directory, planned: PlannedObject) -> Optional[str]:
    """What speaks against it that the object which a list named still has the id that it had there; nothing where it is gone by now."""
    kind, listed = planned.kind, planned.found
    if listed is None or kind.singleton:
        return None
    current = directory.read_again(kind, listed.id, planned.wanted)
    if current is None or (current.id, reference_key(kind, current.values)) == (listed.id, reference_key(kind, listed.values)):
        return None
    return "Immich says that %s is %s %s" % (listed.id, kind.singular, label_of(kind, current.values))


def _shown(value: Any) -> str:
    """What the server has, fit for a message."""
    return one_line(value if isinstance(value, str) else printable_json(value))


def _send_all(context: RunContext, planned: PlannedObject, calls: Tuple[Call, ...], object_id: str) -> str:
    directory, kind = context.directory, planned.kind
    for call in calls:
        names = {"member": directory.id_of(call.member)} if call.member else {}
        if "{id}" in call.path:
            names["id"] = object_id
        path = call.path.format(**{name: require_id(value) for name, value in names.items()})
        body = _filled(directory, call.body)
        try:
            try:
                answer = directory.objects.send(call.method, path, body)
            except errors.ServerFailure as exc:
                if not kind.recover(directory.objects, exc.msg):
                    raise
                answer = directory.objects.send(call.method, path, body)
        except errors.NotFound:
            if call.method != "DELETE":
                raise
            answer = None  # an attempt before did it, or somebody else
        if call.creates:
            object_id = _created_id(planned, answer)
            kind.keep(context, planned, object_id, answer)
            directory.created(kind, planned.wanted, object_id)
    return object_id


def _created_id(planned: PlannedObject, answer: Any) -> str:
    """The id of what was just created. Raises `ServerFailure` for an answer without one."""
    try:
        return require_id(planned.kind.created_id(answer))
    except (LookupError, TypeError, AttributeError, errors.InvalidRequest):
        raise errors.ServerFailure(
            "Immich answered without the id of the %s, and may have made it all the same. Look for it in Immich, and run this again."
            % planned.kind.singular
        ) from None


def _filled(directory: Directory, body: Any) -> Any:
    """The body with ids in place of references."""
    if isinstance(body, Ref):
        return directory.id_of(body)
    if isinstance(body, dict):
        return {name: _filled(directory, value) for name, value in body.items()}
    if isinstance(body, (list, tuple)):
        return [_filled(directory, value) for value in body]
    return body


def _wait_for_removal(directory: Directory, planned: PlannedObject) -> None:
    """Until an object that is being removed for good makes room. Raises `Timeout`."""
    current: Optional[ServerObject] = planned.found
    end = time.monotonic() + REMOVAL_TIMEOUT
    while planned.wanted["state"] == PRESENT and current is not None and current.status not in (PRESENT, ABSENT):
        if time.monotonic() > end:
            raise errors.Timeout("It is still being removed after %d seconds. Try again later." % REMOVAL_TIMEOUT)
        waits.sleep(_REMOVAL_INTERVAL)
        current = directory.read_again(planned.kind, current.id, planned.wanted)
