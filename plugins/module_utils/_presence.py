# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host that a module runs on sees: whether paths are there, and whether another host answers."""

from __future__ import annotations

import functools
import os
import threading
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Callable, Dict, List, Sequence
from urllib.parse import urlsplit

from ._client import connection, errors

_GIVE_UP_AFTER = 5.0  # seconds


def find_missing(paths: Sequence[str]) -> List[str]:
    """Those of the absolute paths that are not there. Raises `InvalidRequest`.

    One at which nobody can look in time counts as missing: a network file system whose server is away keeps whoever asks waiting.
    """
    relative = [path for path in paths if not os.path.isabs(path)]
    if relative:
        raise errors.InvalidRequest(
            "%s is not an absolute path. Correct paths (in the role immich_policy_while_missing)." % relative[0], options=("paths",)
        )
    existing = _all_in_time({path: functools.partial(os.path.exists, path) for path in paths})
    return [path for path in dict.fromkeys(paths) if not existing.get(path)]


def answers_ping(url: str) -> bool:
    """Whether a machine-learning host answers `GET <url>/ping` with 200 in time. Raises `InvalidRequest`.

    The request has no key and goes through no proxy, and a redirect is no answer.
    """
    problem = connection.url_problem(url)
    if problem:
        raise errors.InvalidRequest(
            "machine_learning_url (in the role immich_policy_while_unreachable) is not a valid URL: %s. It should look like http://pc:3003."
            % problem
        )
    return _all_in_time({url: functools.partial(_ping, url)}).get(url, False)


def _ping(url: str) -> bool:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    asked = kind(parts.hostname or "", parts.port, timeout=_GIVE_UP_AFTER)
    try:
        asked.request("GET", parts.path.rstrip("/") + "/ping")
        return asked.getresponse().status == 200
    except (OSError, HTTPException, ValueError):  # the last is a name that no host can have
        return False
    finally:
        asked.close()


def _all_in_time(questions: Dict[str, Callable[[], bool]]) -> Dict[str, bool]:
    """The answers that there are after some seconds, by name. A thread that still waits then ends with the process."""
    answers: Dict[str, bool] = {}

    def find(name: str) -> None:
        answers[name] = questions[name]()

    threads = [threading.Thread(target=find, args=(name,), daemon=True) for name in questions]
    for thread in threads:
        thread.start()
    end = time.monotonic() + _GIVE_UP_AFTER
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return dict(answers)
