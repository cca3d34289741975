# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup `role_options`: a module's options from the variables of a role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: role_options
short_description: "[INTERNAL] Collect a module's options from a role's variables"
version_added: 1.0.0
description:
  - Returns those of a module's options for which a role has a variable that is set. Each variable has the option's name after a prefix.
  - The roles of this collection use it in place of one C(default(omit\)) for each option. One template takes the time of one.
author:
  - photoyard.immich contributors (@photoyard)
options:
  _terms:
    description:
      - The names of the options.
      - A variable that is V(null) or an empty text counts as not set. A survey of AWX gives one for a question that nobody answered.
    type: list
    elements: str
    required: true
  prefix:
    description: What the variables' names begin with, such as V(immich_upload_).
    type: str
    required: true
  may_be_empty:
    description: Options for which an empty text is a value.
    type: list
    elements: str
    default: []
seealso:
  - module: photoyard.immich.immich_upload
"""

EXAMPLES = r"""
- name: Upload with the options for which there are variables
  photoyard.immich.immich_upload:
    src: /srv/photos
  module_defaults:
    photoyard.immich.immich_upload: "{{ lookup('photoyard.immich.role_options', 'album', 'tags', prefix='holiday_') }}"
  vars:
    holiday_album: Summer 2025
"""

RETURN = r"""
_raw:
  description: One dictionary with the options that are set.
  type: list
  elements: dict
"""

from typing import Any, Mapping, Sequence

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core has no types
    """Looks at the variables of the host whose task is templated."""

    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """See the documentation above."""
        self.set_options(var_options=variables, direct=kwargs)
        prefix, may_be_empty = self.get_option("prefix"), self.get_option("may_be_empty")
        given = {name: variables[prefix + name] for name in terms if variables and prefix + name in variables}
        values = self._templar.template(given)
        return [{name: value for name, value in values.items() if value is not None and (value != "" or name in may_be_empty)}]
