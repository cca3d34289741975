# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a library."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.plugin_utils._list_options import document_list


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/libraries.py`."""

    DOCUMENTATION = r"""
options:
  name:
    description: The library's name.
    type: str
    required: true
  owner:
    description: E-mail address or id of the user to whom the photos belong.
    type: str
    required: true
  import_paths:
    description: The folders of the library, absolute and as the server sees them. Their order means nothing.
    type: list
    elements: str
  exclusion_patterns:
    description: Which files to leave out, such as V(**/Raw/**). If this is not given, a new library gets Immich's own patterns.
    type: list
    elements: str
  validate:
    description: Whether new O(import_paths) have to exist and be readable for the server.
    type: bool
    default: true
  require:
    description:
      - Files or folders that the server has to see before a library is created, changed or scanned, such as a file on a disk that is
        mounted. Immich itself does not look at them before it scans.
    type: list
    elements: str
  guarded:
    description:
      - Whether something else keeps Immich from scanning while a path of O(require) is away, such as the role
        P(photoyard.immich.immich_policy#role). Then there is no warning about Immich's own nightly scan. The role
        P(photoyard.immich.immich_server#role) sees to that by itself.
    type: bool
    default: false
  scan:
    description:
      - V(changed) starts a scan when the library was created or changed, V(always) in every run. The scan runs in the queue C(library).
    type: str
    choices: [never, changed, always]
    default: never
  wait:
    description:
      - Whether to wait until a scan has found and removed all files. What Immich makes of them afterwards, such as thumbnails, is not
        waited for.
      - Needs the scope C(job.read), and from Immich 2.4 on C(queue.read).
    type: bool
    default: false
  wait_timeout:
    description: How many seconds to wait at most. The task fails after that, and the scan goes on.
    type: float
    default: 600
  state:
    description: V(present) creates or changes it, V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
"""

    IN_STATE: str = document_list("libraries", "External libraries, as in M(photoyard.immich.immich_library).", DOCUMENTATION)
