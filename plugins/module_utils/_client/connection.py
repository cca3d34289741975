# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to reach one server: the connection options as plain values. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple, Union
from urllib.parse import urlsplit

from . import errors


@dataclass(frozen=True)
class Connection:
    """The connection options of every module. `repr` leaves the secrets out."""

    url: str
    api_key: str = field(repr=False)
    validate_certs: bool = True
    ca_path: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None
    timeout: float = 30.0
    retries: int = 4
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise errors.InvalidRequest("url must begin with http:// or https:// and name a host, such as https://photos.example.com")
        if "@" in parts.netloc:
            raise errors.InvalidRequest("url must not hold a user name or password. Give what a proxy wants with the option headers.")
        if not self.api_key or not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise errors.AuthError("The API key is empty or holds characters that no key has (a line end, a space?).")

    @property
    def root(self) -> str:
        """The url without `/api`, a slash at its end, query or fragment."""
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/")
        return "%s://%s%s" % (parts.scheme, parts.netloc, path[: -len("/api")] if path.endswith("/api") else path)

    @property
    def names_api(self) -> bool:
        """Whether the url already names the API, so that there is nothing to discover."""
        return urlsplit(self.url).path.rstrip("/").endswith("/api")

    @property
    def verify(self) -> Union[bool, str]:
        """What requests calls `verify`."""
        return self.ca_path or True if self.validate_certs else False

    @property
    def cert(self) -> Union[str, Tuple[str, str], None]:
        """What requests calls `cert`."""
        if self.client_cert and self.client_key:
            return (self.client_cert, self.client_key)
        return self.client_cert
