#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_integrity_info`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_integrity_info
short_description: List what Immich's integrity checks have found
version_added: 1.0.0
description:
  - Returns how many files were untracked, missing or changed when Immich last checked, and which. It starts no check.
  - An entry stays in the report until a later check clears it. In Immich 3.1 an untracked file that has become the original of a photo
    since is never cleared, so do not delete files by this list. M(photoyard.immich.immich_integrity) finds out which may go.
  - Needs Immich 3.0 or later, and an administrator's key with the scope C(maintenance).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.attributes
  - photoyard.immich.attributes.info_module
  - photoyard.immich.attributes.actiongroup_immich
options:
  kinds:
    description: Of which kinds to list files. The counts are always those of all kinds.
    type: list
    elements: str
    choices: [untracked, missing, checksum]
    default: [untracked, missing, checksum]
  limit:
    description: How many files of each kind to list, the newest entries first, from 0 to 10000.
    type: int
    default: 100
seealso:
  - module: photoyard.immich.immich_integrity
"""

EXAMPLES = r"""
- name: Read the integrity report
  photoyard.immich.immich_integrity_info:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
  register: integrity

- name: Show the missing originals, which are to be restored
  ansible.builtin.debug:
    msg: "{{ integrity.missing | selectattr('asset_id') | map(attribute='path') }}"
"""

RETURN = r"""
counts:
  description: How many files there are of each kind.
  returned: success
  type: dict
  sample: {untracked: 3, missing: 0, checksum: 0}
untracked:
  description: Files that no photo or video has.
  returned: if it is in O(kinds)
  type: list
  elements: dict
  contains: &entry
    path:
      description: The file, as Immich's server sees it.
      type: str
    since:
      description: When a check first found it (ISO 8601, UTC). Null where the server does not say.
      type: str
      sample: "2026-01-31T02:30:00Z"
    asset_id:
      description: The photo or video whose original it is. Null for a thumbnail and for other files.
      type: str
missing:
  description: Files that a photo, a video or a thumbnail should have, but that are not there.
  returned: if it is in O(kinds)
  type: list
  elements: dict
  contains: *entry
checksum:
  description: Originals whose contents have changed since they were uploaded.
  returned: if it is in O(kinds)
  type: list
  elements: dict
  contains: *entry
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client import api
from ansible_collections.photoyard.immich.plugins.module_utils._integrity.report import ReportOptions, read_report
from ansible_collections.photoyard.immich.plugins.module_utils._options import argument_spec, from_params

SPEC = _module.ADMIN_CONNECTION + _module.Spec(argument_spec(ReportOptions))


def run(client: api.Immich, params: Mapping[str, Any], _check_mode: bool) -> _module.Result:
    """Reads the report."""
    return read_report(client, from_params(ReportOptions, params))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, api.Immich)


if __name__ == "__main__":
    main()
