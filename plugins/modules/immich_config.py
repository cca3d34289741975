#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `immich_config`."""

from __future__ import annotations

DOCUMENTATION = r"""
module: immich_config
short_description: Declare any part of the configuration of Immich
version_added: 1.0.0
description:
  - Sets what O(config) says, and leaves the rest of the system configuration as it is. What Immich makes of a value (the origin of
    C(server.externalDomain), codecs that are added) does not count as a difference.
  - The API takes the whole document only, and has no lock. Where several hosts change it at the same time, set C(throttle=1), and change
    it in one task.
  - A server with a configuration file (C(IMMICH_CONFIG_FILE)) cannot be changed. The task fails then, unless nothing would change.
  - When settings of the mail server change while it is enabled, Immich connects to it, and refuses all changes if that fails. Check mode
    cannot know this, and warns.
  - Needs an administrator's key with the scopes C(systemConfig.read) and C(systemConfig.update), and C(job.create) for
    O(start_follow_up). From Immich 3.2 on, C(adminConfig.read) and C(adminConfig.update) take the place of the first two, which still do.
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.connection.admin
  - photoyard.immich.connection
  - photoyard.immich.config
  - photoyard.immich.attributes
  - photoyard.immich.attributes.declaring
  - photoyard.immich.attributes.actiongroup_immich
options:
  config:
    description:
      - The settings, by groups, as Immich's configuration file has them. Lists are replaced as a whole.
      - Secrets can be read by this key, and are compared. They are masked in all output.
    type: dict
  replace:
    description: Whether everything that O(config) does not have gets its default.
    type: bool
    default: false
seealso:
  - module: photoyard.immich.immich_state
"""

EXAMPLES = r"""
- name: Keep what is in the trash for 60 days, and send mail
  photoyard.immich.immich_config:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    config:
      trash:
        days: 60
      notifications:
        smtp:
          enabled: true
          from: Photos <photos@example.com>
          transport:
            host: mail.example.com
            username: photos
            password: "{{ vault_smtp_password }}"

- name: All settings of ffmpeg but one get their defaults
  photoyard.immich.immich_config:
    url: https://photos.example.com
    api_key: "{{ immich_admin_api_key }}"
    config:
      ffmpeg:
        crf: 21
    reset: [ffmpeg]
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
follow_up:
  description: The queues that bring a change to the files that are there already. Immich does not start them by itself.
  returned: when a change concerns such files
  type: list
  elements: dict
  contains:
    queue:
      description: The queue.
      type: str
    command:
      description: V(start_missing) or V(start_all), as in M(photoyard.immich.immich_jobs).
      type: str
    because_of:
      description: The settings that changed.
      type: list
      elements: str
follow_up_started:
  description: Whether these queues were started.
  returned: with RV(follow_up)
  type: bool
"""

from functools import partial

from ansible_collections.photoyard.immich.plugins.module_utils import _module
from ansible_collections.photoyard.immich.plugins.module_utils._client.client import Client
from ansible_collections.photoyard.immich.plugins.module_utils._resources import options, state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.config import CONFIG

SPEC = _module.ADMIN_CONNECTION + _module.Spec(options.options_of(CONFIG), secrets_in=lambda params: options.secrets_in(CONFIG, params))


def main() -> None:
    """Runs the module."""
    _module.run(SPEC, partial(state.declare_one, CONFIG), Client)


if __name__ == "__main__":
    main()
