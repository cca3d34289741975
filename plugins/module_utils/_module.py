# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between Ansible and the logic: argument-spec pieces, from parameters to a client, from results and exceptions to the exit.

The only place that calls `fail_json` and `exit_json`. Private to the collection.
"""

from __future__ import annotations

import gc
from contextlib import closing
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, NoReturn, Optional, Sequence

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ._client import errors
from ._client.connection import Connection
from ._queues.leases.ledger import AUTO, LEDGERS

if TYPE_CHECKING:
    from ._client.api import Immich

Result = Dict[str, Any]


class Spec:
    """An argument spec with its conditions, so that pieces can be put together whole."""

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        required_one_of: Sequence[Sequence[str]] = (),
        mutually_exclusive: Sequence[Sequence[str]] = (),
        required_if: Sequence[Sequence[Any]] = (),
        required_by: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.options = dict(options)
        self.required_one_of = list(required_one_of)
        self.mutually_exclusive = list(mutually_exclusive)
        self.required_if = list(required_if)
        self.required_by = dict(required_by or {})

    def __add__(self, other: Spec) -> Spec:
        return Spec(
            {**self.options, **other.options},
            required_one_of=self.required_one_of + other.required_one_of,
            mutually_exclusive=self.mutually_exclusive + other.mutually_exclusive,
            required_if=self.required_if + other.required_if,
            required_by={**self.required_by, **other.required_by},
        )


# Documented in the doc fragment selfhosted.immich.connection.
CONNECTION = Spec(
    {
        "url": {"type": "str", "required": True, "fallback": (env_fallback, ["IMMICH_URL", "IMMICH_INSTANCE_URL"])},
        "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["IMMICH_API_KEY"])},
        "api_key_file": {"type": "path", "no_log": False},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "timeout": {"type": "float", "default": 30.0},
        "retries": {"type": "int", "default": 4},
        "headers": {"type": "dict", "no_log": True},
    },
    required_by={"client_key": ["client_cert"]},
)

# Documented in the doc fragment selfhosted.immich.ledger.
LEDGER = Spec({"ledger": {"type": "str", "choices": list(LEDGERS), "default": AUTO}, "ledger_dir": {"type": "path"}})


def run(
    spec: Spec,
    logic: Callable[[Immich, Mapping[str, Any], bool], Result],
    *,
    asks_version: bool = True,
) -> NoReturn:
    """A module's `main`: `logic(client, params, check_mode)` returns the result or raises.

    In check mode the client refuses every call that would change the server. Without `asks_version` the logic makes the first
    contact, because it bears a server that is away just then.
    """

    def connected(connection: Connection, params: Mapping[str, Any], check_mode: bool) -> Result:
        from ._client.api import Immich  # not loaded for a guard that does not need it

        with closing(Immich(connection, read_only=check_mode)) as client:
            if asks_version:
                client.version  # noqa: B018  # an unsupported server is reported before anything else
            return logic(client, params, check_mode)

    run_unconnected(spec, connected)


def run_unconnected(spec: Spec, logic: Callable[[Connection, Mapping[str, Any], bool], Result]) -> NoReturn:
    """The same for a logic that makes its clients by itself, if it needs any."""
    gc.freeze()  # what has been loaded stays, and need not be looked through for garbage again and again
    module = AnsibleModule(
        argument_spec=spec.options,
        required_one_of=spec.required_one_of,
        mutually_exclusive=spec.mutually_exclusive,
        required_if=spec.required_if,
        required_by=spec.required_by,
        supports_check_mode=True,
    )
    try:
        connection = _connection(module.params)
        # The task's temporary folder, None where Ansible made none; the action plugin reads there how far the module is.
        params = {**_with_admin_key(module.params), "_tmpdir": module._tmpdir}
        # A key may come from a file, of which Ansible knows nothing.
        module.no_log_values.update(key for key in (connection.api_key, params.get("admin_api_key")) if key)
        result = logic(connection, params, module.check_mode)
    except errors.MissingLibrary as exc:
        module.fail_json(msg=missing_required_lib(exc.name), exception=exc.traceback, failure=exc.failure())
    except errors.ImmichError as exc:
        module.fail_json(msg=exc.msg, failure=exc.failure(), **_told(module, exc.result))
    module.exit_json(**_told(module, result))
    raise AssertionError("exit_json returned")


def _told(module: AnsibleModule, result: Result) -> Result:
    """What of the result stands in the module's: warnings go their own way, and the diff only to whoever asked for it."""
    for warning in result.get("warnings", []):
        module.warn(warning)
    return {name: value for name, value in result.items() if name != "warnings" and (name != "diff" or module._diff)}


def _connection(params: Mapping[str, Any]) -> Connection:
    return Connection(
        url=params["url"],
        api_key=_api_key(params),
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
        client_cert=params["client_cert"],
        client_key=params["client_key"],
        timeout=params["timeout"],
        retries=params["retries"],
        headers={str(name): str(value) for name, value in (params["headers"] or {}).items()},
    )


def _api_key(params: Mapping[str, Any]) -> str:
    """The key; one that the task names as a file wins over one from the environment."""
    path = params["api_key_file"]
    if not path:
        if not params["api_key"]:
            raise errors.AuthError("No API key: give api_key, api_key_file, or IMMICH_API_KEY in the environment.")
        return str(params["api_key"])
    return _key_in(path, "api_key_file")


def _with_admin_key(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options, with the key of `admin_api_key_file`, if one is named, as `admin_api_key`: the other may be from the environment."""
    path = params.get("admin_api_key_file")
    if not path:
        return params
    return {**params, "admin_api_key": _key_in(path, "admin_api_key_file")}


def _key_in(path: str, option: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            key = stream.read().strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise errors.LocalFailure("%s %s cannot be read: %s." % (option, path, getattr(exc, "strerror", None) or exc)) from exc
    if not key:
        raise errors.AuthError("%s %s is empty." % (option, path))
    return key
