#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_partner`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_partner
short_description: Declare with whom a user of Immich shares everything
version_added: 1.0.0
description:
  - Shares all photos of the key's user with another user, or stops doing so. With O(direction=shared-with), sets whether the photos that
    a partner shares are shown in the timeline of the key's user. Each side needs a key of its own.
  - Needs a key with the scopes C(partner.read), C(partner.create), C(partner.update), C(partner.delete) and C(user.read).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.partner
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: Anna shares everything with Ben
  photoyard.immich.immich_partner:
    url: https://photos.example.com
    api_key: "{{ anna_api_key }}"
    partner: ben@example.com

- name: Ben has it in his timeline
  photoyard.immich.immich_partner:
    url: https://photos.example.com
    api_key: "{{ ben_api_key }}"
    partner: anna@example.com
    direction: shared-with
    in_timeline: true
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
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.partners import PARTNERS

SPEC = _module.CONNECTION + _module.Spec(options.options_of(PARTNERS))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, partial(state.declare_one, PARTNERS), Client)


if __name__ == "__main__":
    main()
