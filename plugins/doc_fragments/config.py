# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a configuration, beside the configuration."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in `_resources/kinds/config.py` that `immich_state` has too."""

    DOCUMENTATION = r"""
options:
  strict:
    description: Whether settings that the server's version does not have are an error. Otherwise they are left out with a warning.
    type: bool
    default: true
  reset:
    description:
      - Settings of the configuration, or groups of them, such as V(ffmpeg) or V(trash.days), that get their defaults unless O(config) has
        them.
    type: list
    elements: str
  allow_reindex:
    description:
      - Whether C(machineLearning.clip.modelName) may change. With another model, Immich deletes what the search has learned of all
        photos.
    type: bool
    default: false
  start_follow_up:
    description:
      - Whether to start the queues that bring a change of the configuration to files that are there already. This needs the scope
        C(job.create).
    type: bool
    default: false
  allow_lost_faces:
    description:
      - Whether O(start_follow_up) may lose faces when C(machineLearning.facialRecognition.modelName) changes. The faces of all photos are
        detected again then, which does not find all of them, as O(photoyard.immich.immich_job_run#module:allow_lost_faces) says.
      - Without it, the task fails before anything is changed if there are photos that may lose faces, in check mode as well.
      - For this look, the key needs the scopes C(user.read), C(asset.read) and C(face.read).
    type: bool
    default: false
"""
