# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the names of this collection's own leases look like: `nas-workflow21-job22-20260131T013004Z-upload-3f2a`.

The host, AWX's jobs if there are any, when the work began (UTC), what it is, and four digits that tell it from others. Such a name has
neither blanks nor quotes, so that a shell and `ansible-playbook -e` take it as it stands. Leases that users name look as they like.

Used on the controller too, so that nothing is imported here that a controller may lack.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import NamedTuple, Optional

OF_SOURCE = "-source"
"""What tells the lease on the server that something is copied from."""

_LONGEST_HOST = 100  # characters: the whole has to fit into a name of a lease
_UNSAFE = re.compile(r"[^\w.+-]+")
_NAME = re.compile(
    r"(?P<host>.+?)(?:-workflow(?P<workflow>\d+))?(?:-job(?P<job>\d+))?-(?P<began>\d{8}T\d{6}Z)-(?P<work>[a-z]+)-[0-9a-f]{4}(?:%s)?"
    % OF_SOURCE
)
_BEGAN = "%Y%m%dT%H%M%SZ"


class LeaseName(NamedTuple):
    """What a name says. `work` is a word such as `upload`, and `began` is as in the name. `workflow` and `job` are AWX's, or empty."""

    host: str
    workflow: str
    job: str
    began: str
    work: str


def new_lease_name(host: str, work: str, *, workflow: str = "", job: str = "") -> str:
    """A name for the lease of work that begins now on this host. `work` is one word in lower case."""
    jobs = "-workflow%s" % workflow * bool(workflow) + "-job%s" % job * bool(job)
    moment = time.strftime(_BEGAN, time.gmtime())
    return "%s%s-%s-%s-%s" % (as_one_word(host)[:_LONGEST_HOST] or "host", jobs, moment, work, secrets.token_hex(2))


def as_one_word(text: str) -> str:
    """The text with `-` for what a shell, YAML or the arguments of Ansible would not take as it stands."""
    return _UNSAFE.sub("-", text).strip("-")


def parse_lease_name(name: str) -> Optional[LeaseName]:
    """What a name says; None for one that `new_lease_name` did not make."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return LeaseName(match["host"], match["workflow"] or "", match["job"] or "", match["began"], match["work"])
