#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_library`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_library
short_description: Declare an external library of Immich
version_added: 1.0.0
description:
  - Creates, changes and deletes an external library. It is found by its O(owner) and O(name), neither of which Immich can change.
  - Paths are those that the server sees, in its container. Immich accepts any path for a new library. This module has the server check
    new paths before it sends anything, also in check mode. Only what differs is sent, so that a disk that is away does not prevent other
    changes.
  - With O(require), this module changes and scans nothing while a disk is away. Immich would take all of its photos for deleted. Its own
    nightly scan and its watching of folders know nothing of O(require), so that the module warns while one of them is on. To switch both
    off, set C(library.scan.enabled) and C(library.watch.enabled) to V(false) with M(photoyard.immich.immich_config). To keep the nightly
    scan, see O(guarded).
  - If the library is the key's user's own, the result says how many of its photos are offline, which means that Immich does not find their
    files, and for how many days it keeps them. A warning says so if all are. Immich shows them in the trash, where C(Restore) has no
    effect. A scan brings them back as they were, once their files are there again.
  - Needs an administrator's key with the scopes C(library.read), C(library.create), C(library.update), C(library.delete) and
    C(user.read), and C(asset.read) and C(systemConfig.read) to say what is offline. To check paths, Immich 2 and later require a key
    with C(all).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.library
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
attributes:
  idempotent:
    support: partial
    details:
      - With O(scan=always), every run starts a scan and reports a change.
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
# Immich's own scan is switched off in the configuration: it would not look at require.
- name: Anna's photos on the NAS, which are scanned only while it is there
  photoyard.immich.immich_library:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    name: NAS
    owner: anna@example.com
    import_paths: [/mnt/nas/photos]
    exclusion_patterns: ["**/@eaDir/**"]
    require: [/mnt/nas/.mounted]
    scan: always
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode.
  returned: success
  type: str
  sample: update
id:
  description: The object's id on the server. It is missing in check mode for an object that does not exist yet.
  returned: where the object exists
  type: str
  sample: 2fbd21c7-8fd0-4c5f-9a73-93a8e8e1e2d8
fields:
  description: The fields that changed.
  returned: when an existing object was changed
  type: list
  elements: str
name:
  description: The object's name in messages.
  returned: success
  type: str
scanned:
  description: Whether a scan was started.
  returned: when it was
  type: bool
offline:
  description: How many photos of the library Immich did not find the files of when the run began.
  returned: where the library is the key's user's own, and was there
  type: int
offline_days_left:
  description:
    - For how many days Immich keeps the first of them. V(0) means until the next night. Null where there are none, or the key may not read
      the configuration.
  returned: with RV(offline)
  type: int
"""

from typing import Any, Mapping

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources import options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.libraries import LIBRARIES
from ansible_collections.photoyard.immich.plugins.module_utils._run.cancellation import Signals

SPEC = _module.ADMIN_CONNECTION + _module.Spec(options.options_of(LIBRARIES))


def run(client: Client, params: Mapping[str, Any], check_mode: bool) -> _module.Result:
    """Makes the library as the options say."""
    with Signals("declaration") as signals:
        return state.declare_one(client, LIBRARIES, params, check_mode, signals=signals)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, run, Client)


if __name__ == "__main__":
    main()
