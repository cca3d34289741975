# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option for which photo is on top of a stack."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the option whose argument spec is `stack_kinds.COVER_OPTIONS`."""

    DOCUMENTATION = r"""
options:
  stack_cover:
    description:
      - Which photo is on top, by kind of stack.
      - For a kind that is given here, the covers of existing stacks are changed as well. Other existing stacks keep theirs.
    type: dict
    suboptions:
      raw_jpeg:
        description:
          - The cover of a V(raw_jpeg) stack. It is the V(jpeg) file unless this is given.
        type: str
        choices: [jpeg, raw]
      heic_jpeg:
        description:
          - The cover of a V(heic_jpeg) stack. It is the V(heic) file unless this is given. That is what the phone itself shows, with its
            live video.
        type: str
        choices: [heic, jpeg]
      burst:
        description:
          - The cover of a V(burst) stack. V(marked) is the photo whose name the phone marked as the cover, or the first one if there is
            none. It is V(marked) unless this is given.
        type: str
        choices: [marked, first]
      edited:
        description:
          - The cover of a V(edited) stack. It is the V(edited) copy unless this is given.
        type: str
        choices: [edited, original]
      scans:
        description:
          - The cover of a V(scans) stack. It is the V(enhanced) copy unless this is given.
        type: str
        choices: [enhanced, plain]
"""
