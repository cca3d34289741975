# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to reach one server: the connection options as plain values, and whether they make sense."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple, Union
from urllib.parse import urlsplit

from .. import _option_names, _text
from . import errors

# What messages call the keys: which it is, and the variables that give it.
USERS_KEY = "the API key (immich_api_key, IMMICH_API_KEY)"
ADMINS_KEY = "the administrator's API key (immich_admin_api_key, IMMICH_ADMIN_API_KEY)"
_SOURCES_ADMINS_OPTION = "%s (IMMICH_SOURCE_ADMIN_API_KEY)" % _option_names.named("source_admin_api_key")
SOURCES_KEY = "the source's API key (%s, IMMICH_SOURCE_API_KEY)" % _option_names.named("source_api_key")
SOURCES_ADMINS_KEY = "the administrator's API key of the source (%s, IMMICH_SOURCE_ADMIN_API_KEY)" % _option_names.named(
    "source_admin_api_key"
)

_LONGEST_TIMEOUT = 86400.0  # seconds
_HOST = re.compile(r"[A-Za-z0-9._-]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+-]*:")
_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_LONGEST_SHOWN = 200  # characters of a URL
_USER_INFO = "it has a user name or password in it"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2


@dataclass(frozen=True)
class ApiKey:
    """A key, and the `name` that messages call it by. `repr` leaves the key out.

    `header` is where it is sent: `authorization` for the token of a login, and nowhere (`""`) for calls that need no key.
    """

    value: str = field(repr=False)
    name: str = USERS_KEY
    header: str = "x-api-key"

    def __post_init__(self) -> None:
        if self.value.strip() and self.value != self.value.strip():
            raise errors.AuthError(
                "%s has a space or a line break at one of its ends. Remove it, in a template with the filter trim." % capitalise(self.name)
            )
        if not self.value or not self.value.isascii() or not self.value.isprintable() or " " in self.value:
            raise errors.AuthError(
                "%s is empty or has characters that no key has, such as a line break or a space." % capitalise(self.name)
            )

    @property
    def has_scopes(self) -> bool:
        """Whether it is a key, and not the token of a login, which may do all that its user may, or none."""
        return self.header == "x-api-key"

    @property
    def headers(self) -> Mapping[str, str]:
        """The header that proves who asks."""
        if not self.header:
            return {}
        return {self.header: "Bearer " + self.value if self.header == "authorization" else self.value}


NO_KEY = ApiKey("-", "no API key", header="")
"""For the few calls that everybody may make, such as the first administrator's registration."""


def admin_key_option(name: str) -> str:
    """Where an administrator's key is given for the server for which there is a key of this name."""
    if name.partition(" (")[0] in [key.partition(" (")[0] for key in (SOURCES_KEY, SOURCES_ADMINS_KEY)]:
        return _SOURCES_ADMINS_OPTION
    return "immich_admin_api_key (IMMICH_ADMIN_API_KEY)"


def capitalise(text: str) -> str:
    """The text with its first letter as a capital, and the others as they are."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Connection:
    """The connection options of every module. `repr` leaves the secrets out."""

    url: str
    key: ApiKey
    validate_certs: bool = True
    ca_path: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None
    timeout: float = 30.0
    retries: int = 4
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    prefix: str = ""  # of the options' names in messages: `source_` for the server that is only read

    def __post_init__(self) -> None:
        _check_url(self.url, self.prefix + "url", self.prefix + "headers")
        if not 0 < self.timeout <= _LONGEST_TIMEOUT:
            raise errors.InvalidRequest(
                "O(%stimeout) must be more than 0 and at most %d seconds." % (self.prefix, _LONGEST_TIMEOUT),
                options=(self.prefix + "timeout",),
            )
        if self.retries < 0:
            raise errors.InvalidRequest("O(%sretries) must be 0 or more." % self.prefix, options=(self.prefix + "retries",))
        for name, value in self.headers.items():
            _check_header(name, value, self.prefix + "headers")

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


def _check_header(name: str, value: str, option: str) -> None:
    """Raises `InvalidRequest` for what HTTP does not allow; the value, which may be secret, is not quoted."""
    if not _HEADER_NAME.fullmatch(name):
        raise errors.InvalidRequest(
            "A header in the option O(%s) is named %s. Names may have only English letters, digits and hyphens." % (option, ascii(name)),
            options=(option,),
        )
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise errors.InvalidRequest(
            "The value of %s in the option O(%s) has a character that HTTP cannot send. Use only Latin-1 characters." % (name, option),
            options=(option,),
        ) from None
    if value != value.strip() or any((ord(character) < 32 and character != "\t") or ord(character) == 127 for character in value):
        raise errors.InvalidRequest(
            "The value of %s in the option O(%s) has a line break or another control character, or a space at one of its ends."
            % (name, option),
            options=(option,),
        )


def _check_url(url: str, option: str, headers_option: str) -> None:
    """Raises `InvalidRequest` that says what is wrong with a URL. One with a user name or password in it is not quoted."""
    problem = url_problem(url)
    if problem is not None:
        shown = "" if "@" in url else " (%s)" % _text.one_line(url, _LONGEST_SHOWN, instead="?")
        if problem == _USER_INFO:
            problem += ". Give what a proxy asks for with the option O(%s)" % headers_option
        raise errors.InvalidRequest(
            "The option O(%s) is not a valid URL: %s%s. It should look like https://photos.example.com." % (option, problem, shown),
            options=(option, headers_option) if problem.startswith(_USER_INFO) else (option,),
        )


def url_problem(url: str) -> Optional[str]:
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
        return _USER_INFO
    if not host:
        return "it has no host name"
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "its port is not a number from 1 to 65535"
    return None if ":" in host else _host_problem(host)


def proxy_variable(scheme: str) -> str:
    """Which environment variable names the proxy for URLs with this scheme; what messages call it where none does."""
    for name in ("%s_proxy" % scheme, "all_proxy"):
        present = next((variable for variable in (name, name.upper()) if os.environ.get(variable)), "")
        if present:
            return present
    return "the settings of this host"


def check_proxy(variable: str, proxy: str) -> None:
    """Raises `InvalidRequest` that says what is wrong with the proxy in an environment variable. Nothing is looked up in the network."""
    problem = _proxy_problem(proxy)
    if problem is not None:
        shown = "" if "@" in proxy else " (%s)" % _text.one_line(proxy, _LONGEST_SHOWN, instead="?")
        raise errors.InvalidRequest(
            "%s is not the valid URL of a proxy: %s%s. It should look like http://proxy.example.com:3128. Correct it in the environment of "
            "this host, or name the server in NO_PROXY." % (capitalise(variable) if " " in variable else variable, problem, shown)
        )


def _proxy_problem(proxy: str) -> Optional[str]:
    scheme, separator, rest = proxy.partition("://")
    if not separator:
        scheme, rest = "http", proxy
        if _SCHEME.match(proxy):  # requests takes the host's name for a scheme
            return "it does not begin with http:// or https://"
    if scheme.lower() not in _PROXY_SCHEMES:
        return "it does not begin with http:// or https://"
    return url_problem("http://" + rest.partition("/")[0].rpartition("@")[2])


def _host_problem(host: str) -> Optional[str]:
    try:
        host.encode("idna")
    except UnicodeError:
        return "a part of its host name is empty, too long, or has characters that host names cannot have"
    if host.isascii() and not _HOST.fullmatch(host):
        return "its host name has characters that host names cannot have"
    return None
