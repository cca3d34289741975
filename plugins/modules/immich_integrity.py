#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_integrity`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_integrity
short_description: Check that Immich's files are as its database has them
version_added: 1.0.0
description:
  - Starts Immich's integrity checks, waits for them, and fails if more files are untracked, missing or changed than O(max) allows.
  - An untracked file is in Immich's folders, but no photo or video has it. A missing one is what a photo or video should have, but does
    not. A changed one no longer has the checksum of its upload. Immich does not look at the originals of photos and videos that are in the
    trash, nor at the checksums of those in external libraries.
  - With O(delete_untracked) it deletes untracked files, but never on the word of Immich's report alone. In Immich 3.1, an entry of the
    report stays there when the file has become the original of a photo since, and deleting the entry then deletes the original.
  - A file is deleted only if the report had it before this check began and still has it afterwards, for at least O(min_age), and if no user
    has it, which each user's own API key confirms just before. All others are left alone, and RV(kept) says why.
  - That a user's search finds nothing counts only if it finds a photo that the user is known to have, just before each deletion. Two lists
    of all users have to agree, and so have the report, its form as CSV, and the name under which the file can be fetched. The first answer
    that contradicts another one ends the task.
  - Missing and changed files are never removed from the report, because that would put their photos into the trash. Restore these files.
  - Needs Immich 3.0 or later, and an administrator's key with the scopes C(maintenance), C(queue.read) and C(job.create), and with
    O(delete_untracked) also C(adminUser.read), C(library.read), C(user.read), C(asset.read) and C(person.read).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  check_mode:
    support: full
    details:
      - Starts no check. The counts are those of the last one, and so is what would be deleted.
  diff_mode:
    support: full
    details:
      - Lists the files that are deleted, all of them.
  idempotent:
    support: full
    details:
      - A check counts as no change, since it changes nothing but the report.
options:
  checks:
    description:
      - Which checks to start. An empty list starts none, so that O(max) is compared with what the last checks found.
      - V(checksum) reads every original, and takes hours for a large library. Immich limits how long it may take. The next one goes on
        where it stopped.
    type: list
    elements: str
    choices: [untracked, missing, checksum]
    default: [untracked, missing]
  max:
    description: The most files that there may be of each kind. With more, the task fails. A kind that is left out may have any number.
    type: dict
    suboptions:
      untracked:
        description: The most untracked files, after deletions.
        type: int
      missing:
        description: The most missing files.
        type: int
      checksum:
        description: The most files whose checksum has changed.
        type: int
  delete_untracked:
    description:
      - In which of Immich's folders untracked files are deleted. Nothing is deleted by default. It requires V(untracked) in O(checks).
      - V(thumbs) and V(encoded-video) hold what Immich makes of photos and can make again. V(upload) and V(library) hold originals.
      - After a backup of the database was restored, photos that were uploaded since are untracked, and these files may be their only
        copies. Do not name V(upload) or V(library) then.
    type: list
    elements: str
    choices: [encoded-video, library, thumbs, upload]
    default: []
  delete_limit:
    description:
      - How many files may be deleted, at most 1000. If there are more, nothing is deleted and the task fails.
    type: int
    default: 100
  min_age:
    description:
      - For how many seconds a file must have been in the report. An upload that is going on is untracked for a moment.
    type: float
    default: 86400
  owner_api_keys:
    description:
      - API keys of the users whose untracked files may be deleted, one of each user, with the scopes C(user.read), C(asset.read) and
        C(person.read). The administrator's own files need none besides O(api_key).
      - Below V(library), a folder may have belonged to another user, so a file there is deleted only if the keys of all users are given.
      - No key sees the locked folder, so files that may belong to a user who has one are left alone.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: The maximum number of seconds to wait for the checks.
    type: float
    default: 3600
  wait_interval:
    description: How many seconds to wait between two polls, more than 0.
    type: float
    default: 2
seealso:
  - module: photoyard.immich.immich_integrity_info
"""

EXAMPLES = r"""
- name: Check that no file is missing
  photoyard.immich.immich_integrity:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    max:
      missing: 0

- name: Check all files, their contents too
  photoyard.immich.immich_integrity:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    checks: [untracked, missing, checksum]
    wait_timeout: 14400
    max:
      missing: 0
      checksum: 0

- name: Delete thumbnails and encoded videos that nobody has any more
  photoyard.immich.immich_integrity:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    delete_untracked: [thumbs, encoded-video]
    owner_api_keys: ["{{ anna_api_key }}", "{{ ben_api_key }}"]
"""

RETURN = r"""
checked:
  description: The checks that were run, or in check mode would be.
  returned: success, or failure after the checks
  type: list
  elements: str
counts:
  description: How many files there are of each kind, after deletions.
  returned: success, or failure after the checks
  type: dict
  sample: {untracked: 3, missing: 0, checksum: 0}
deleted:
  description: The files that were deleted, or in check mode would be. Only the first 100 are listed.
  returned: with O(delete_untracked)
  type: list
  elements: str
deleted_count:
  description: How many files were deleted.
  returned: with O(delete_untracked)
  type: int
kept:
  description: The untracked files in the folders of O(delete_untracked) that were left alone. Only the first 100 are listed.
  returned: with O(delete_untracked)
  type: list
  elements: dict
  contains:
    path:
      description: The file, as Immich's server sees it.
      type: str
    reason:
      description: Why it was left alone.
      type: str
  sample:
    - path: /data/upload/2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8/1f/2e/1f2e4a3b-6c1d-4e0f-8a9b-0c1d2e3f4a5b.jpg
      reason: It is the original of a photo or video.
kept_count:
  description: How many untracked files were left alone, those included that were not looked at because there are too many.
  returned: with O(delete_untracked)
  type: int
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._integrity.check import IntegrityOptions, check_integrity
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run

SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    {
        **argument_spec(IntegrityOptions),
        "owner_api_keys": {"type": "list", "elements": "str", "no_log": True, "default": []},
    }
)


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Checks, deletes what is proven to be nobody's, and compares the counts."""
    options = from_params(IntegrityOptions, params)
    with Run("check of the files") as run:
        return run.do(lambda: check_integrity(client, options, check_mode, run), TIME_FOR_A_CALL)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
