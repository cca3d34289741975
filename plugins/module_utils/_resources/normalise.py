# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what a playbook says to what Immich makes of it. Applied twice, a normaliser gives what it gave once.

What cannot be said raises `ValueError` with the rest of a sentence that begins with the name of the option.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Optional

from .. import _ids

_HALF = re.compile("[\ud800-\udfff]")
_NULL = "\x00"
_LONGEST_TEXT = 10_000  # characters


def text(value: Any) -> str:
    """A text that is not empty: Immich 3 takes an empty one where older versions refuse it, and stores it."""
    if str(value).strip() == "":
        raise ValueError("must not be empty")
    return any_text(value)


def any_text(value: Any) -> str:
    """A text, which may be empty."""
    if len(str(value)) > _LONGEST_TEXT:
        raise ValueError("has more than %d characters" % _LONGEST_TEXT)
    unfit = _unfit(str(value))
    if unfit:
        raise ValueError("contains %s, which Immich cannot store" % unfit)
    return str(value)


def _unfit(value: str) -> str:
    """What of a text the server's database cannot store, if anything."""
    if _NULL in value:
        return "a null character"
    return "half of a surrogate pair" if _HALF.search(value) else ""


def text_or_null(value: Any) -> Optional[str]:
    """A text; an empty one means that there is none."""
    return None if value is None or value == "" else any_text(value)


def email(value: Any) -> str:
    """An address as Immich stores it, in lower case. Internationalised ones are left to the server."""
    address = text(value).strip().lower()
    local, _at, domain = address.rpartition("@")
    if not local or not domain or len(address) > 320 or any(character.isspace() for character in address):
        raise ValueError("'%s' is not an e-mail address" % address)
    return address


def email_or_id(value: Any) -> str:
    """A user as a playbook names one."""
    try:
        return _ids.checked_uuid(value)
    except ValueError:
        return email(value)


def leaves(value: Any) -> Dict[str, Any]:
    """A document of groups as its leaves: `{"ffmpeg": {"crf": 23}}` as `{"ffmpeg.crf": 23}`. What is flat already stays so."""
    flat: Dict[str, Any] = {}
    if not isinstance(value, dict):
        raise ValueError("must be a dictionary of groups")
    for name, inner in value.items():
        if isinstance(inner, dict):
            flat.update({"%s.%s" % (name, below): leaf for below, leaf in leaves(inner).items()})
        else:
            flat[str(name)] = inner
    return flat


def settings(value: Any) -> Dict[str, Any]:
    """The leaves of a document that a playbook gives."""
    flat = leaves(value)
    for name, inner in flat.items():
        for text_of_it in inner if isinstance(inner, list) else [inner]:
            unfit = _unfit(text_of_it) if isinstance(text_of_it, str) else ""
            if unfit:
                raise ValueError("has %s, which contains %s" % (name, unfit))
    return flat


def document(flat: Dict[str, Any]) -> Dict[str, Any]:
    """The document of groups that has these leaves."""
    whole: Dict[str, Any] = {}
    for path, value in flat.items():
        *groups, name = path.split(".")
        at = whole
        for group in groups:
            at = at.setdefault(group, {})
        at[name] = value
    return whole
