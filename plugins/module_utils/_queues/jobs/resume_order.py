# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resuming queues one after the other, so that a small server is not hit by everything at once. Private to the collection."""

from __future__ import annotations

from typing import Callable, Sequence

from ..._client import api
from .. import waiting
from ..options import ResumeOptions


def one_after_the_other(
    client: api.Immich,
    order: Sequence[str],
    resume: Callable[[str], bool],
    options: ResumeOptions,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Calls `resume` for each queue, and before the next one waits until the queue has drained or its time is over.

    `resume` says whether it resumed the queue: one that ran before, or stays paused, is not waited for.
    """
    for name in order[:-1]:
        if resume(name):
            waiting.drains(client, name, options.step_timeout, options.interval, meanwhile)
    for name in order[-1:]:
        resume(name)
