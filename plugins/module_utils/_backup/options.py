# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of the modules for backups."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence

from .._client import errors
from .._options import option
from .._text import one_line, printable

PRESENT, FETCHED, ABSENT = "present", "fetched", "absent"
STATES = (PRESENT, FETCHED, ABSENT)

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([smhdw]?)", re.ASCII)
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LONGEST_WAIT = 7 * 86400.0


def check_wait_timeout(seconds: float) -> None:
    """Raises `InvalidRequest` for no time to wait, and for more than a week."""
    if not 0 < seconds <= _LONGEST_WAIT:
        raise errors.wrong_option("wait_timeout", "must be more than 0 and at most %d seconds." % _LONGEST_WAIT)


def require_absolute(name: str, path: Optional[str]) -> None:
    """Raises `InvalidRequest` for a path that is empty, or would be below whatever folder the module happens to run in."""
    if path is not None and not os.path.isabs(path):
        raise errors.wrong_option(name, "must be an absolute path, not '%s'. Give it in full." % printable(path))


@dataclass(frozen=True)
class BackupOptions:
    """The options of immich_backup, documented there. Raises `InvalidRequest` for what makes no sense."""

    state: str = option(PRESENT, choices=STATES)
    max_age: Optional[str] = None
    name: Optional[str] = None
    names: Optional[Sequence[str]] = None
    keep: Optional[int] = option(None, type="int")
    keep_fetched: Optional[int] = option(None, type="int")
    fetched: Optional[str] = None
    proof: Optional[Mapping[str, Any]] = option(None, type="dict")
    manifest: bool = False
    make: bool = True
    sample: int = 0
    dest: Optional[str] = option(None, type="path")
    require: Sequence[str] = option((), type="path")
    verify: bool = True
    wait_timeout: float = 3600.0

    def __post_init__(self) -> None:
        self.max_age_seconds  # noqa: B018  # a text that is no duration is refused
        require_absolute("dest", self.dest)
        check_wait_timeout(self.wait_timeout)
        for name, count in (("keep", self.keep), ("keep_fetched", self.keep_fetched)):
            if count is not None and count < 1:
                raise errors.wrong_option(name, "must be 1 or more: the last backup is not deleted.")

    @property
    def max_age_seconds(self) -> Optional[float]:
        """How old the newest backup may be, None where that was not said. Raises `InvalidRequest`."""
        if self.max_age is None:
            return None
        match = _DURATION.fullmatch(str(self.max_age).strip().lower())
        if match is None:
            raise errors.wrong_option(
                "max_age", "must be a number of seconds, or one with a unit such as 90m, 26h or 7d, not '%s'." % one_line(str(self.max_age))
            )
        return float(match.group(1)) * _SECONDS[match.group(2)]


@dataclass(frozen=True)
class RestoreOptions:
    """The options of immich_restore, documented there: `name` or `src`. Raises `InvalidRequest` for what makes no sense."""

    cookie_file: str = option(type="path")
    name: Optional[str] = None
    src: Optional[str] = option(None, type="path")
    confirm: Optional[str] = None
    require: Sequence[str] = option((), type="path")
    verify: bool = True
    wait_timeout: float = 3600.0

    def __post_init__(self) -> None:
        require_absolute("src", self.src)
        require_absolute("cookie_file", self.cookie_file)
        check_wait_timeout(self.wait_timeout)
