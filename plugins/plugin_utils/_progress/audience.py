# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where progress may be printed without breaking what the output is for."""

from __future__ import annotations

from ansible import constants
from ansible.plugins.loader import callback_loader

_TEXT = frozenset(
    f"{package}.plugins.callback.{name}"
    for name in ("default", "minimal", "oneline")
    for package in ("ansible", "ansible_collections.ansible.builtin")  # named as ansible.builtin.default
)
"""The modules of ansible-core's own callbacks for people."""


def stdout_is_for_people() -> bool:
    """Whether the stdout callback writes text: it is one of ansible-core's own, or made from one of them.

    Callbacks that write JSON and the like are made from the bare base class, and a stray line would break their document.
    """
    callback = callback_loader.get(constants.DEFAULT_STDOUT_CALLBACK, class_only=True)
    return any(base.__module__ in _TEXT for base in getattr(callback, "__mro__", ()))
