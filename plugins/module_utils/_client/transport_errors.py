# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an exception of the HTTP library to a message that a person can act on.

Works on the exceptions' names and texts, so that session.py stays the only importer of requests.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Set, Tuple, Type
from urllib.parse import urlsplit

from . import connection, errors, limits

_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")(]+)")
_OTHER_REASON = re.compile(r"(Remote end closed[^'\")(]*|Connection reset by peer|EOF occurred[^'\")(]*)")

_ADVICE = {
    "certificate has expired": "Its certificate has expired: renew it.",
    "not yet valid": "Its certificate is not valid yet: check the clock of this host, or renew the certificate.",
    "self-signed": "Its certificate is self-signed: give the certificate (or its authority's) as O(ca_path).",
    "self signed": "Its certificate is self-signed: give the certificate (or its authority's) as O(ca_path).",
    "unable to get local issuer": "Its certificate comes from an authority that this host does not know: give that authority's as "
    "O(ca_path).",
    "mismatch": "Its certificate is for another name: use the name it was made for in O(url).",
    "doesn't match": "Its certificate is for another name: use the name it was made for in O(url).",
}

# How OpenSSL's versions say that what came back is not TLS.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")

# How they say that a file is not what it should be.
_NOT_PEM = ("PEM lib", "NO_CERTIFICATE_OR_CRL_FOUND", "no certificate or crl found", "NO_START_LINE", "no start line")

# The beginning of a TLS alert where a status line should be.
_TLS_ALERT = ("\\x15\\x03", "\x15\x03")

_NOT_HTTP = {"BadStatusLine", "LineTooLong", "UnknownProtocol"}

_CERTIFICATE_OPTIONS = ("ca_path", "client_cert", "client_key")
_CERTIFICATES = "O(ca_path), O(client_cert) or O(client_key)"

# What a URL or host name raises that requests, urllib3 or the resolver cannot use.
_BAD_URL = {"InvalidURL", "LocationParseError", "InvalidSchema", "MissingSchema", "UnicodeError"}


class _ExceptionChain(NamedTuple):
    """An exception and what it was raised from, by texts and class names; and the request during which that was."""

    exc: BaseException
    text: str
    names: Set[str]
    scheme: str
    where: str
    host: Optional[str]
    method: str
    path: str
    timeout: float
    prefix: str
    known_server: bool

    def as_error(self, kind: Type[errors.ImmichError], msg: str, *options: str) -> errors.ImmichError:
        """An error of this kind. `options` are those of the server that it is about; there, and in the message, without their prefix."""
        for name in options:
            msg = msg.replace("O(%s)" % name, "O(%s%s)" % (self.prefix, name))
        return kind(msg, method=self.method, path=self.path, options=[self.prefix + name for name in options])


def as_immich_error(
    exc: BaseException, url: str, method: str, path: str, to: connection.Connection, known_server: bool
) -> errors.ImmichError:
    """What `exc` means, which was raised while a request for `path` below `url` was made, sent or answered."""
    parts = urlsplit(url)
    text, names = _chain_of(exc)
    where = "%s://%s" % (parts.scheme, parts.netloc)
    raised = _ExceptionChain(exc, text, names, parts.scheme, where, parts.hostname, method, path, to.timeout, to.prefix, known_server)
    return _explain_answer(raised) or _explain_tls(raised) or _explain_no_connection(raised) or _explain_cut(raised)


def _explain_answer(raised: _ExceptionChain) -> Optional[errors.ImmichError]:
    """An answer that is too large or too slow, or cannot be unpacked."""
    factor = limits.ANSWER_TIMEOUT_FACTOR
    if "ResponseTooLarge" in raised.names:
        return raised.as_error(
            errors.ProxyAnswer,
            "%s answered %s %s with more than %d MB, which is more than Immich ever sends. Check the URL, and whether there is a proxy in "
            "front of it." % (raised.where, raised.method, raised.path, limits.LARGEST_JSON // 1024 // 1024),
        )
    if "DownloadTooSlow" in raised.names:
        return raised.as_error(
            errors.Timeout,
            "%s sent less than %d bytes a second for %g s in answer to %s %s. It, or the network, may be overloaded. Raise O(timeout): "
            "it may be that slow for %d times as long."
            % (raised.where, limits.LEAST_SPEED, raised.timeout * factor, raised.method, raised.path, factor),
            "timeout",
        )
    if "ResponseTooSlow" in raised.names:
        return raised.as_error(
            errors.Timeout,
            "%s took longer than %g s for one answer, to %s %s. It may be overloaded. Raise O(timeout): a whole answer "
            "may take %d times as long as that." % (raised.where, raised.timeout * factor, raised.method, raised.path, factor),
            "timeout",
        )
    if raised.names & {"UnknownEncoding", "ContentDecodingError", "DecodeError"}:
        return raised.as_error(
            errors.ProxyAnswer,
            "%s answered %s %s with content that cannot be unpacked. Check the URL, and whether there is a proxy in front of it."
            % (raised.where, raised.method, raised.path),
        )
    return None


def _explain_tls(raised: _ExceptionChain) -> Optional[errors.ImmichError]:
    """TLS, or the files that it needs."""
    if not raised.names & {"SSLError", "SSLCertVerificationError"}:
        return None
    if "CERTIFICATE_VERIFY_FAILED" in raised.text or "hostname" in raised.text.lower():
        advice = next((advice for sign, advice in _ADVICE.items() if sign in raised.text), "Its certificate cannot be verified.")
        advised = [name for name in ("ca_path", "url") if "O(%s)" % name in advice]
        return raised.as_error(
            errors.TlsFailure,
            "No trusted connection to %s. %s (O(validate_certs): false turns the check off.)" % (raised.where, advice),
            *advised,
            "validate_certs",
        )
    if any(sign in raised.text.upper().replace(" ", "_") for sign in _NOT_TLS):
        return raised.as_error(errors.TlsFailure, "%s does not speak TLS on that port. Should the URL begin with http://?" % raised.where)
    if any(sign in raised.text for sign in _NOT_PEM):
        return raised.as_error(
            errors.LocalFailure,
            "%s cannot be used: one of these files is not in PEM format, or is empty." % _CERTIFICATES,
            *_CERTIFICATE_OPTIONS,
        )
    if not raised.known_server:
        return raised.as_error(errors.TlsFailure, "TLS with %s failed: %s." % (raised.where, _reason(raised.text)))
    return None


def _explain_no_connection(raised: _ExceptionChain) -> Optional[errors.ImmichError]:
    """What was wrong before a request could be sent: with the request itself, a proxy, the name or the port."""
    if "InvalidHeader" in raised.names:
        return raised.as_error(
            errors.InvalidRequest,
            "One of the option O(headers) has a name or value that HTTP does not allow.",
            "headers",
        )
    if "Missing dependencies for SOCKS support" in raised.text:
        return raised.as_error(
            errors.LocalFailure,
            "%s names a SOCKS proxy on the way to %s, for which the Python library PySocks is needed. Install it on this host, or name the "
            "server in NO_PROXY." % (connection.proxy_variable(raised.scheme), raised.where),
        )
    if raised.names & _BAD_URL:
        return raised.as_error(
            errors.InvalidRequest,
            "The option O(url) is not a valid URL: its host name or port cannot be used (%s)." % raised.where,
            "url",
        )
    if "ProxyError" in raised.names:
        return raised.as_error(
            errors.Unreachable,
            "The proxy on the way to %s does not work: %s. It comes from %s; to do without it, name the server in NO_PROXY."
            % (raised.where, _reason(raised.text), connection.proxy_variable(raised.scheme)),
        )
    if raised.names & {"NameResolutionError", "gaierror"} or "Name or service not known" in raised.text:
        return raised.as_error(errors.UnknownHost, "The host name %s cannot be resolved on this host. Check the URL." % raised.host)
    # urllib3's NewConnectionError is a ConnectTimeoutError too, so what the operating system says decides.
    if "timed out" in raised.text and raised.names & {"ConnectTimeout", "ConnectTimeoutError"}:
        return raised.as_error(
            errors.Unreachable, "No connection to %s within %g s. Check the URL, and firewalls on the way." % (raised.where, raised.timeout)
        )
    if "NewConnectionError" in raised.names or "ConnectionRefusedError" in raised.names:
        return raised.as_error(
            errors.Unreachable,
            "No connection to %s: %s. Is Immich running there, and is the port right?" % (raised.where, _reason(raised.text)),
        )
    return None


def _explain_cut(raised: _ExceptionChain) -> errors.ImmichError:
    """Anything else: something came too late, in another protocol, or not at all."""
    if raised.names & {"ReadTimeout", "ReadTimeoutError", "timeout", "TimeoutError"} or "timed out" in raised.text:
        return raised.as_error(
            errors.Timeout,
            "Immich accepted %s %s, but then nothing was sent or received for %g s. It may be overloaded. Raise O(timeout) to give "
            "it more time." % (raised.method, raised.path, raised.timeout),
            "timeout",
        )
    if isinstance(raised.exc, OSError) and not hasattr(raised.exc, "request"):
        # Not from the network: requests could not use a file that an option names.
        return raised.as_error(
            errors.LocalFailure,
            "%s cannot be used: %s." % (_CERTIFICATES, raised.exc.strerror or raised.exc),
            *_CERTIFICATE_OPTIONS,
        )
    if raised.scheme == "http" and any(sign in raised.text for sign in _TLS_ALERT):
        return raised.as_error(errors.TlsFailure, "%s speaks TLS on that port. Should the URL begin with https://?" % raised.where)
    if raised.names & _NOT_HTTP and "RemoteDisconnected" not in raised.names and not raised.known_server:
        return raised.as_error(errors.ProxyAnswer, "What answers at %s does not speak HTTP. Check the port of the URL." % raised.where)
    advice = "If it always breaks with large files, a proxy on the way may limit their size or time."
    if raised.scheme == "http" and not raised.known_server:
        advice = "If that port speaks TLS, the URL must begin with https://."
    return raised.as_error(
        errors.ConnectionCut,
        "The connection to %s broke in the middle of %s %s: %s. %s"
        % (raised.where, raised.method, raised.path, _reason(raised.text), advice),
    )


def _chain_of(exc: BaseException) -> Tuple[str, Set[str]]:
    """The texts and the class names of an exception and of what it was raised from."""
    texts: List[str] = []
    names: Set[str] = set()
    seen: Set[int] = set()
    todo = [exc]
    while todo:
        error = todo.pop()
        if id(error) in seen:
            continue
        seen.add(id(error))
        texts.append(str(error))
        names.update(kind.__name__ for kind in type(error).__mro__ if kind not in (OSError, Exception, BaseException, object))
        todo += [e for e in (error.__cause__, error.__context__, getattr(error, "reason", None)) if isinstance(e, BaseException)]
        todo += [a for a in error.args if isinstance(a, BaseException)]
    return " ".join(texts), names


def _reason(text: str) -> str:
    """What the operating system says, in a library's long text."""
    match = _ERRNO.search(text) or _OTHER_REASON.search(text)
    return match.group(1).strip().rstrip(".") if match else "no reason given"
