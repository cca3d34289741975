# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""API keys of the key's own user, or of who logged in, found by their name; an administrator cannot see those of others.

The secret is shown once, when the key is made. It goes into a file on the managed host, and nowhere else. A key of which no file has the
secret is of no use to anybody, so that `regenerate` decides what becomes of it. Read from the sources of 1.135.3, 2.7.5 and 3.1.0, and
observed there.
"""

from __future__ import annotations

import re
from contextlib import closing
from functools import partial
from typing import Any, ContextManager, Dict, Mapping, Optional, Sequence, Tuple

from ... import _own_files
from ..._client import connection, errors, versions
from ..._client.endpoints.objects import ObjectCalls
from ..._deletions.confirm import confirm
from ..._text import printable
from .. import normalise
from ..model import DELETE, PRESENT, REPLACE, Context, Field, Kind, Option, PlannedObject, Route, ServerObject, Variable, Wanted
from . import scopes

_SCOPE = re.compile(r"[a-zA-Z]+(?:\.[a-zA-Z]+)*")
_FILE_NAME = re.compile(r"[^\w.-]+", re.ASCII)
_LONGEST_SECRET = 1000  # bytes
# One line. Immich's own are of letters and digits, 43 at most (`CryptoRepository.randomBytesAsText`).
_KEY = re.compile(rb"[A-Za-z0-9+/=_.-]{16,%d}\s*" % _LONGEST_SECRET)

NEVER, MISSING, ALWAYS = "never", "missing", "always"


def permissions(value: Any) -> Tuple[str, ...]:
    """Names of bundles and scopes; the version decides about them later."""
    for scope in value:
        if not _SCOPE.fullmatch(str(scope)):
            raise ValueError("has '%s', which is not the name of a scope" % scope)
    return tuple(sorted({str(scope) for scope in value}))


def _meant(name: str) -> str:
    """What was meant by a name that is misspelt, or may be, as a sentence."""
    near = scopes.nearest(name)
    return " Did you mean %s?" % near if near else ""


def refuse_unwritable(path: str, *, check_mode: bool) -> None:
    """Raises `LocalFailure` where a secret cannot be stored, or would replace anything but a key. A run, but no check mode, tries it with
    another file."""
    _own_files.refuse_foreign(path, _is_key, option="secret_file", what="a key")
    if not check_mode:
        with _failing(path, "written"):
            _own_files.try_to_write(path, _LONGEST_SECRET)


def _is_key(content: bytes) -> bool:
    """Whether a file has nothing in it but a key, or nothing at all."""
    return not content.strip() or _KEY.fullmatch(content) is not None


def read_secret(path: str) -> Optional[str]:
    """The secret in a file; None where there is none. Raises `LocalFailure` for a file that cannot be read, or has anything but a key."""
    with _failing(path, "read"):
        content = _own_files.read_start(path, 2 * _LONGEST_SECRET) or b""
    if not _is_key(content):  # nor is it sent to the server to find out
        raise errors.LocalFailure(
            "%s holds something else than a key, and is left unchanged. Name another file with the option O(secret_file)."
            % printable(path),
            options=("secret_file",),
        )
    return content.decode("ascii").strip() or None


def is_secret_of(context: Context, secret: str, key_id: str) -> bool:
    """Whether the server accepts a secret, as that of this key. Before 1.139 it cannot say of which key it is, only of which user."""
    try:
        key = connection.ApiKey(secret, "the key in secret_file")
    except errors.AuthError:
        return False
    with closing(context.client.with_key(key)) as client:
        objects = ObjectCalls(client)
        try:
            if context.version >= versions.KEY_IN_USE:
                return bool(objects.read_one("/api-keys/me").get("id") == key_id)
            return bool(objects.read_one("/users/me").get("id") == context.me)
        except errors.AuthError:
            return False


def _delete_again(objects: ObjectCalls, name: str, key_id: str) -> str:
    """Deletes the key that was just made; a sentence that says so, or what there is to do."""
    try:
        if objects.read_one("/api-keys/%s" % key_id).get("name") != name:
            return " Immich calls the key %s by another name, so it is left alone. If nobody needs it, delete it in Immich." % key_id
        objects.send("DELETE", "/api-keys/%s" % key_id)
    except errors.ImmichError as failure:
        return " The key %s, of which nobody has the secret, could not be deleted again (%s): delete it in Immich." % (
            key_id,
            failure.msg.rstrip("."),
        )
    return " The key that was made was deleted again."


def _other_name(objects: ObjectCalls, listed: ServerObject) -> Optional[str]:
    """What speaks against it that a key which a list named still has the id that it had there."""
    name = objects.read_one("/api-keys/%s" % listed.id).get("name")
    return None if name == listed.values["name"] else "Immich says that %s is the API key %s" % (listed.id, printable(str(name)))


def write_secret(path: str, secret: str) -> None:
    """Writes the file whole or not at all; nobody else can read it at any moment. Raises `LocalFailure`."""
    with _failing(path, "written"):
        _own_files.write_whole(path, secret.encode("ascii") + b"\n")


def _failing(path: str, verb: str) -> ContextManager[None]:
    return _own_files.failing("O(secret_file) %s cannot be %s" % (printable(path), verb), "secret_file")


class ApiKeys(Kind):
    """What the API has below `/api-keys`."""

    name, singular, plural = "api_keys", "API key", "API keys"
    order = 40
    keys = (("name",),)
    fields = (
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
    )
    options = (
        Option("secret_file", type="path", unique=True),
        Option("regenerate", choices=(NEVER, MISSING, ALWAYS), default=MISSING),
        Option("keep_old", type="bool", default=False),
    )
    has_secret = True
    path, object_path = "/api-keys", "/api-keys/{id}"
    scope_to_read = "apiKey.read"
    calls: Mapping[str, Route] = {
        "create": Route("POST", "/api-keys", scope="apiKey.create"),
        "update": Route("PUT", "/api-keys/{id}", scope="apiKey.update"),
        "delete": Route("DELETE", "/api-keys/{id}", scope="apiKey.delete"),
    }

    def created_id(self, answer: Any) -> Any:
        """That of the key, which the answer has beside its secret."""
        return answer["apiKey"]["id"]

    def exported(self, label: str) -> Dict[str, Any]:
        """Where the secret would be, which an export does not have, so that the key is left as it is."""
        return {"secret_file": Variable("{{ immich_key_files }}/%s" % _FILE_NAME.sub("_", label)), "regenerate": NEVER}

    def reason_to_replace(self, context: Context, wanted: Wanted, found: ServerObject) -> str:
        """Why a key that is there has to be made anew."""
        path, regenerate = wanted.get("secret_file"), wanted["regenerate"]
        if regenerate == ALWAYS:
            return "regenerate is always"
        if regenerate == NEVER or not path:
            return ""
        secret = read_secret(path)
        if secret is None:
            return "%s has no secret" % path
        return "" if is_secret_of(context, secret, found.id) else "the secret in %s is not that of the key" % path

    def more_scopes(self, context: Context, planned: PlannedObject) -> Dict[str, str]:
        """What is needed to give a key its scopes, which Immich lets nobody do who lacks them, and to delete the one that is replaced."""
        change, wanted = planned.change, planned.wanted
        if not change.calls or wanted["state"] != PRESENT:
            return {}
        needed: Dict[str, str] = {}
        if change.action == REPLACE and not wanted["keep_old"]:
            needed[self.calls["delete"].scope] = "delete API keys"
        creates = change.calls[0].creates
        if creates or ("permissions" in change.changed and context.client.supports(versions.CHANGED_KEYS_CHECKED)):
            needed.update(dict.fromkeys(wanted.get("permissions", ()), "give it to the key %s" % change.label))
        return needed

    def check(self, context: Context, planned: PlannedObject) -> Sequence[str]:
        """Names what the server does not know before anything is written, and refuses to delete the key in use. Raises `InvalidRequest`."""
        change, wanted, found = planned.change, planned.wanted, planned.found
        if change.action == DELETE and found and found.id == context.key_id:
            raise errors.InvalidRequest("The key %s is the one in use, and is not deleted by itself." % change.label)
        if change.action == REPLACE and found and found.id == context.key_id and not wanted["keep_old"]:
            raise errors.InvalidRequest(
                "The key %s is the one in use, and would be deleted once it was made anew. Use another key or a login, or set O(keep_old) "
                "to true." % change.label,
                options=("keep_old",),
            )
        if not change.calls or wanted["state"] != PRESENT:
            return ()
        permissions_wanted = wanted.get("permissions", ())
        misspelt = scopes.misspelt(permissions_wanted)
        if misspelt:
            raise errors.InvalidRequest(
                "There is no bundle and no scope %s (for the key %s).%s Correct O(permissions)."
                % (", ".join(misspelt), change.label, _meant(misspelt[0])),
                details={"unknown": misspelt},
                options=("permissions",),
            )
        if change.calls[0].creates:
            if not wanted.get("secret_file"):
                raise errors.InvalidRequest(
                    "The key %s is going to be made, and its secret is shown this once: give O(secret_file), where to keep it."
                    % change.label,
                    options=("secret_file",),
                )
            refuse_unwritable(wanted["secret_file"], check_mode=context.check_mode)
        if not context.check_mode:
            return ()
        return [
            "Whether Immich %s has the scope %s (in permissions of the key %s) shows in a run, which fails otherwise.%s"
            % (context.version, scope, change.label, _meant(scope))
            for scope in scopes.unnamed(permissions_wanted)
            if change.calls[0].creates or "permissions" in change.changed
        ]

    def is_in_use(self, context: Context, found: ServerObject) -> bool:
        """Whether it is the key that asks. Raises `InvalidRequest` before 1.139, where nobody can tell, unless somebody logged in."""
        if context.version < versions.KEY_IN_USE and context.client.connection.key.has_scopes:
            raise errors.InvalidRequest(
                "Immich %s cannot tell which key is in use, so that none is purged with a key. Delete them by name." % str(context.version)
            )
        return bool(found.id == context.key_id)

    def advice(self, planned: PlannedObject, failure: str) -> str:
        """Which scopes may be those that the server refuses."""
        unnamed = scopes.unnamed(planned.wanted.get("permissions", ()))
        if not unnamed or "permissions" not in failure:
            return ""
        return "Look at %s in permissions.%s" % (", ".join(unnamed), _meant(unnamed[0]))

    def keep(self, context: Context, planned: PlannedObject, object_id: str, answer: Any) -> None:
        """Proves the secret of a key that was just made, and stores it.

        Nothing is deleted that was there before, whatever the answer says.
        """
        if context.knows(self, object_id):
            raise errors.ServerFailure(
                "Immich answered with the id of another key, which is left alone. If it made one all the same, nobody has its secret: "
                "delete it in Immich."
            )
        try:
            secret = answer.get("secret")
            if not isinstance(secret, str) or not _KEY.fullmatch(secret.encode("utf-8")):
                raise errors.ServerFailure("Immich answered without the secret of the key.")
            if not is_secret_of(context, secret, object_id):
                raise errors.ServerFailure("The server does not accept the key that it just made.")
            write_secret(planned.wanted["secret_file"], secret)
        except errors.ImmichError as exc:
            exc.msg += _delete_again(context.objects, planned.wanted["name"], object_id)
            raise

    def finish(self, context: Context, planned: PlannedObject, object_id: Optional[str]) -> Dict[str, Any]:
        """Says where the secret of a key is, and deletes the key that one replaces whose secret is stored."""
        change, path = planned.change, planned.wanted.get("secret_file")
        result: Dict[str, Any] = {"secret_file": path} if path else {}
        if not change.calls or not change.calls[0].creates:
            return result
        old = planned.found
        if old and change.action == REPLACE and not planned.wanted["keep_old"] and not context.check_mode:
            confirm("The new key was stored, and the old one not deleted", partial(_other_name, context.objects, old))
            context.objects.send("DELETE", "/api-keys/%s" % old.id)
        return {**result, "secret_stored": True}


API_KEYS = ApiKeys()
