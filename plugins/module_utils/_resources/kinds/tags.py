# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags of the key's user, found by their path, such as `Trip/Rome`. Immich cannot rename them.

Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and observed there.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Optional, Sequence

from .. import normalise
from ..model import Context, Field, Kind, Route, ServerObject, Wanted

_COLOR = re.compile(r"#?((?:[0-9a-fA-F]{3,4}){1,2})")


def color(value: Any) -> Optional[str]:
    """`#1f2e3d` for `1f2e3d` as well: Immich 3 adds the sign, older versions do not. In lower case, which means the same."""
    if value is None or value == "":
        return None
    match = _COLOR.fullmatch(str(value))
    if not match:
        raise ValueError("must be a colour such as #1f2e3d, not '%s'" % value)
    return "#" + match[1].lower()


def tag_value(value: Any) -> str:
    """A tag's path as Immich stores it: without empty parts, which it drops; blanks stay."""
    path = "/".join(part for part in normalise.any_text(value).split("/") if part)
    if not path:
        raise ValueError("must not be empty")
    return path


class Tags(Kind):
    """What the API has below `/tags`."""

    name, singular, plural = "tags", "tag", "tags"
    order = 50
    keys = (("value",),)
    fields = (
        Field("value", normalise=tag_value),
        Field("color", normalise=color, decode=color, default=None, on_create=False),
    )
    path, object_path = "/tags", "/tags/{id}"
    scope_to_read = "tag.read"
    calls: Mapping[str, Route] = {
        # makes the parents too; POST would make of a/b a tag without any
        "create": Route("PUT", "/tags", wrap=lambda body: {"tags": [body["value"]]}, scope="tag.create"),
        "update": Route("PUT", "/tags/{id}", scope="tag.update"),
        "delete": Route("DELETE", "/tags/{id}", scope="tag.delete"),
    }

    def created_id(self, answer: Any) -> Any:
        """That of the only one in the list."""
        return answer[0]["id"]

    def above(self, values: Mapping[str, Any]) -> Sequence[str]:
        """The tags above one: `a` and `a/b` for `a/b/c`."""
        parts = values["value"].split("/")
        return ["/".join(parts[:depth]) for depth in range(1, len(parts))]

    def reason_to_replace(self, context: Context, wanted: Wanted, found: ServerObject) -> str:
        """Puts a tag `a/b` in its place that stands beside `a`, as one does that was created with a slash in its name."""
        return "it has no parent" if "/" in found.raw["value"] and not found.raw.get("parentId") else ""


TAGS = Tags()
