# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a detection of all faces loses: in photos of which it has joined a face that somebody marked, it does not find the others again.

Observed on 1.135 to 3.1: it deletes the faces that it has found before, fails at such a photo without a word, and no later run finds them.
"""

from __future__ import annotations

from typing import Callable, List

from ..._client import api, errors, values
from ..._client.endpoints.people import PersonCalls

QUEUE = "faceDetection"

_SCOPES = {
    "user.read": "tell the user's photos from those of others",
    "asset.read": "find photos with faces",
    "face.read": "see which faces were marked by hand",
}


def refuse_to_lose_faces(client: api.Immich, check_cancelled: Callable[[], None]) -> List[str]:
    """Raises `InvalidRequest` that says how many photos of the key's user may lose faces. Returns warnings of what cannot be seen."""
    client.require(_SCOPES)
    photos = _count_photos(client, check_cancelled)
    if photos:
        raise errors.InvalidRequest(
            "To detect all faces again would lose some of them: in %d photos of the key's user, Immich has found faces beside others that "
            "were marked by hand, or came with a copy or a sidecar. Where it has joined one of the latter, it does not find the former "
            "again. Set command to start_missing, or allow_lost_faces to true if they may be lost." % photos,
            details={"photos": photos, "option": "allow_lost_faces"},
        )
    if len(client.server.user_ids()) == 1:
        return []
    return [
        "An API key sees the faces of its own user only. Photos of other users in which faces were marked by hand may lose those that "
        "Immich has found beside them."
    ]


def _count_photos(client: api.Immich, check_cancelled: Callable[[], None]) -> int:
    calls, photos = PersonCalls(client), 0
    for page in client.assets.search(values.Search(None), owners=(client.server.me().id,), people=True):
        for asset in page:
            if asset.metadata.people:
                check_cancelled()
                photos += len({face.by_machine for face in calls.faces(asset.id)}) == 2
    return photos
