# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of an album."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.plugin_utils._list_options import document_list


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/albums.py`."""

    DOCUMENTATION = r"""
options:
  name:
    description: The album's name. With O(id), the album gets this name. One of the two is needed.
    type: str
  id:
    description: The album's id, to give it another name or to choose one of several.
    type: str
  description:
    description: Its description. An empty one removes it.
    type: str
  order:
    description: Whether the oldest photo comes first (V(asc)) or the newest (V(desc), as in new albums).
    type: str
    choices: [asc, desc]
  activity:
    description: Whether those who see the album can write comments and like photos.
    type: bool
  users:
    description: With whom the album is shared.
    type: list
    elements: dict
    suboptions:
      email:
        description: The user's e-mail address.
        type: str
      id:
        description: The user's id instead, for a server on which users cannot see each other (C(server.publicUsers) is off).
        type: str
      role:
        description: Whether the user may add photos.
        type: str
        choices: [editor, viewer]
        default: editor
  users_mode:
    description: With V(exact), everybody who is not in O(users) is removed from the album.
    type: str
    choices: [merge, exact]
    default: merge
  state:
    description: V(present) creates or changes it, V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
"""

    IN_STATE: str = document_list("albums", "Albums of the key's user, as in M(photoyard.immich.immich_album).", DOCUMENTATION)
