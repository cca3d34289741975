# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an exception of the HTTP library to a message that a person can act on.

Works on the exceptions' names and texts, so that session.py stays the only importer of requests.
"""

from __future__ import annotations

import re
from typing import List, Set, Tuple, Type
from urllib.parse import urlsplit

from . import connection, errors, limits

_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")(]+)")
_OTHER_REASON = re.compile(r"(Remote end closed[^'\")(]*|Connection reset by peer|EOF occurred[^'\")(]*)")

_ADVICE = {
    "certificate has expired": "Its certificate has expired: renew it.",
    "not yet valid": "Its certificate is not valid yet: check the clock of this host, or renew the certificate.",
    "self-signed": "Its certificate is self-signed: give the certificate (or its authority's) as {prefix}ca_path.",
    "self signed": "Its certificate is self-signed: give the certificate (or its authority's) as {prefix}ca_path.",
    "unable to get local issuer": "Its certificate comes from an authority that this host does not know: give that authority's as "
    "{prefix}ca_path.",
    "mismatch": "Its certificate is for another name: use the name it was made for in {prefix}url.",
    "doesn't match": "Its certificate is for another name: use the name it was made for in {prefix}url.",
}

# How OpenSSL's versions say that what came back is not TLS.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")

# How they say that a file is not what it should be.
_NOT_PEM = ("PEM lib", "NO_CERTIFICATE_OR_CRL_FOUND", "no certificate or crl found", "NO_START_LINE", "no start line")

# The beginning of a TLS alert where a status line should be.
_TLS_ALERT = ("\\x15\\x03", "\x15\x03")

_NOT_HTTP = {"BadStatusLine", "LineTooLong", "UnknownProtocol"}

# What a URL or host name raises that requests, urllib3 or the resolver cannot use.
_BAD_URL = {"InvalidURL", "LocationParseError", "InvalidSchema", "MissingSchema", "UnicodeError"}


def as_immich_error(
    exc: BaseException, url: str, method: str, path: str, to: connection.Connection, known_server: bool
) -> errors.ImmichError:
    """What `exc` means, which was raised while a request for `path` below `url` was made, sent or answered."""
    timeout, prefix = to.timeout, to.prefix
    parts = urlsplit(url)
    where = "%s://%s" % (parts.scheme, parts.netloc)
    text, names = _chain_of(exc)
    factor = limits.ANSWER_TIMEOUT_FACTOR

    def failed(kind: Type[errors.ImmichError], msg: str) -> errors.ImmichError:
        return kind(msg, method=method, path=path)

    if "ResponseTooLarge" in names:
        return failed(
            errors.ProxyAnswer,
            "%s answered %s %s with more than %d MB, which is more than Immich ever sends. Check the URL, and whether there is a proxy in "
            "front of it." % (where, method, path, limits.LARGEST_JSON // 1024 // 1024),
        )
    if "DownloadTooSlow" in names:
        return failed(
            errors.Timeout,
            "%s sent less than %d bytes a second for %g s in answer to %s %s. It, or the network, may be overloaded. Raise %stimeout: it "
            "may be that slow for %d times as long." % (where, limits.LEAST_SPEED, timeout * factor, method, path, prefix, factor),
        )
    if "ResponseTooSlow" in names:
        return failed(
            errors.Timeout,
            "%s took longer than %g s for one answer, to %s %s. It may be overloaded. Raise %stimeout: a whole answer "
            "may take %d times as long as that." % (where, timeout * factor, method, path, prefix, factor),
        )
    if names & {"UnknownEncoding", "ContentDecodingError", "DecodeError"}:
        return failed(
            errors.ProxyAnswer,
            "%s answered %s %s with content that cannot be unpacked. Check the URL, and whether there is a proxy in front of it."
            % (where, method, path),
        )
    if "SSLError" in names or "SSLCertVerificationError" in names:
        if "CERTIFICATE_VERIFY_FAILED" in text or "hostname" in text.lower():
            advice = next((a.format(prefix=prefix) for sign, a in _ADVICE.items() if sign in text), "Its certificate cannot be verified.")
            return failed(
                errors.TlsFailure,
                "No trusted connection to %s. %s (%svalidate_certs: false turns the check off.)" % (where, advice, prefix),
            )
        if any(sign in text.upper().replace(" ", "_") for sign in _NOT_TLS):
            return failed(errors.TlsFailure, "%s does not speak TLS on that port. Should the URL begin with http://?" % where)
        if any(sign in text for sign in _NOT_PEM):
            return failed(
                errors.LocalFailure,
                "%s cannot be used: one of these files is not in PEM format, or is empty." % _certificate_options(prefix),
            )
        if not known_server:
            return failed(errors.TlsFailure, "TLS with %s failed: %s." % (where, _reason(text)))
    if "InvalidHeader" in names:
        return failed(errors.InvalidRequest, "One of the option %sheaders has a name or value that HTTP does not allow." % prefix)
    if "Missing dependencies for SOCKS support" in text:
        return failed(
            errors.LocalFailure,
            "%s names a SOCKS proxy on the way to %s, for which the Python library PySocks is needed. Install it on this host, or name the "
            "server in NO_PROXY." % (connection.proxy_variable(parts.scheme), where),
        )
    if names & _BAD_URL:
        return failed(
            errors.InvalidRequest, "The option %surl is not a valid URL: its host name or port cannot be used (%s)." % (prefix, where)
        )
    if "ProxyError" in names:
        return failed(
            errors.Unreachable,
            "The proxy on the way to %s does not work: %s. It comes from %s; to do without it, name the server in NO_PROXY."
            % (where, _reason(text), connection.proxy_variable(parts.scheme)),
        )
    if names & {"NameResolutionError", "gaierror"} or "Name or service not known" in text:
        return failed(errors.Unreachable, "The host name %s cannot be resolved on this host. Check the URL." % parts.hostname)
    # urllib3's NewConnectionError is a ConnectTimeoutError too, so what the operating system says decides.
    if "timed out" in text and names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return failed(errors.Unreachable, "No connection to %s within %g s. Check the URL, and firewalls on the way." % (where, timeout))
    if "NewConnectionError" in names or "ConnectionRefusedError" in names:
        return failed(
            errors.Unreachable, "No connection to %s: %s. Is Immich running there, and is the port right?" % (where, _reason(text))
        )
    if names & {"ReadTimeout", "ReadTimeoutError", "timeout", "TimeoutError"} or "timed out" in text:
        return failed(
            errors.Timeout,
            "Immich accepted %s %s, but then nothing was sent or received for %g s. It may be overloaded. Raise %stimeout to give it "
            "more time." % (method, path, timeout, prefix),
        )
    if isinstance(exc, OSError) and not hasattr(exc, "request"):
        # Not from the network: requests could not use a file that an option names.
        return failed(errors.LocalFailure, "%s cannot be used: %s." % (_certificate_options(prefix), exc.strerror or exc))
    if parts.scheme == "http" and any(sign in text for sign in _TLS_ALERT):
        return failed(errors.TlsFailure, "%s speaks TLS on that port. Should the URL begin with https://?" % where)
    if names & _NOT_HTTP and "RemoteDisconnected" not in names and not known_server:
        return failed(errors.ProxyAnswer, "What answers at %s does not speak HTTP. Check the port of the URL." % where)
    advice = "If it always breaks with large files, a proxy on the way may limit their size or time."
    if parts.scheme == "http" and not known_server:
        advice = "If that port speaks TLS, the URL must begin with https://."
    return failed(
        errors.ConnectionCut, "The connection to %s broke in the middle of %s %s: %s. %s" % (where, method, path, _reason(text), advice)
    )


def _certificate_options(prefix: str) -> str:
    return "%sca_path, %sclient_cert or %sclient_key" % (prefix, prefix, prefix)


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
    """What the operating system says, in a library's long text."""
    found = _ERRNO.search(text) or _OTHER_REASON.search(text)
    return found.group(1).strip().rstrip(".") if found else "no reason given"
