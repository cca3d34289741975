# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a user."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.plugin_utils._list_options import document_list


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/users.py`."""

    DOCUMENTATION = r"""
options:
  email:
    description: The user's e-mail address. Immich stores it in lower case.
    type: str
    required: true
  name:
    description: The user's name. Needed to create a user.
    type: str
  password:
    description: The password. Needed to create a user. For a user that exists, see O(update_password).
    type: str
  update_password:
    description: With V(on_create), the password is set only when the user is created. With V(always), every run sets it.
    type: str
    choices: [on_create, always]
    default: on_create
  should_change_password:
    description: Whether the web interface asks for a new password at the next login. Immich sets this for new users.
    type: bool
  is_admin:
    description: Whether the user is an administrator. That of the key's own user cannot be changed.
    type: bool
  quota:
    description:
      - How much the user may upload, such as V(50GiB), or V(unlimited). With V(0), nothing can be uploaded. K, M, G, T and P are powers
        of 1024, with or without B or iB.
    type: str
  storage_label:
    description:
      - The name of the user's folder. Immich removes dots and characters that names of files may not have. Such a label is refused, and
        the message has the one that Immich would store. An empty one removes the label.
      - Files that are stored already stay in their folder until the queue C(storageTemplateMigration) has run.
    type: str
  avatar_color:
    description: The colour of the user's picture.
    type: str
    choices: [primary, pink, red, yellow, blue, green, purple, orange, gray, amber]
  pin_code:
    description: Six digits that protect the locked folder. Used only for users that exist, and only with O(update_pin_code=true).
    type: str
  update_pin_code:
    description: Sets O(pin_code) in every run, since it cannot be read.
    type: bool
    default: false
  notify:
    description: Whether Immich welcomes a new user by mail. The mail contains the password.
    type: bool
  preferences:
    description:
      - Any part of the user's preferences, by groups, as C(GET /users/{id}/preferences) returns them. What is not given stays as it is.
    type: dict
  strict:
    description: Whether preferences that the server's version does not have are an error. Otherwise they are left out with a warning.
    type: bool
    default: true
  state:
    description:
      - V(present) creates, changes or restores the user.
      - V(absent) deletes the user. Until C(user.deleteDelay) days have passed (7 by default), the user can be restored.
      - V(purged) removes the user and all files at once, also one that is deleted already.
    type: str
    choices: [present, absent, purged]
    default: present
"""

    IN_STATE: str = document_list("users", "Users, as in M(photoyard.immich.immich_user).", DOCUMENTATION)
