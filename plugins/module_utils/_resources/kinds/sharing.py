# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shared links to albums of the key's user, tags and partners.

Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed there.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence
from urllib.parse import quote

from ..._client import errors, versions
from .. import normalise
from ..model import PRESENT, Field, Kind, Route

SHARED_BY, SHARED_WITH = "shared-by", "shared-with"


def address(context: Any, planned: Any, object_id: str, answers: Sequence[Any]) -> Dict[str, Any]:
    """Where people find a link; of one without a slug the address is a secret."""
    slug = planned.wanted.get("slug")
    if planned.wanted["state"] != PRESENT or not slug:
        return {}
    root = context.client.connection.root
    return {"link_url": "%s/s/%s" % (root[: -len("/api")] if root.endswith("/api") else root, quote(slug))}


SHARED_LINKS = Kind(
    name="shared_links",
    singular="shared link",
    keys=(("slug",), ("album", "description")),
    order=60,
    optional=("description",),
    path="/shared-links",
    scope_to_read="sharedLink.read",
    one="/shared-links/{id}",
    select=lambda raw: raw.get("type") == "ALBUM",
    aliases={"album_id": "album"},
    action=address,
    calls={
        "create": Route("POST", "/shared-links", {"type": "ALBUM"}, scope="sharedLink.create"),
        "update": Route("PATCH", "/shared-links/{id}", scope="sharedLink.update"),
        "delete": Route("DELETE", "/shared-links/{id}", scope="sharedLink.delete"),
    },
    fields=(
        Field("slug", normalise=normalise.text, decode=normalise.text_or_null, since=versions.SLUGS, always=True, default=None),
        Field(
            "album",
            api="albumId",
            source="album",
            required=True,
            normalise=normalise.text,
            decode=lambda album: album["id"],
            refers_to="albums",
            on_update=False,
        ),
        Field("description", normalise=normalise.text_or_null, decode=normalise.text_or_null, default=None),
        Field("password", normalise=normalise.text_or_null, decode=normalise.text_or_null, secret=True, default=None),
        Field("expires_at", normalise=normalise.moment, decode=normalise.moment, default=None),
        Field("allow_upload", type="bool", ours=False),  # Immich itself would allow it
        Field("allow_download", type="bool", default=True),
        Field("show_metadata", type="bool", default=True),
    ),
)


def is_orphan(raw: Mapping[str, Any]) -> bool:
    """Whether a tag `a/b` stands beside `a` and not below it, as one does that was created with a slash in its name.

    The call that creates a tag puts it in its place.
    """
    return "/" in raw["value"] and not raw.get("parentId")


def above(found: Mapping[str, Any]) -> Sequence[str]:
    """The tags above one: `a` and `a/b` for `a/b/c`."""
    parts = found["value"].split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


TAGS = Kind(
    name="tags",
    singular="tag",
    keys=(("value",),),
    order=50,
    path="/tags",
    scope_to_read="tag.read",
    one="/tags/{id}",
    calls={
        # makes the parents too; POST would make of a/b a tag without any
        "create": Route("PUT", "/tags", wrap=lambda body: {"tags": [body["value"]]}, scope="tag.create"),
        "update": Route("PUT", "/tags/{id}", scope="tag.update"),
        "delete": Route("DELETE", "/tags/{id}", scope="tag.delete"),
    },
    created_id=lambda answer: answer[0]["id"],
    above=above,
    replace=lambda context, wanted, found: "it has no parent" if is_orphan(found.raw) else "",
    fields=(
        Field("value", normalise=normalise.tag_value),
        Field("color", normalise=normalise.color, decode=normalise.color, default=None, on_create=False),
    ),
)


def read_partners(objects: Any, wanted: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """Both directions, each partner with the direction in which it is one. Only who receives can have them in the timeline."""
    given = [{**one, "direction": SHARED_BY} for one in objects.read_list("/partners", {"direction": SHARED_BY})]
    received = [{**one, "direction": SHARED_WITH} for one in objects.read_list("/partners", {"direction": SHARED_WITH})]
    for one in given:
        one.pop("inTimeline", None)
    return given + received


def check_partner(context: Any, planned: Any) -> Sequence[str]:
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


def more_scopes_of_partner(context: Any, planned: Any) -> Dict[str, str]:
    """What is needed to see that nobody is made their own partner."""
    return {"user.read": "see whose key it is"} if planned.change.calls else {}


PARTNERS = Kind(
    name="partners",
    singular="partner",
    keys=(("partner", "direction"),),
    order=40,
    read=read_partners,
    scope_to_read="partner.read",
    calls={
        "create": Route("POST", "/partners/{member}", wrap=lambda body: None, scope="partner.create"),
        "update": Route("PUT", "/partners/{id}", scope="partner.update"),
        "delete": Route("DELETE", "/partners/{id}", scope="partner.delete"),
    },
    purges=lambda raw: bool(raw["direction"] == SHARED_BY),
    checks=(check_partner,),
    more_scopes=more_scopes_of_partner,
    fields=(
        Field("partner", api="id", normalise=normalise.email_or_id, refers_to="users", on_update=False),
        Field("direction", choices=(SHARED_BY, SHARED_WITH), on_create=False, assume=SHARED_BY),
        Field(
            "in_timeline",
            type="bool",
            source=".",
            decode=lambda raw: raw.get("inTimeline") if raw["direction"] == SHARED_WITH else None,
            on_create=False,
        ),
    ),
)
