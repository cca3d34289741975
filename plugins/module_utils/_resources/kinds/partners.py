# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Partners of the key's user: with whom they share their photos, and who does with them.

Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed there.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from ..._client import errors
from ..._client.endpoints.objects import ObjectCalls
from ..._client.versions import Version
from .. import normalise
from ..model import PRESENT, Context, Field, Kind, PlannedObject, Route, Wanted
from .users import USERS

SHARED_BY, SHARED_WITH = "shared-by", "shared-with"


class Partners(Kind):
    """What the API has below `/partners`, in both directions."""

    name, singular, plural = "partners", "partner", "partners"
    order = 40
    keys = (("partner", "direction"),)
    fields = (
        Field("partner", api="id", normalise=normalise.email_or_id, refers_to=USERS, on_update=False),
        Field("direction", choices=(SHARED_BY, SHARED_WITH), on_create=False, assume=SHARED_BY),
        Field(
            "in_timeline",
            type="bool",
            source=".",
            decode=lambda raw: raw.get("inTimeline") if raw["direction"] == SHARED_WITH else None,
            on_create=False,
        ),
    )
    scope_to_read = "partner.read"
    calls: Mapping[str, Route] = {
        "create": Route("POST", "/partners/{member}", wrap=lambda body: None, scope="partner.create"),
        "update": Route("PUT", "/partners/{id}", scope="partner.update"),
        "delete": Route("DELETE", "/partners/{id}", scope="partner.delete"),
    }

    def read_all(self, objects: ObjectCalls, version: Version, wanted: Sequence[Wanted]) -> List[Dict[str, Any]]:
        """Both directions, each partner with the direction in which it is one. Only who receives can have them in the timeline."""
        given = [{**partner, "direction": SHARED_BY} for partner in objects.read_list("/partners", {"direction": SHARED_BY})]
        received = [{**partner, "direction": SHARED_WITH} for partner in objects.read_list("/partners", {"direction": SHARED_WITH})]
        for partner in given:
            partner.pop("inTimeline", None)
        return given + received

    def is_purged(self, raw: Mapping[str, Any]) -> bool:
        """Only the other user can end what they share."""
        return bool(raw["direction"] == SHARED_BY)

    def more_scopes(self, context: Context, planned: PlannedObject) -> Dict[str, str]:
        """What is needed to see that nobody is made their own partner."""
        return {"user.read": "see whose key it is"} if planned.change.calls else {}

    def check(self, context: Context, planned: PlannedObject) -> Sequence[str]:
        """Raises `InvalidRequest` for what only the other user can do, and for oneself, whom Immich would take."""
        wanted, partner = planned.wanted, planned.wanted["partner"]
        if not planned.change.calls:
            return ()
        if partner.id == context.me and wanted["state"] == PRESENT:
            raise errors.InvalidRequest("The key's own user cannot be its partner: %s." % partner.key)
        if wanted["direction"] == SHARED_WITH and (planned.found is None or wanted["state"] != PRESENT):
            raise errors.InvalidRequest(
                "Only %s can share their photos with this key's user, or stop doing so. Declare that with a key of theirs, and "
                "direction=shared-by." % partner.key
            )
        if wanted.get("in_timeline") is not None and wanted["direction"] == SHARED_BY:
            raise errors.InvalidRequest(
                "in_timeline of %s is for those who receive: set it with a key of theirs, and direction=shared-with." % partner.key
            )
        return ()


PARTNERS = Partners()
