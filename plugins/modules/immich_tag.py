#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_tag`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_tag
short_description: Declare a tag of Immich
version_added: 1.0.0
description:
  - Creates and deletes a tag of the key's user, and sets its colour. Immich cannot rename tags.
  - Needs a key with the scopes C(tag.read), C(tag.create), C(tag.update) and C(tag.delete).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection
  - photoyard.immich.tag
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: A tag for what is to be printed
  photoyard.immich.immich_tag:
    url: https://photos.example.com
    api_key: "{{ immich_api_key }}"
    value: Print/Large
    color: "#1f6feb"
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
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.tags import TAGS

SPEC = _module.CONNECTION + _module.Spec(options.options_of(TAGS))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, partial(state.declare_one, TAGS), Client)


if __name__ == "__main__":
    main()
