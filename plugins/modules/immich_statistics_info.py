#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_statistics_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_statistics_info
short_description: Count what an Immich server holds, and read a sample of it back
version_added: 1.0.0
description:
  - Counts photos, videos and bytes of each user, and albums and tags of the key's user.
  - Takes a sample of the key's user's photos and videos, and reads originals and thumbnails back that an earlier sample had.
  - Compares the counts with earlier ones. The roles P(photoyard.immich.immich_backup#role), P(photoyard.immich.immich_upgrade#role)
    and P(photoyard.immich.immich_restore#role) use it to know that nothing is missing.
  - Needs an administrator's key with the scope C(server.statistics) for the counts of all users, and C(user.read), C(album.read) and
    C(tag.read) for albums and tags. Parts for which the key lacks the scope are null. A sample needs C(asset.read); to read it back needs
    C(asset.download) and C(asset.view).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
  - photoyard.immich.attributes.actiongroup_immich
options:
  sample:
    description:
      - How many photos and videos of the key's user to take at random, up to 1,000. Those in external libraries are left out.
    type: int
    default: 0
  verify:
    description:
      - Photos and videos to read back, as RV(sample) returned them. Their bytes must have the checksum, and a thumbnail has to be there if
        there was one.
    type: list
    elements: dict
    default: []
  before:
    description:
      - An earlier result, with which to compare. With O(after), each count has to be between the two.
    type: dict
  after:
    description:
      - Another earlier result.
    type: dict
seealso:
  - module: photoyard.immich.immich_info
"""

EXAMPLES = r"""
- name: Count before
  photoyard.immich.immich_statistics_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    sample: 20
  register: before

- name: Count again, and read the sample back
  photoyard.immich.immich_statistics_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    before: "{{ before }}"
    verify: "{{ before.sample }}"
  register: now
  failed_when: now.differences | length > 0
"""

RETURN = r"""
version:
  description: The server's version.
  returned: success
  type: str
  sample: 3.1.0
server:
  description: What all users hold. Null without an administrator's key.
  returned: success
  type: dict
  contains:
    users:
      description: The number of users, with those that can still be restored.
      type: int
    photos:
      description: The number of photos outside the trash.
      type: int
    videos:
      description: The number of videos outside the trash. The videos of live photos do not count.
      type: int
    usage:
      description: Their size in bytes, without external libraries.
      type: int
    by_user:
      description: RV(server.photos), RV(server.videos) and RV(server.usage) of each user, by the user's id.
      type: dict
user:
  description: What the key's user has. Null where the key lacks a scope.
  returned: success
  type: dict
  contains:
    id:
      description: The user's id.
      type: str
    albums:
      description: The number of the user's own albums.
      type: int
    tags:
      description: The number of tags.
      type: int
sample:
  description: Photos and videos of the key's user.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id.
      type: str
    checksum:
      description: The SHA-1 of the original, in hex.
      type: str
    name:
      description: The name of the file.
      type: str
    path:
      description: Where the server has the original.
      type: str
    thumbnail:
      description: Whether it has a thumbnail. Until the job has made it there is none, nor of a file that Immich cannot read.
      type: bool
differences:
  description:
    - A sentence for each count and each asset that is not as it was. Of more than three originals or thumbnails, the first and their
      number; RV(verified) has all.
  returned: success
  type: list
  elements: str
verified:
  description: What was read back.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id.
      type: str
    name:
      description: The name of the file.
      type: str
    problems:
      description: What is wrong with the original or the thumbnail.
      type: list
      elements: str
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._backup.verification import library_statistics
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._run.run import TIME_FOR_A_CALL, Run

SPEC = _module.ADMIN_CONNECTION + _module.Spec(
    {
        "sample": {"type": "int", "default": 0},
        "verify": {"type": "list", "elements": "dict", "default": []},
        "before": {"type": "dict"},
        "after": {"type": "dict"},
    }
)


def run(client: api.Immich, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Counts, and reads back."""
    options = library_statistics.StatisticsOptions(**{name: params[name] for name in ("sample", "verify", "before", "after")})
    with Run("reading of the statistics") as run:
        statistics = run.do(lambda: library_statistics.read_statistics(client, options, run.check), TIME_FOR_A_CALL)
    return {"changed": False, **statistics}


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
