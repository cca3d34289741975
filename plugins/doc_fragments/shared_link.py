# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a shared link."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.plugin_utils._list_options import document_list


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/shared_links.py`."""

    DOCUMENTATION = r"""
options:
  slug:
    description: The last part of the link's address, which is otherwise random. Needs Immich 1.137 or later.
    type: str
  album:
    description: The album's name. Needed to create a link.
    type: str
  album_id:
    description: The album's id, in place of O(album).
    type: str
  description:
    description: A description, which is shown to nobody else. An empty one removes it.
    type: str
  password:
    description: A password that visitors have to enter. An empty one removes it.
    type: str
  expires_at:
    description:
      - Until when the link works, as a day or a moment with its offset (V(2026-12-31), V(2026-12-31T18:00:00+01:00)), or V(never).
    type: str
  allow_upload:
    description: Whether visitors can upload. Unlike in Immich's own interface, they cannot unless this is set.
    type: bool
  allow_download:
    description: Whether visitors can download.
    type: bool
  show_metadata:
    description: Whether visitors see when and where photos were taken.
    type: bool
  state:
    description: V(present) creates or changes it, V(absent) deletes it.
    type: str
    choices: [present, absent]
    default: present
"""

    IN_STATE: str = document_list(
        "shared_links", "Shared links of the key's user, as in M(photoyard.immich.immich_shared_link).", DOCUMENTATION
    )
