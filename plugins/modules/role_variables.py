# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the action `role_variables`, which runs on the controller alone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: role_variables
short_description: "[INTERNAL] Check the variables of a role of this collection"
version_added: 1.0.0
description:
  - Fails with a sentence for each variable of the role that is misspelt, missing, or has a value that the role cannot use. A variable
    that is misspelt would otherwise be ignored, also one whose prefix is misspelt.
  - Fails if the role needs another collection that is not there.
  - Fails also for other names that begin with the role's prefix. Names that begin otherwise and are not close to a variable of the
    role are left alone.
  - It is the one task of the role C(photoyard.immich.immich_connection), and looks at the role that depends on that one. It has
    no use of its own in a play.
  - Does nothing for a role that is included or imported with C(rolespec_validate=false).
author:
  - photoyard.immich contributors (@photoyard)
extends_documentation_fragment:
  - photoyard.immich.attributes.info_module
"""

EXAMPLES = r"""
- name: Check the variables
  photoyard.immich.role_variables:
"""

RETURN = r"""
msg:
  description: What is wrong, in a sentence or two.
  returned: failure
  type: str
  sample: immich_upload_scr is not a variable of this role. Did you mean immich_upload_src?
failure:
  description: The C(kind) of the failure, which is V(validation).
  returned: failure
  type: dict
  sample: {kind: validation}
"""
