# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Confirms a deletion just before it is sent, by answers that do not depend on those that led to it. The first contradiction ends the run.

Answers can be wrong: from a cache that goes by the path and not by the key, from a list that was cut, from a server that changed. Each
deletion of the collection rests on two calls that would have to be wrong in the same way.
"""

from __future__ import annotations

from typing import Callable, Optional

from .._client import errors

Look = Callable[[], Optional[str]]
"""Asks the server once more: what speaks against a deletion, as a sentence without its full stop; None for nothing."""


def confirm(what: str, *looks: Look) -> None:
    """Raises `Contradiction`, which is fatal, for the first look that does not confirm a deletion. `what` says what is not done then."""
    for look in looks:
        against = look()
        if against is not None:
            raise errors.Contradiction(
                "%s: %s. That contradicts what Immich said before, so the run ends here. A proxy in front of Immich may serve answers "
                "that it has kept, or somebody changed it meanwhile. Run it again. If this comes back, switch off the proxy's cache."
                % (what, against)
            )
