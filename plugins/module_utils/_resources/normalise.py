# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what a playbook says to what Immich makes of it. Applied twice, a normaliser gives what it gave once.

What cannot be said raises `ValueError` with the rest of a sentence that begins with the name of the option.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Dict, Optional, Tuple
from urllib.parse import urlsplit

from .. import _ids

MOST_BYTES = 2**53 - 1  # what Immich 3 takes as a quota

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}
_SIZE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,6}))? *([KMGTP]?)(?:i?B)?", re.IGNORECASE)
_COLOR = re.compile(r"#?((?:[0-9a-fA-F]{3,4}){1,2})")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,3})\d*)?(Z|[+-]\d\d:?\d\d)", re.IGNORECASE)
# What Immich takes out of a storage label: control characters, what Windows does not allow in a name, and every dot.
_NOT_IN_LABEL = re.compile(r'[\x00-\x1f\x80-\x9f/\\?<>:*|".]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)  # names that Windows keeps for itself
_HALF = re.compile("[\ud800-\udfff]")
_PLAIN_EMAIL = re.compile(  # that of the HTML standard, which the server uses too
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>.*)", re.DOTALL)
_SCHEMES_WITH_HOST = ("http", "https", "ftp", "ws", "wss")
_NOT_IN_HOST = ' <>^|%"'
_NULL = "\x00"
_LONGEST_LABEL = 255  # bytes
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
    if not local or not domain or len(address) > 320 or any(one.isspace() for one in address):
        raise ValueError("'%s' is not an e-mail address" % address)
    return address


def is_plain_email(address: str) -> bool:
    """Whether the server takes an address from the version `EMAILS_AS_HTML5` on: it has no letters outside of ASCII."""
    return _PLAIN_EMAIL.fullmatch(address) is not None


def is_url(value: str) -> bool:
    """Whether Immich takes a text as a URL, as far as it shows without a browser's parser: with a scheme, and a host if need be."""
    match = _URL.fullmatch(value.strip())
    if match is None or match["scheme"].lower() not in _SCHEMES_WITH_HOST:
        return match is not None
    try:
        parts = urlsplit("http://" + match["rest"].lstrip("/\\"))
        return bool(parts.hostname) and (parts.port or 0) >= 0 and not any(one in _NOT_IN_HOST for one in parts.hostname or "")
    except ValueError:
        return False


def email_or_id(value: Any) -> str:
    """A user as a playbook names one."""
    try:
        return _ids.checked_uuid(value)
    except ValueError:
        return email(value)


def quota(value: Any) -> Optional[int]:
    """`50GiB` in bytes, `unlimited` as None; 0 means that nothing can be uploaded."""
    if value is None or str(value).strip().lower() == "unlimited":
        return None
    match = _SIZE.fullmatch(str(value).strip())
    if not match:
        raise ValueError("must be a size such as 50GiB, or unlimited, not '%s'" % value)
    unit = _UNITS[match[3].upper()]
    size: int = int(match[1]) * unit + int(match[2] or 0) * unit // 10 ** len(match[2] or "")
    if size > MOST_BYTES:
        raise ValueError("is larger than Immich's largest quota, %d bytes" % MOST_BYTES)
    return size


def show_quota(value: Optional[int]) -> str:
    """Bytes as a playbook says them: the largest unit that leaves a whole number."""
    if value is None:
        return "unlimited"
    for letter in "PTGMK":
        if value and value % _UNITS[letter] == 0:
            return "%d%siB" % (value // _UNITS[letter], letter)
    return str(value)


def storage_label(value: Any) -> Optional[str]:
    """A label that the server stores as it is. It rewrites others without a message, so that these are refused."""
    if value is None or value == "":
        return None
    label = any_text(value)
    stored = stored_label(label)
    if stored != label:
        raise ValueError("'%s' would be stored as '%s'%s" % (label, stored, ". Set that" if stored else ", that is, as none"))
    return label


def stored_label(label: str) -> str:
    """What Immich makes of a storage label (npm's sanitize-filename, and without dots)."""
    plain = _NOT_IN_LABEL.sub("", label).rstrip(" ")
    if _DEVICE.fullmatch(plain):
        return ""
    return plain.encode("utf-8")[:_LONGEST_LABEL].decode("utf-8", "ignore")


def color(value: Any) -> Optional[str]:
    """`#1f2e3d` for `1f2e3d` as well: Immich 3 adds the sign, older versions do not. In lower case, which means the same."""
    if value is None or value == "":
        return None
    match = _COLOR.fullmatch(str(value))
    if not match:
        raise ValueError("must be a colour such as #1f2e3d, not '%s'" % value)
    return "#" + match[1].lower()


def moment(value: Any) -> Optional[str]:
    """`2026-01-31T12:00:00+01:00` as `2026-01-31T11:00:00.000Z`. A day begins at midnight UTC; `never` is None."""
    if value is None or str(value).strip().lower() == "never":
        return None
    given = str(value).strip()
    match = _MOMENT.fullmatch(given + "T00:00:00Z" if _DAY.fullmatch(given) else given)
    if not match:
        raise ValueError("must be a day or a moment with its offset, such as 2026-01-31T12:00:00Z, or never, not '%s'" % given)
    offset = "+0000" if match[5].upper() == "Z" else match[5].replace(":", "")
    text_of_it = "%sT%s%s%s" % (match[1], match[2], match[3] or ":00", offset)
    try:
        at = datetime.datetime.strptime(text_of_it, "%Y-%m-%dT%H:%M:%S%z").astimezone(datetime.timezone.utc)
    except (ValueError, OverflowError):
        raise ValueError("'%s' is not a moment" % given) from None
    return "%s.%sZ" % (at.isoformat()[:19], (match[4] or "").ljust(3, "0"))


def tag_value(value: Any) -> str:
    """A tag's path as Immich stores it: without empty parts, which it drops; blanks stay."""
    path = "/".join(part for part in any_text(value).split("/") if part)
    if not path:
        raise ValueError("must not be empty")
    return path


def texts(value: Any) -> Tuple[str, ...]:
    """A list of texts that are not empty, each once: Immich refuses the others."""
    return tuple(dict.fromkeys(text(one) for one in value))


def paths(value: Any) -> Tuple[str, ...]:
    """The import paths of a library, absolute and as the server sees them. A slash at the end would be another path to Immich."""
    found = tuple(dict.fromkeys(text(one).rstrip("/") or "/" for one in value))
    for path in found:
        if not path.startswith("/"):
            raise ValueError("'%s' is not absolute" % path)
    if len(found) > 128:
        raise ValueError("has more than 128 paths, which Immich refuses")
    return found


def origin(url: str) -> str:
    """What Immich keeps of `server.externalDomain`: no path, the host in lower case, no port that the scheme has anyway."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return url
    secret = "%s:%s@" % (parts.username, parts.password) if parts.username and parts.password else ""
    host = "[%s]" % parts.hostname if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme.lower()]
    return "%s://%s%s%s" % (parts.scheme.lower(), secret, host, "" if port in (None, usual) else ":%d" % port)


def leaves(value: Any) -> Dict[str, Any]:
    """A document of groups as its leaves: `{"ffmpeg": {"crf": 23}}` as `{"ffmpeg.crf": 23}`. What is flat already stays so."""
    found: Dict[str, Any] = {}
    if not isinstance(value, dict):
        raise ValueError("must be a dictionary of groups")
    for name, one in value.items():
        if isinstance(one, dict):
            found.update({"%s.%s" % (name, below): leaf for below, leaf in leaves(one).items()})
        else:
            found[str(name)] = one
    return found


def settings(value: Any) -> Dict[str, Any]:
    """The leaves of a document that a playbook gives."""
    found = leaves(value)
    for name, one in found.items():
        for text_of_it in one if isinstance(one, list) else [one]:
            unfit = _unfit(text_of_it) if isinstance(text_of_it, str) else ""
            if unfit:
                raise ValueError("has %s, which contains %s" % (name, unfit))
    return found


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
