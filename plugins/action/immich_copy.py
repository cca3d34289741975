# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action `immich_copy`: runs the module of the same name, and shows its progress and which files failed as that of an upload."""

from __future__ import annotations

from ansible_collections.photoyard.immich.plugins.action import immich_upload


class ActionModule(immich_upload.ActionModule):
    """Runs the module."""

    interval_variable = "immich_copy_progress_interval"
