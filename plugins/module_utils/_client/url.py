# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a URL can be the address of a server. Private to the collection."""

from __future__ import annotations

import re
from typing import Optional
from urllib.parse import urlsplit

from . import errors

_HOST = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST_SHOWN = 200


def check_url(url: str) -> None:
    """Raises `InvalidRequest` that says what is wrong with a URL. One with a user name or password in it is not quoted."""
    problem = problem_with(url)
    if problem is not None:
        shown = "" if "@" in url else " (%s)" % "".join(one if one.isprintable() else "?" for one in url[:_LONGEST_SHOWN])
        raise errors.InvalidRequest("The URL is not valid: %s%s. It should look like https://photos.example.com." % (problem, shown))


def problem_with(url: str) -> Optional[str]:
    """What is wrong with a URL, or `None`. Nothing is looked up in the network."""
    if not url.isprintable() or " " in url:
        return "it has a space or a control character in it"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "its host is not an IPv6 address in brackets, nor a name"
    if parts.scheme not in ("http", "https"):
        return "it does not begin with http:// or https://"
    if "@" in parts.netloc:
        return "it has a user name or password in it. Give what a proxy asks for with the option headers"
    if not host:
        return "it has no host name"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "its port is not a number from 1 to 65535"
    return None if ":" in host else _problem_with_host(host)


def _problem_with_host(host: str) -> Optional[str]:
    try:
        host.encode("idna")
    except UnicodeError:
        return "a part of its host name is empty, too long, or has characters that host names cannot have"
    if host.isascii() and not _HOST.fullmatch(host):
        return "its host name has characters that host names cannot have"
    return None
