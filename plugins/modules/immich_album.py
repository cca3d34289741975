#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_album`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_album
short_description: Declare an album of Immich, and with whom it is shared
version_added: 1.0.0
description:
  - Creates, changes, shares and deletes an album of the key's user. Nobody can change whose an album is, or see those of others.
  - Names of albums are not unique in Immich. If several have the O(name), the task fails and lists their ids.
  - Needs a key with the scopes C(album.read), C(album.create), C(album.update), C(album.delete), C(albumUser.create),
    C(albumUser.update), C(albumUser.delete) and C(user.read).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.album
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: The family album, oldest photo first
  photoyard.immich.immich_album:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    name: Family
    order: asc
    users:
      - email: anna@example.com
      - email: ben@example.com
        role: viewer
    users_mode: exact
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
"""

from functools import partial

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources import options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.albums import ALBUMS

SPEC = _module.CONNECTION + _module.Spec(options.options_of(ALBUMS), required_one_of=options.required_one_of(ALBUMS))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, partial(state.declare_one, ALBUMS), Client)


if __name__ == "__main__":
    main()
