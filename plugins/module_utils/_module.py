# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between Ansible and the logic: argument-spec pieces, from parameters to a client, from results and exceptions to the exit.

The only place that calls `fail_json` and `exit_json`.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import Any, Callable, Dict, List, Mapping, NoReturn, Optional, Sequence, Type, TypeVar

from . import _zip_imports

_zip_imports.begin_loading()  # before all that follows

from ansible.module_utils.basic import AnsibleFallbackNotFound, AnsibleModule, missing_required_lib
from ansible.module_utils.common.text.formatters import human_to_bytes

from . import _option_errors, _option_names, _own_files
from ._client import connection, errors
from ._client.client import Client

Result = Dict[str, Any]
AnyClient = TypeVar("AnyClient", bound=Client)


class Spec:
    """An argument spec with its conditions, so that pieces can be put together whole.

    `admin`: the module's `api_key` is an administrator's; `admin_if` says so by the parameters. `secrets_in` gives the texts in the
    parameters that Ansible takes for secrets, each with whether it is one. `needs_key` says by the parameters whether a key is needed;
    without need its file is not read, since this module may be about to make it.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        required_one_of: Sequence[Sequence[str]] = (),
        mutually_exclusive: Sequence[Sequence[str]] = (),
        required_if: Sequence[Sequence[Any]] = (),
        required_by: Optional[Mapping[str, Any]] = None,
        required_together: Sequence[Sequence[str]] = (),
        admin: bool = False,
        admin_if: Callable[[Mapping[str, Any]], bool] = lambda params: False,
        needs_key: Optional[Callable[[Mapping[str, Any]], bool]] = None,
        secrets_in: Optional[Callable[[Mapping[str, Any]], Mapping[str, bool]]] = None,
    ) -> None:
        self.options = dict(options)
        self.required_one_of = list(required_one_of)
        self.mutually_exclusive = list(mutually_exclusive)
        self.required_if = list(required_if)
        self.required_by = dict(required_by or {})
        self.required_together = list(required_together)
        self.admin = admin
        self.admin_if = admin_if
        self.needs_key = needs_key
        self.secrets_in = secrets_in

    def __add__(self, other: Spec) -> Spec:
        return Spec(
            {**self.options, **other.options},
            required_one_of=self.required_one_of + other.required_one_of,
            mutually_exclusive=self.mutually_exclusive + other.mutually_exclusive,
            required_if=self.required_if + other.required_if,
            required_by={**self.required_by, **other.required_by},
            required_together=self.required_together + other.required_together,
            admin=self.admin or other.admin,
            admin_if=lambda params: self.admin_if(params) or other.admin_if(params),
            needs_key=self.needs_key or other.needs_key,
            secrets_in=self.secrets_in or other.secrets_in,
        )


def nonempty_env_fallback(*names: str) -> str:
    """The first of these environment variables that is not empty: AWX cannot leave one out, and sets it to "" instead."""
    for name in names:
        if os.environ.get(name):
            return os.environ[name].encode("utf-8", "replace").decode("utf-8")  # ansible-core cannot log half of a surrogate pair
    raise AnsibleFallbackNotFound


_USERS_KEY_VARIABLES = ["IMMICH_API_KEY"]
_ADMINS_KEY_VARIABLES = ["IMMICH_ADMIN_API_KEY", "IMMICH_API_KEY"]

# Documented in the doc fragment photoyard.immich.connection.
CONNECTION = Spec(
    {
        "url": {"type": "str", "fallback": (nonempty_env_fallback, ["IMMICH_URL", "IMMICH_INSTANCE_URL"])},
        "api_key": {"type": "str", "no_log": True, "fallback": (nonempty_env_fallback, _USERS_KEY_VARIABLES)},
        "api_key_file": {"type": "path", "no_log": False},
        "validate_certs": {"type": "bool", "default": True, "fallback": (nonempty_env_fallback, ["IMMICH_VALIDATE_CERTS"])},
        "ca_path": {"type": "path", "fallback": (nonempty_env_fallback, ["IMMICH_CA_PATH"])},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "timeout": {"type": "float", "default": 30.0},
        "retries": {"type": "int", "default": 4},
        "headers": {"type": "dict", "no_log": True},
    },
    required_by={"client_key": ["client_cert"]},
)

# For modules that only an administrator's key can use. Documented in the doc fragment photoyard.immich.connection.admin.
ADMIN_CONNECTION = CONNECTION + Spec(
    {"api_key": {"type": "str", "no_log": True, "fallback": (nonempty_env_fallback, _ADMINS_KEY_VARIABLES)}}, admin=True
)

# The same for another server, from which something comes. Documented in the doc fragment photoyard.immich.source.
SOURCE = "source_"
SOURCE_CONNECTION = Spec(
    {
        **{SOURCE + name: {key: value for key, value in about.items() if key != "fallback"} for name, about in CONNECTION.options.items()},
        "source_url": {"type": "str", "fallback": (nonempty_env_fallback, ["IMMICH_SOURCE_URL"])},
        "source_api_key": {"type": "str", "no_log": True, "fallback": (nonempty_env_fallback, ["IMMICH_SOURCE_API_KEY"])},
        "source_validate_certs": {"type": "bool", "default": True, "fallback": (nonempty_env_fallback, ["IMMICH_SOURCE_VALIDATE_CERTS"])},
        "source_ca_path": {"type": "path", "fallback": (nonempty_env_fallback, ["IMMICH_SOURCE_CA_PATH"])},
    },
    required_by={"source_client_key": ["source_client_cert"]},
)

_LONGEST_KEY_FILE = 10_000  # characters
_SHORTEST_SECRET = 8  # characters, of a header

# What messages call the key of such a module, whose option has the same name as a user's.
_ADMINS_API_KEY = connection.ADMINS_KEY.replace("(", "(api_key, ", 1)


def bandwidth(value: Optional[str]) -> Optional[float]:
    """The option `bandwidth_limit` in bytes a second."""
    if value is None:
        return None
    try:
        return float(human_to_bytes(value))
    except ValueError as exc:
        raise errors.InvalidRequest(
            "O(bandwidth_limit) must be a number of bytes per second, such as 5000000 or 5M (5 MiB), not '%s'." % value,
            options=("bandwidth_limit",),
        ) from exc


def run(
    spec: Spec,
    logic: Callable[[AnyClient, Mapping[str, Any], bool], Result],
    client_class: Type[AnyClient],
    *,
    asks_version: bool = True,
) -> NoReturn:
    """A module's `main`: `logic(client, params, check_mode)` returns the result or raises. In `params` each key is an `ApiKey`.

    In check mode the client refuses every call that would change the server. Without `asks_version` the logic makes the first
    call by itself. `client_class` has the calls that the logic needs; what is imported with them is sent to each host.
    """
    _zip_imports.end_loading()
    module = _Module(
        argument_spec=spec.options,
        required_one_of=spec.required_one_of,
        mutually_exclusive=spec.mutually_exclusive,
        required_if=spec.required_if,
        required_by=spec.required_by,
        required_together=spec.required_together,
        supports_check_mode=True,
    )
    try:
        needs_key = spec.needs_key is None or spec.needs_key(module.params)
        keys = _keys(module.params, admin=spec.admin or spec.admin_if(module.params)) if needs_key else {"api_key": connection.NO_KEY}
        # A key may come from a file, of which Ansible knows nothing.
        module.no_log_values.update(key.value for key in keys.values() if key.header)
        # Ansible masks each value of a secret option in all that a module returns, and so would mask a count of 1 for a header "1".
        for name in ("headers", SOURCE + "headers"):
            module.no_log_values.difference_update(_short_values(module.params.get(name)))
        if spec.secrets_in:
            texts = spec.secrets_in(module.params)
            module.no_log_values.difference_update(text for text, secret in texts.items() if not secret)
        to = _connection(module.params, keys["api_key"])
        params = {**module.params, **keys}
        with closing(client_class(to, read_only=module.check_mode)) as client:
            if asks_version:
                client.version  # noqa: B018  # an unsupported server is reported before anything else
            result = logic(client, params, module.check_mode)
    except errors.ImmichError as exc:
        _fail(module, exc)
    module.exit_json(**_returned(module, result))
    raise AssertionError("exit_json returned")


def run_without_server(spec: Spec, logic: Callable[[Mapping[str, Any], bool], Result]) -> NoReturn:
    """A module's `main` that asks no server: `logic(params, check_mode)` returns the result or raises."""
    _zip_imports.end_loading()
    module = _Module(argument_spec=spec.options, required_if=spec.required_if, supports_check_mode=True)
    try:
        result = logic(module.params, module.check_mode)
    except errors.ImmichError as exc:
        _fail(module, exc)
    module.exit_json(**_returned(module, result))
    raise AssertionError("exit_json returned")


def _fail(module: AnsibleModule, exc: errors.ImmichError) -> NoReturn:
    """Ends the module with what went wrong, and with what a run that had begun did until then."""
    cause = errors.cause_of(exc)
    failure: Dict[str, Any] = {"msg": exc.msg}
    if isinstance(cause, errors.MissingLibrary):
        failure = {"msg": _what_to_install(cause.name), "exception": cause.traceback}
    module.fail_json(**failure, failure=exc.failure(), **_returned(module, exc.result))
    raise AssertionError("fail_json returned")


def _what_to_install(library: str) -> str:
    """Which library is missing for which Python, and the command that installs it.

    Of what Ansible says, the first sentence, which names host and Python: the others send readers to a documentation.
    """
    missing = missing_required_lib(library).partition(" Please ")[0]
    has_packages = sys.prefix == sys.base_prefix and os.path.exists("/etc/debian_version")
    command = "sudo apt install python3-%s" % library if has_packages else "%s -m pip install %s" % (sys.executable, library)
    return "%s Install it there: %s. If another Python on that host has it, name that one in ansible_python_interpreter." % (
        missing,
        command,
    )


class _Module(AnsibleModule):  # type: ignore[misc]  # ansible-core has no types
    """Says what is wrong with options in our words, and with a kind.

    Fails with a message where ansible-core would crash as it logs the options: at half of a surrogate pair in a text. JSON can hold
    that, Immich cannot store it. Paths may be any bytes.
    """

    params: Dict[str, Any]

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        refusal = self._find_problem()
        if refusal:
            self.fail_json(refusal.msg)

    def _load_params(self) -> None:
        """The one place where a module sees the values as they were given, before ansible-core converts and logs them."""
        super()._load_params()
        # Of an option that is null, ansible-core says that it was given: it would count as one that is required.
        self.params = {name: value for name, value in self.params.items() if value is not None}
        self._given = dict(self.params)
        self._halves = [name for option, spec in self.argument_spec.items() for name in self._names_with_half(option, spec)]
        for name in self._halves:
            del self.params[name]  # it cannot be returned either

    def _names_with_half(self, option: str, spec: Mapping[str, Any]) -> List[str]:
        """The option, by the name or names that it was given by, if half of a surrogate pair is in its text or list of texts."""
        if "path" in (spec.get("type"), spec.get("elements")):
            return []
        names = [name for name in (option, *spec.get("aliases", ())) if name in self.params]
        values = {name: self.params[name] if isinstance(self.params[name], list) else [self.params[name]] for name in names}
        return [name for name in names if any(isinstance(text, str) and not _is_whole(text) for text in values[name])]

    def _find_problem(self) -> Optional[_option_errors.Refusal]:
        """What is wrong with the values that ansible-core would find in other words or not at all; None for nothing."""
        if self._halves:
            text = "%s contains half of a surrogate pair, which Immich cannot store. Correct it."
            return _option_errors.Refusal(text % _option_names.named(self._halves[0]), (self._halves[0],))
        return _option_errors.find_unfit(self.argument_spec, self._given)

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        if "failure" not in result:  # from ansible-core, which has validated the options
            refusal = self._find_problem() or _option_errors.explain_refusal(msg, self.argument_spec, self._given)
            msg = refusal.msg
            result["failure"] = errors.InvalidRequest(msg, options=refusal.options).failure()
        super().fail_json(msg=msg, **result)
        raise AssertionError("fail_json returned")


def _is_whole(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _returned(module: AnsibleModule, result: Result) -> Result:
    """The result as the module returns it: warnings go their own way, and the diff is left out unless it was asked for."""
    for warning in result.get("warnings", []):
        module.warn(warning)
    return {name: value for name, value in result.items() if name != "warnings" and (name != "diff" or module._diff)}


def _short_values(headers: Optional[Mapping[str, Any]]) -> List[str]:
    """The values of headers that are too short to be secrets, as Ansible keeps them."""
    return [str(value) for value in (headers or {}).values() if len(str(value)) < _SHORTEST_SECRET]


def source_client(params: Mapping[str, Any], client_class: Type[AnyClient]) -> AnyClient:
    """A client for the server that the options of `SOURCE_CONNECTION` name, which only reads. `params` are as `run` gives them."""
    if not params["source_url"]:
        raise errors.InvalidRequest(
            "No URL of the source was given. Give the address of the Immich server to read from as O(source_url), or in the environment "
            "as IMMICH_SOURCE_URL.",
            options=("source_url",),
        )
    key = params["source_api_key"]
    if key is None:
        raise errors.AuthError(
            "No API key for the source was given. Give it as O(source_api_key) or O(source_api_key_file), or in the environment as "
            "IMMICH_SOURCE_API_KEY.",
            options=("source_api_key", "source_api_key_file"),
        )
    return client_class(_connection(params, key, SOURCE), read_only=True)


def _connection(params: Mapping[str, Any], key: connection.ApiKey, prefix: str = "") -> connection.Connection:
    if not params[prefix + "url"]:
        raise errors.InvalidRequest(
            "No URL was given. Give the address of Immich as url (in the roles as immich_url), or in the environment as IMMICH_URL or "
            "IMMICH_INSTANCE_URL.",
            options=("url",),
        )
    given = {name: params[prefix + name] for name in CONNECTION.options if not name.startswith("api_key")}
    given["headers"] = {str(name): str(value) for name, value in (given["headers"] or {}).items()}
    return connection.Connection(key=key, prefix=prefix, **given)


_NO_ADMINS_KEY = (
    "No administrator's API key was given. Give it as api_key or api_key_file (in the roles as immich_admin_api_key or "
    "immich_admin_api_key_file), or in the environment as IMMICH_ADMIN_API_KEY."
)
_NO_USERS_KEY = (
    "No API key was given. Give it as api_key or api_key_file (in the roles as immich_api_key or immich_api_key_file), or in the "
    "environment as IMMICH_API_KEY."
)


def _keys(params: Mapping[str, Any], *, admin: bool) -> Dict[str, connection.ApiKey]:
    """The module's keys by their options: `api_key`, which is an administrator's with `admin`, and the others that are given.

    A key that the task names as a file wins over one that it gives, or that the environment does.
    """
    key = _key(params, "api_key", _ADMINS_API_KEY if admin else connection.USERS_KEY)
    if key is None:
        raise errors.AuthError(_NO_ADMINS_KEY if admin else _NO_USERS_KEY, options=("api_key", "api_key_file"))
    names = {
        "admin_api_key": connection.ADMINS_KEY,
        "user_api_key": connection.USERS_KEY,
        "source_api_key": connection.SOURCES_KEY,
        "source_admin_api_key": connection.SOURCES_ADMINS_KEY,
    }
    others = {option: _key(params, option, name) for option, name in names.items()}
    return {"api_key": key, **{option: other for option, other in others.items() if other is not None}}


def _key(params: Mapping[str, Any], option: str, name: str) -> Optional[connection.ApiKey]:
    """The key of an option, or of the file that the option of that name and `_file` names; `None` where neither is given."""
    path = params.get(option + "_file")
    if not path:
        return connection.ApiKey(params[option], name) if params.get(option) else None
    file_option = option + "_file"
    if option.startswith(SOURCE):
        shown_option = _option_names.named(file_option)
    else:
        role_variable = "immich_admin_api_key_file" if name in (_ADMINS_API_KEY, connection.ADMINS_KEY) else "immich_api_key_file"
        shown_option = "%s (in the roles %s)" % (file_option, role_variable)
    try:
        with open(_own_files.open_regular(path, follow=True), encoding="utf-8") as stream:
            key = stream.read(_LONGEST_KEY_FILE).strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise errors.LocalFailure("%s: %s cannot be read: %s." % (shown_option, path, reason), options=(file_option,)) from exc
    if not key:
        raise errors.AuthError("%s: %s is empty." % (shown_option, path), options=(file_option,))
    return connection.ApiKey(key, "%s (in the file %s)" % (name.split(" (")[0], path))
