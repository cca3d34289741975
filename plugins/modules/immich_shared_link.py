#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_shared_link`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_shared_link
short_description: Declare a shared link to an album of Immich
version_added: 1.0.0
description:
  - Creates, changes and deletes a link with which people without an account see an album of the key's user.
  - A link is found by its O(slug), else by O(album) and O(description), so that one of O(slug), O(album) and O(album_id) is needed. It
    keeps its slug when something else changes.
  - Needs a key with the scopes C(sharedLink.read), C(sharedLink.create), C(sharedLink.update), C(sharedLink.delete), C(album.read) and
    C(album.share).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.shared_link
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: A link to the wedding, with a password
  photoyard.immich.immich_shared_link:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    album: Wedding
    slug: wedding
    password: "{{ vault_wedding_password }}"
    expires_at: "2026-12-31"
    show_metadata: false
  register: link

- name: Say where it is
  ansible.builtin.debug:
    msg: "{{ link.link_url }}"
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
link_url:
  description: The link's address.
  returned: with O(slug)
  type: str
  sample: https://photos.example.com/s/wedding
"""

from functools import partial

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources import options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.shared_links import SHARED_LINKS

SPEC = _module.CONNECTION + _module.Spec(
    options.options_of(SHARED_LINKS),
    required_one_of=options.required_one_of(SHARED_LINKS),
    mutually_exclusive=[["album", "album_id"]],
)


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, partial(state.declare_one, SHARED_LINKS), Client)


if __name__ == "__main__":
    main()
