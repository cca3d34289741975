# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an HTTP answer to a value or to the exception that says what happened.

Knows both error shapes: up to 2.7 `{message: text or list, error, statusCode, correlationId}`, from 3.0 `{message}` with
`errors: [{path, message, code}]` for validation, and the id in the header `X-Correlation-ID`.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, NamedTuple, Sequence, Type, TypeVar
from urllib.parse import urljoin, urlsplit

from .. import _text
from . import connection, errors, limits

# How Immich says with 400 that something is not there; of an album when it goes while Immich looks at it.
_NOT_THERE = re.compile(r"Not found or no |(Album|Asset|Shared link) not found$")
_MISSING_SCOPE = re.compile(r"Missing required permission: ([\w.]{1,100})")

# How nginx, Caddy (any server in Go) and Apache answer to plain HTTP on a port that speaks TLS.
_WANTS_TLS = re.compile(
    rb"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|speaking plain HTTP to an SSL-enabled server",
    re.IGNORECASE,
)

_MOST_PROBLEMS = 10  # that a message quotes

# What reading an answer of another shape raises.
_SHAPE_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

T = TypeVar("T")


class Response(NamedTuple):
    """An answer as it came: `body` is read whole, so this is for API answers, not for downloads. `sent` is in bytes.

    `key_name` is what messages call the key that was sent, and `prefix` begins the names of the server's options.
    """

    method: str
    url: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: int
    key_name: str
    prefix: str


def read_json(response: Response) -> Any:
    """The JSON of a good answer (`None` for an empty one); raises an `ImmichError` for every other."""
    if 300 <= response.status < 400:
        raise _redirect(response)
    if 200 <= response.status < 300 and not response.body:
        return None
    if response.status in _SENT_BY_PROXIES:
        raise _SENT_BY_PROXIES[response.status](response)
    if not limits.is_json(response.headers) or response.status < 200:
        raise _not_from_immich(response)
    try:
        value = _text.parse_json(response.body)
    except ValueError as exc:
        raise _error(
            errors.ProxyAnswer,
            response,
            "%s answered %s %s with JSON that cannot be read: %s. Check the URL, and whether there is a proxy in front "
            "of it." % (_without_path(response.url, response.path), response.method, response.path, _text.one_line(str(exc))),
        ) from exc
    if response.status < 300:
        return value
    raise _refusal(response, value if isinstance(value, dict) else {})


def parse_response(response: Response, parse: Callable[[Any], T]) -> T:
    """What `parse` makes of a good answer. Raises `ProxyAnswer` for one of another shape than `parse` expects, an `ImmichError` for
    every bad one."""
    value = read_json(response)
    try:
        return parse(value)
    except _SHAPE_ERRORS as exc:
        raise _error(
            errors.ProxyAnswer,
            response,
            "The answer of %s to %s %s is not what Immich sends. Check the URL, and whether there is a proxy in front of it."
            % (_without_path(response.url, response.path), response.method, response.path),
        ) from exc


def _error(
    error_class: Type[errors.ImmichError],
    response: Response,
    msg: str,
    details: Any = None,
    correlation_id: Any = None,
    options: Sequence[str] = (),
) -> errors.ImmichError:
    error = error_class(
        msg,
        status=response.status,
        method=response.method,
        path=response.path,
        correlation_id=_text.one_line(correlation_id or response.headers.get("X-Correlation-ID")) or None,
        details=details,
        options=options,
    )
    error.retry_after = response.headers.get("Retry-After")
    return error


def _redirect(response: Response) -> errors.ImmichError:
    where = _without_path(response.url, response.path)
    try:
        target = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
    except ValueError:
        return _error(errors.RedirectRefused, response, "%s redirects to an address that is not valid. Check the URL." % where)
    path = target.path
    if path.endswith(response.path):
        path = path[: -len(response.path)]
    base = _text.one_line("%s://%s%s" % (target.scheme, target.netloc.rpartition("@")[2], path.rstrip("/")))
    return _error(
        errors.RedirectRefused,
        response,
        "%s redirects to %s. Redirects are not followed, so that the API key stays where you sent it. "
        "If that is your server, set O(%surl): %s" % (where, base, response.prefix, base),
        details={"location": base},
        options=(response.prefix + "url",),
    )


def _without_path(url: str, path: str) -> str:
    plain = url.split("?")[0]
    return plain[: -len(path)] if plain.endswith(path) else plain


def _not_from_immich(response: Response) -> errors.ImmichError:
    """Something answered that is not Immich's API; say what it looks like."""
    where, page = _without_path(response.url, response.path), _page(response.body[:65536])
    if response.status == 400 and _WANTS_TLS.search(response.body[:65536]):
        return _error(errors.TlsFailure, response, "%s speaks TLS on that port. Should the URL begin with https://?" % where)
    if response.status >= 500:
        return _error(
            errors.ServerFailure,
            response,
            "%s answered %d with %s. Immich may be restarting or overloaded behind its proxy." % (where, response.status, page),
        )
    if response.status < 300 or response.status == 404:
        return _error(
            errors.ProxyAnswer,
            response,
            "%s answered %d with %s instead of Immich's API. Check the URL (it is the address of Immich, with or without /api), "
            "and whether there is a login page or a proxy in front of it." % (where, response.status, page),
        )
    return _error(
        errors.ProxyAnswer,
        response,
        "%s answered %d with %s: a proxy in front of Immich refuses the call. "
        "If the proxy requires additional headers, set the option O(%sheaders)." % (where, response.status, page, response.prefix),
        options=(response.prefix + "headers",),
    )


def _page(body: bytes) -> str:
    # No regular expression: one that looks for a title can take hours over a page made for that.
    lower = body.lower()
    start = lower.find(b">", lower.find(b"<title")) + 1
    end = lower.find(b"</title", start)
    if b"<title" in lower and 0 < start <= end:
        title = _text.one_line(body[start:end].decode("utf-8", "replace").strip()[:80])
        return "a web page titled '%s'" % title if title else "a web page"
    return "a web page" if b"<html" in lower[:1024] else "something that is not JSON"


def _too_large(response: Response) -> errors.ImmichError:
    return _error(
        errors.BodyTooLarge,
        response,
        "A proxy in front of Immich refused a request of %d bytes as too large (413). Raise its limit (nginx: "
        "client_max_body_size 0), or give the address of Immich itself." % response.sent,
        details={"bytes": response.sent},
    )


def _try_later(response: Response) -> errors.ImmichError:
    return _error(
        errors.ServerFailure,
        response,
        "%s gave up on %s %s (%d), each time it was tried. A proxy in front of Immich may not wait long enough for a slow connection: "
        "raise its timeouts (nginx: client_body_timeout)."
        % (_without_path(response.url, response.path), response.method, response.path, response.status),
    )


def _slow_down(response: Response) -> errors.ImmichError:
    return _error(
        errors.SlowDown,
        response,
        "%s still asks to slow down (429) after all retries. Lower O(concurrency) (files at the same time), raise O(%sretries), or "
        "loosen the rate limit of the proxy in front of Immich." % (_without_path(response.url, response.path), response.prefix),
        options=("concurrency", response.prefix + "retries"),
    )


# By which status a proxy in front of Immich refuses, whatever its body is. Request Timeout and Too Early (RFC 9110, RFC 8470) ask for the
# same request again; Immich sends neither.
_SENT_BY_PROXIES = {413: _too_large, 408: _try_later, 425: _try_later, 429: _slow_down}


def _message_of(body: Mapping[str, Any]) -> str:
    message = body.get("message")
    message_text = (
        "; ".join(_text.one_line(sentence) for sentence in message[:_MOST_PROBLEMS])
        if isinstance(message, list)
        else _text.one_line(message)
    )
    problems = body.get("errors")
    if isinstance(problems, list) and problems:
        message_text += ": " + "; ".join(
            "%s: %s" % (_dotted(problem.get("path")), _text.one_line(problem.get("message")))
            for problem in problems[:_MOST_PROBLEMS]
            if isinstance(problem, dict)
        )
    return message_text


def _dotted(path: Any) -> str:
    if not isinstance(path, list):
        return _text.one_line(path)
    return ".".join(str(part) if isinstance(part, int) else _text.one_line(part) for part in path[:_MOST_PROBLEMS])


def _refusal(response: Response, body: Mapping[str, Any]) -> errors.ImmichError:
    message_text, status = _message_of(body), response.status
    call = "%s %s" % (response.method, response.path)

    def failed(error_class: Type[errors.ImmichError], msg: str, details: Any = None) -> errors.ImmichError:
        return _error(error_class, response, msg, details if details is not None else (message_text or None), body.get("correlationId"))

    if status == 401:
        return failed(
            errors.AuthError,
            "Immich does not accept %s: %s. Check it, or make a new one under Account Settings → API Keys."
            % (response.key_name, message_text or "no reason given"),
        )
    if status == 403:
        scope = _MISSING_SCOPE.search(message_text)
        if scope:
            return failed(
                errors.PermissionDenied,
                "%s lacks the scope %s. Add it to the key under Account Settings → API Keys."
                % (connection.capitalise(response.key_name), scope.group(1)),
                {"scopes": [scope.group(1)]},
            )
        return failed(
            errors.PermissionDenied,
            "%s belongs to a user who is not an administrator, and only an administrator may do this (%s). Give the key of one as %s."
            % (connection.capitalise(response.key_name), call, connection.admin_key_option(response.key_name)),
            {"admin": True},
        )
    if status >= 500:
        return failed(errors.ServerFailure, "Immich failed at %s with %d: %s." % (call, status, message_text or "no reason given"))
    if message_text.startswith("Quota has been exceeded"):
        return failed(
            errors.QuotaExceeded,
            "The storage quota of the key's user is used up. Raise it under Administration → Users, or free some space.",
        )
    if status == 404 or _NOT_THERE.match(message_text):
        return failed(
            errors.NotFound, "Immich does not have what %s asks for, or it belongs to another user: %s." % (call, message_text or status)
        )
    return failed(errors.InvalidRequest, "Immich refused %s: %s." % (call, message_text or status))
