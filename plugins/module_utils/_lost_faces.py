# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a detection of all faces loses: in photos of which it has joined a face that somebody marked, it does not find the others again.

Observed on 1.135 to 3.1: it deletes the faces that it has found before, fails at such a photo without a word, and no later run finds them.
"""

from __future__ import annotations

from typing import Callable, List, Tuple

from ._client import errors, values
from ._client.client import Client
from ._client.endpoints.assets import AssetCalls
from ._client.endpoints.people import PersonCalls
from ._client.endpoints.server import ServerCalls

QUEUE = "faceDetection"

_SCOPES = {
    "user.read": "tell the user's photos from those of others",
    "asset.read": "find photos with faces",
    "face.read": "see which faces were marked by hand",
}


def refuse_to_lose_faces(client: Client, check_cancelled: Callable[[], None], *, instead: Tuple[str, str]) -> List[str]:
    """Raises `InvalidRequest` that says how many photos of the key's user may lose faces. Returns warnings of what cannot be seen.

    `instead` is an option of the module and the value with which nothing is lost. Its option `allow_lost_faces` permits to lose faces.
    """
    client.require(_SCOPES)
    server = ServerCalls(client)
    photos = _count_photos(client, server.me().id, check_cancelled)
    if photos:
        raise errors.InvalidRequest(
            "To detect all faces again would lose some of them: in %d photos of the key's user, Immich has found faces beside others that "
            "were marked by hand, or came with a copy or a sidecar. Where it has joined one of the latter, it does not find the former "
            "again. Set O(%s) to %s, or O(allow_lost_faces) to true if they may be lost." % (photos, *instead),
            details={"photos": photos, "option": "allow_lost_faces"},
            options=("allow_lost_faces", instead[0]),
        )
    if len(server.user_ids()) == 1:
        return []
    return [
        "An API key sees the faces of its own user only. Photos of other users in which faces were marked by hand may lose those that "
        "Immich has found beside them."
    ]


def _count_photos(client: Client, user: str, check_cancelled: Callable[[], None]) -> int:
    calls, photos = PersonCalls(client), 0
    assets = AssetCalls(client)
    for page in assets.search(values.Search(None), owners=(user,), people=True):
        for asset in page:
            if asset.metadata.people:
                check_cancelled()
                photos += len({face.by_machine for face in calls.faces(asset.id)}) == 2
    return photos
