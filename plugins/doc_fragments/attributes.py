# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The attributes that modules declare."""

from __future__ import annotations


class ModuleDocFragment:
    """Descriptions of the attributes; each module states its own support."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and report what would change, without changing anything.
  diff_mode:
    description: Reports in detail what has changed, or would change in C(check_mode).
  idempotent:
    description: When run twice in a row outside C(check_mode) with the same arguments, the second run changes nothing.
  platform:
    description: The hosts that the module can run on.
    support: full
    platforms: posix
"""

    ACTIONGROUP_IMMICH = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/photoyard.immich.immich) in C(module_defaults) to set the connection options of all modules at once.
    support: full
    membership:
      - photoyard.immich.immich
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and report what would change, without changing anything.
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    description: Reports in detail what has changed, or would change in C(check_mode).
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: When run twice in a row outside C(check_mode) with the same arguments, the second run changes nothing.
    support: full
    details:
      - This module changes nothing.
  platform:
    description: The hosts that the module can run on.
    support: full
    platforms: posix
"""

    # What declares one object. A module of which a second run may change something says so itself.
    DECLARING = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the fields that change. Secrets are masked.
  idempotent:
    support: full
"""
