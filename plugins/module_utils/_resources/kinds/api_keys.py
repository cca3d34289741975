# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""API keys of the key's own user, or of who logged in, found by their name; an administrator cannot see those of others.

The secret is shown once, when the key is made. It goes into a file on the managed host, and nowhere else. A key of which no file has the
secret is of no use to anybody, so that `regenerate` decides what becomes of it. Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and
observed there.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import closing, suppress
from typing import Any, Dict, Optional, Sequence, Tuple

from ..._client import connection, errors, versions
from ..._client.endpoints.objects import ObjectCalls
from .. import normalise
from ..model import PRESENT, Field, Kind, Option, Route, Variable
from ..plan import DELETE, REPLACE
from . import scopes

_SCOPE = re.compile(r"[a-zA-Z]+(?:\.[a-zA-Z]+)*")
_FILE_NAME = re.compile(r"[^\w.-]+", re.ASCII)
_LONGEST_SECRET = 1000  # characters

NEVER, MISSING, ALWAYS = "never", "missing", "always"


def permissions(value: Any) -> Tuple[str, ...]:
    """Names of bundles and scopes; the version decides about them later."""
    for one in value:
        if not _SCOPE.fullmatch(str(one)):
            raise ValueError("has '%s', which is not the name of a scope" % one)
    return tuple(sorted({str(one) for one in value}))


def is_in_use(context: Any, found: Any) -> bool:
    """Whether it is the key that asks. Raises `InvalidRequest` before 1.139, where nobody can tell, unless somebody logged in."""
    if context.directory.version < versions.KEY_IN_USE and context.client.connection.key.header == "x-api-key":
        raise errors.InvalidRequest(
            "Immich %s cannot tell which key is in use, so that none is purged with a key. Delete them by name."
            % str(context.directory.version)
        )
    return bool(found.id == context.key_id)


def check(context: Any, planned: Any) -> Sequence[str]:
    """Names what the server does not know before anything is written, and refuses to delete the key in use. Raises `InvalidRequest`."""
    change, wanted = planned.change, planned.wanted
    if change.action == DELETE and planned.found.id == context.key_id:
        raise errors.InvalidRequest("The key %s is the one in use, and is not deleted by itself." % change.label)
    if change.action == REPLACE and planned.found.id == context.key_id and not wanted["keep_old"]:
        raise errors.InvalidRequest(
            "The key %s is the one in use, and would be deleted once it was made anew. Use another key or a login, or set keep_old to true."
            % change.label
        )
    if not change.calls or wanted["state"] != PRESENT:
        return ()
    unknown = scopes.unknown_scopes(wanted.get("permissions", ()), context.directory.version)
    if unknown:
        raise errors.InvalidRequest(
            "Immich %s has no scope %s (for the key %s)." % (context.directory.version, ", ".join(unknown), change.label),
            details={"unknown": unknown},
        )
    if change.calls[0].creates:
        if not wanted.get("secret_file"):
            raise errors.InvalidRequest(
                "The key %s is going to be made, and its secret is shown this once: give secret_file, where to keep it." % change.label
            )
        refuse_unwritable(wanted["secret_file"], check_mode=context.check_mode)
    return ()


def refuse_unwritable(path: str, *, check_mode: bool) -> None:
    """Raises `LocalFailure` where a secret cannot be stored. A run, but no check mode, tries it with another file."""
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise errors.MissingPath("The folder %s of secret_file does not exist." % folder)
    if os.path.isdir(path):
        raise errors.LocalFailure("secret_file %s is a folder. Give the path of a file." % path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise errors.LocalFailure("secret_file %s cannot be written: its folder is not writable for the user who runs the module." % path)
    if not check_mode:
        os.unlink(_write_beside(path, " " * _LONGEST_SECRET))


def reason_to_replace(context: Any, wanted: Any, found: Any) -> str:
    """Why a key that is there has to be made anew; empty where it need not."""
    path, regenerate = wanted.get("secret_file"), wanted["regenerate"]
    if regenerate == ALWAYS:
        return "regenerate is always"
    if regenerate == NEVER or not path:
        return ""
    secret = read_secret(path)
    if secret is None:
        return "%s has no secret" % path
    return "" if is_secret_of(context, secret, found.id) else "the secret in %s is not that of the key" % path


def read_secret(path: str) -> Optional[str]:
    """The secret in a file; None where there is none. Raises `LocalFailure` for a file that cannot be read."""
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read(_LONGEST_SECRET).strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise errors.LocalFailure("secret_file %s cannot be read: %s." % (path, getattr(exc, "strerror", None) or exc)) from exc


def is_secret_of(context: Any, secret: str, key_id: str) -> bool:
    """Whether the server accepts a secret, as that of this key. Before 1.139 it cannot say of which key it is, only of which user."""
    try:
        key = connection.ApiKey(secret, "the key in secret_file")
    except errors.AuthError:
        return False
    with closing(context.client.with_key(key)) as client:
        objects = ObjectCalls(client.transport)
        try:
            if context.directory.version >= versions.KEY_IN_USE:
                return bool(objects.read_one("/api-keys/me").get("id") == key_id)
            return bool(objects.read_one("/users/me").get("id") == context.me)
        except errors.AuthError:
            return False


def finish(context: Any, planned: Any, object_id: str, answers: Sequence[Any]) -> Dict[str, Any]:
    """Says where the secret of a key is, and deletes the key that one replaces whose secret is stored."""
    change, path = planned.change, planned.wanted.get("secret_file")
    said: Dict[str, Any] = {"secret_file": path} if path else {}
    if not change.calls or not change.calls[0].creates:
        return said
    if change.action == REPLACE and not planned.wanted["keep_old"] and not context.check_mode:
        context.directory.objects.send("DELETE", "/api-keys/%s" % planned.found.id)
    return {**said, "secret_stored": True}


def keep_secret(context: Any, planned: Any, key_id: str, answer: Any) -> None:
    """Proves the secret of a key that was just made, and stores it. Raises `ImmichError` where that fails; the key is deleted then."""
    try:
        if not is_secret_of(context, answer["secret"], key_id):
            raise errors.ServerFailure("The server does not accept the key that it just made.")
        write_secret(planned.wanted["secret_file"], answer["secret"])
    except errors.ImmichError as exc:
        try:
            context.directory.objects.send("DELETE", "/api-keys/%s" % key_id)
        except errors.ImmichError as failure:
            exc.msg += " The key %s, of which nobody has the secret, could not be deleted again (%s): delete it in Immich." % (
                key_id,
                failure.msg.rstrip("."),
            )
        else:
            exc.msg += " The key that was made was deleted again."
        raise


def write_secret(path: str, secret: str) -> None:
    """Writes the file whole or not at all; nobody else can read it at any moment. Raises `LocalFailure`."""
    temporary = _write_beside(path, secret + "\n")
    try:
        os.replace(temporary, path)
    except OSError as exc:
        with suppress(OSError):
            os.unlink(temporary)
        raise _unwritable(path, exc) from exc


def _write_beside(path: str, text: str) -> str:
    """The path of a new file in the same folder that has the text. Raises `LocalFailure`."""
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".", dir=os.path.dirname(os.path.abspath(path)))  # 0600 from the first byte
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        return temporary
    except OSError as exc:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise _unwritable(path, exc) from exc


def _unwritable(path: str, exc: OSError) -> errors.LocalFailure:
    return errors.LocalFailure("secret_file %s cannot be written: %s." % (path, exc.strerror or exc))


API_KEYS = Kind(
    name="api_keys",
    singular="API key",
    keys=(("name",),),
    order=40,
    path="/api-keys",
    one="/api-keys/{id}",
    calls={
        "create": Route("POST", "/api-keys"),
        "update": Route("PUT", "/api-keys/{id}"),
        "delete": Route("DELETE", "/api-keys/{id}"),
    },
    created_id=lambda answer: answer["apiKey"]["id"],
    in_use=is_in_use,
    checks=(check,),
    replace=reason_to_replace,
    exported=(
        ("secret_file", lambda label: Variable("{{ immich_key_files }}/%s" % _FILE_NAME.sub("_", label))),
        ("regenerate", lambda label: NEVER),
    ),
    keep=keep_secret,
    action=finish,
    fields=(
        Field("name", normalise=normalise.text),
        Field(
            "permissions",
            type="list",
            elements="str",
            required=True,
            normalise=permissions,
            adapt=scopes.scopes_of,
            decode=lambda value: tuple(sorted(set(value or ()))),
            encode=list,
            unordered=True,
        ),
    ),
    options=(
        Option("secret_file", type="path", unique=True),
        Option("regenerate", choices=(NEVER, MISSING, ALWAYS), default=MISSING),
        Option("keep_old", type="bool", default=False),
    ),
)
