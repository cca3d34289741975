# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects as the API has them: JSON in, JSON out. What their fields mean is said in the tables of `_resources/kinds`."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from .. import checked
from ..client import Calls


class ObjectCalls(Calls):
    """Reads and changes objects by the paths that the tables name. An id in a path has been checked by `require_id`."""

    def read_list(self, path: str, query: Optional[Mapping[str, str]] = None) -> List[Dict[str, Any]]:
        """`GET` of a list of objects."""
        return self._transport.call("GET", path, query=query, parse=_objects)

    def read_one(self, path: str, *, repeatable: bool = True) -> Dict[str, Any]:
        """`GET` of one object; `NotFound` for one that is not there, or not for this user."""
        return self._transport.call("GET", path, parse=_object, repeatable=repeatable)

    def query(self, path: str, body: Optional[Mapping[str, Any]] = None, *, repeatable: bool = True) -> Dict[str, Any]:
        """`POST` of a question, of which nothing stays: allowed in check mode."""
        return self._transport.call("POST", path, json=body, parse=_object, reads=True, repeatable=repeatable)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """A change; its answer, None where that is empty. What would make a second object is not repeated by itself."""
        return self._transport.call(method, path, json=body, parse=_clean, repeatable=method in ("PUT", "PATCH", "DELETE"))


def require_id(value: str, what: str = "an id") -> str:
    """An id that goes into a path. Raises `InvalidRequest`; `what` names it."""
    return checked.require_id(value, what)


def _objects(answer: Any) -> List[Dict[str, Any]]:
    return [_object(raw) for raw in checked.array(answer)]


def _object(answer: Any) -> Dict[str, Any]:
    if not isinstance(answer, dict):
        raise TypeError("not an object")
    cleaned: Dict[str, Any] = _clean(answer)
    return cleaned


def _clean(value: Any) -> Any:
    """The value with U+FFFD for each half of a surrogate pair. The parser has bounded how deep it is nested."""
    if isinstance(value, str):
        return checked.text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {checked.text(name): _clean(item) for name, item in value.items()}
    return value
