# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change of several queues that succeeded only in part. Private to the collection."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .._client import errors


class QueuesFailed(errors.ImmichError):
    """Some queues could not be brought into the state asked for. `result` says what was changed, so that it can be undone.

    `failed` maps a queue to what happened. Kind, status and path are those of the first failure.
    """

    def __init__(self, action: str, failed: Mapping[str, errors.ImmichError], result: Dict[str, Any]) -> None:
        first = next(iter(failed.values()))
        reasons = {exc.msg for exc in failed.values()}
        if len(reasons) == 1:
            words = "%s could not be %s: %s" % (", ".join(failed), action, first.msg)
        else:
            words = "Some queues could not be %s. %s" % (action, " ".join("%s: %s" % (name, exc.msg) for name, exc in failed.items()))
        super().__init__(
            words,
            status=first.status,
            method=first.method,
            path=first.path,
            correlation_id=first.correlation_id,
            details={"queues": list(failed), "cause": first.details},
        )
        self.kind = first.kind
        self.fatal = first.fatal
        self.transient = first.transient
        self.failed = dict(failed)
        self.result = result


def with_result(exc: errors.ImmichError, result: Dict[str, Any]) -> errors.ImmichError:
    """The same failure, with what had been done by then as its `result`."""
    exc.result = {**result, **exc.result}
    return exc
