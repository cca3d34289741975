# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an exception of the HTTP library to words a person can act on. Private to the collection.

Works on the exceptions' names and texts, so that channel.py stays the only importer of requests.
"""

from __future__ import annotations

import re
from typing import Any, List, Set, Tuple, Type
from urllib.parse import urlsplit

from . import errors

_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")(]+)")
_SAID = re.compile(r"(Remote end closed[^'\")(]*|Connection reset by peer|EOF occurred[^'\")(]*)")

_ADVICE = {
    "certificate has expired": "Its certificate has expired: renew it.",
    "self-signed": "Its certificate is self-signed: give the certificate (or its authority's) as ca_path.",
    "self signed": "Its certificate is self-signed: give the certificate (or its authority's) as ca_path.",
    "unable to get local issuer": "Its certificate comes from an authority that this host does not know: give that authority's as ca_path.",
    "mismatch": "Its certificate is for another name: use the name it was made for in url.",
    "doesn't match": "Its certificate is for another name: use the name it was made for in url.",
}


def as_immich_error(exc: BaseException, request: Any, path: str, timeout: float, known_server: bool) -> errors.ImmichError:
    """What `exc`, raised while `request` (a prepared request) was sent, means. Headers, and so the key, are never quoted."""
    parts = urlsplit(str(request.url))
    where = "%s://%s" % (parts.scheme, parts.netloc)
    text, names = _chain_of(exc)

    def failed(kind: Type[errors.ImmichError], msg: str) -> errors.ImmichError:
        return kind(msg, method=request.method, path=path)

    if "SSLError" in names or "SSLCertVerificationError" in names:
        if "CERTIFICATE_VERIFY_FAILED" in text or "hostname" in text.lower():
            advice = next((a for sign, a in _ADVICE.items() if sign in text), "Its certificate cannot be verified.")
            return failed(
                errors.TlsFailure, "No trusted connection to %s. %s (validate_certs: false turns the check off.)" % (where, advice)
            )
        if "WRONG_VERSION_NUMBER" in text or "wrong version number" in text:
            return failed(errors.TlsFailure, "%s does not speak TLS on that port. Should the url begin with http://?" % where)
        if not known_server:
            return failed(errors.TlsFailure, "TLS with %s failed: %s." % (where, _reason(text)))
    if "InvalidHeader" in names:
        return failed(errors.InvalidRequest, "One of the option headers has a name or value that HTTP does not allow.")
    if names & {"InvalidURL", "LocationParseError", "InvalidSchema", "MissingSchema", "UnicodeError"}:
        return failed(errors.InvalidRequest, "The url is not one: check its host name and port.")
    if "ProxyError" in names:
        return failed(errors.Unreachable, "The proxy on the way to %s does not answer as one: %s." % (where, _reason(text)))
    if names & {"NameResolutionError", "gaierror"} or "Name or service not known" in text:
        return failed(errors.Unreachable, "The host name %s is not known here. Check the url." % parts.hostname)
    # urllib3's NewConnectionError is a ConnectTimeoutError too, so what the operating system says decides.
    if "timed out" in text and names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return failed(errors.Unreachable, "No connection to %s within %g s. Check the url, and firewalls on the way." % (where, timeout))
    if "NewConnectionError" in names or "ConnectionRefusedError" in names:
        return failed(
            errors.Unreachable, "No connection to %s: %s. Is Immich running there, and is the port right?" % (where, _reason(text))
        )
    if names & {"ReadTimeout", "ReadTimeoutError", "timeout", "TimeoutError"} or "timed out" in text:
        return failed(
            errors.Timeout,
            "Immich took the call %s %s but nothing moved for %g s. It may be overloaded; the option timeout allows it more."
            % (request.method, path, timeout),
        )
    if isinstance(exc, OSError) and not hasattr(exc, "request"):
        # Not from the network: requests could not use a file that an option names.
        return failed(errors.LocalFailure, "ca_path, client_cert or client_key cannot be used: %s" % (exc.strerror or exc))
    return failed(
        errors.ConnectionCut,
        "The connection to %s broke in the middle of %s %s: %s. If it always breaks with large files, a proxy on the way may "
        "limit their size or time." % (where, request.method, path, _reason(text)),
    )


def _chain_of(exc: BaseException) -> Tuple[str, Set[str]]:
    """The texts and the class names of an exception and of what it was raised from."""
    texts: List[str] = []
    names: Set[str] = set()
    seen: Set[int] = set()
    todo = [exc]
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        texts.append(str(one))
        names.update(kind.__name__ for kind in type(one).__mro__ if kind not in (OSError, Exception, BaseException, object))
        todo += [e for e in (one.__cause__, one.__context__, getattr(one, "reason", None)) if isinstance(e, BaseException)]
        todo += [a for a in one.args if isinstance(a, BaseException)]
    return " ".join(texts), names


def _reason(text: str) -> str:
    """The words of the operating system in a library's long text."""
    found = _ERRNO.search(text) or _SAID.search(text)
    return found.group(1).strip().rstrip(".") if found else "no reason given"
