# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where processes of a user on this host keep what they share. Private to the collection."""

from __future__ import annotations

import os
from typing import Optional

from ..machine import in_container
from .ledger import AUTO, FILE


def keeps_ledger(kind: str, ledger_dir: Optional[str]) -> bool:
    """Whether the options mean a ledger in a file, without a word from the server: inside a container `auto` depends on it."""
    return kind == FILE or (kind == AUTO and (bool(ledger_dir) or not in_container()))


def default_directory() -> str:
    """The folder `selfhosted.immich` in the user's XDG state folder."""
    state = os.environ.get("XDG_STATE_HOME", "")
    # The specification says that a relative path is to be ignored.
    return os.path.join(state if os.path.isabs(state) else os.path.expanduser("~/.local/state"), "selfhosted.immich")
