# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-core's validation finds, in the words of the collection. The texts come from that validation itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.common import validation
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.module_utils import _option_errors, _option_names

SPEC: dict[str, dict[str, Any]] = {
    "count": {"type": "int"},
    "rate": {"type": "float"},
    "verify": {"type": "bool"},
    "headers": {"type": "dict", "no_log": True},
    "pin": {"type": "int", "no_log": True},
    "src": {"type": "list", "elements": "str"},
    "sizes": {"type": "list", "elements": "int"},
    "users": {"type": "list", "elements": "dict", "options": {"email": {"type": "str"}, "admin": {"type": "bool"}}},
    "mode": {"type": "str", "choices": ["a", "b"]},
    "dest": {"type": "path", "aliases": ["folder"]},
    "cover": {"type": "dict", "options": {"raw": {"type": "str"}}},
}
CASES: list[tuple[dict[str, Any], str]] = [
    ({"count": "many"}, snapshot("count must be a whole number, not 'many'.")),
    ({"count": "many\nlines"}, snapshot("count must be a whole number, not 'many lines'.")),
    ({"count": ["4"]}, snapshot("count must be a whole number, not a list.")),
    ({"rate": "30s"}, snapshot("rate must be a number, not '30s'.")),
    ({"verify": "perhaps"}, snapshot("verify must be true or false, not 'perhaps'.")),
    ({"headers": "X-Door: secret"}, snapshot("headers must be a dictionary, not a text.")),
    ({"headers": ["X-Door: secret"]}, snapshot("headers must be a dictionary, not a list.")),
    ({"pin": "12a4"}, snapshot("pin must be a whole number, not a text.")),
    ({"src": {"path": "/photos"}}, snapshot("src must be a list, not a dictionary.")),
    ({"sizes": ["1", "two"]}, snapshot("each element of sizes must be a whole number, not a text.")),
    ({"users": "bob"}, snapshot("users must be a list of dictionaries.")),
    ({"users": [["bob"]]}, snapshot("users must be a list of dictionaries.")),
    ({"users": [{"email": "b@x.org", "admin": "perhaps"}]}, snapshot("admin in users must be true or false, not a text.")),
    ({"users": [{"emial": "b@x.org"}]}, snapshot("users has no option emial. Did you mean email?")),
    ({"cuont": 1}, snapshot("The option cuont does not exist. Did you mean count?")),
    (
        {"other": 1},
        snapshot("The option other does not exist. There are count, cover, dest, headers, mode, pin, rate, sizes, src, users, verify."),
    ),
    ({"mode": "c"}, snapshot("value of mode must be one of: a, b, got: c")),
]


UNFIT: list[tuple[dict[str, Any], str]] = [
    (
        {"count": ""},
        snapshot(
            "count is empty. Leave it out, or give a whole number. AWX sends an empty text for a question that nobody answers: give it a default there."
        ),
    ),
    (
        {"rate": ""},
        snapshot(
            "rate is empty. Leave it out, or give a number. AWX sends an empty text for a question that nobody answers: give it a default there."
        ),
    ),
    (
        {"verify": ""},
        snapshot(
            "verify is empty. Leave it out, or give true or false. AWX sends an empty text for a question that nobody answers: give it a default there."
        ),
    ),
    (
        {"headers": ""},
        snapshot(
            "headers is empty. Leave it out, or give a dictionary. AWX sends an empty text for a question that nobody answers: give it a default there."
        ),
    ),
    (
        {"src": ""},
        snapshot(
            "src is empty. Leave it out, or give a list. AWX sends an empty text for a question that nobody answers: give it a default there."
        ),
    ),
    ({"mode": ["a", "b"]}, snapshot("mode must be a text, not a list.")),
    ({"dest": ["/a", "/b"]}, snapshot("dest must be a text, not a list.")),
    ({"dest": {"path": "/a"}}, snapshot("dest must be a text, not a dictionary.")),
    ({"folder": ["/a"]}, snapshot("dest must be a text, not a list.")),
    ({"dest": "['/a', '/b']"}, snapshot("dest must be a text, and is a list that was made into one.")),
    (
        {"src": "['/a', '/b']"},
        snapshot('src is a text that looks like a list. With ansible-playbook -e, give a list as JSON: -e \'{"src": ["a", "b"]}\'.'),
    ),
    (
        {"src": ' ["/a"] '},
        snapshot('src is a text that looks like a list. With ansible-playbook -e, give a list as JSON: -e \'{"src": ["a", "b"]}\'.'),
    ),
    ({"src": [{"path": "/photos"}]}, snapshot("each element of src must be a text, not a dictionary.")),
    ({"src": ["/a", ["/b"]]}, snapshot("each element of src must be a text, not a list.")),
    ({"users": [{"email": ["b@x.org"]}]}, snapshot("email in users must be a text, not a list.")),
    (
        {"users": [{"admin": ""}]},
        snapshot(
            "admin in users is empty. Leave it out, or give true or false. AWX sends an empty text for a question that nobody answers: give it a default there."
        ),
    ),
    ({"cover": {"raw": ["a"]}}, snapshot("raw in cover must be a text, not a list.")),
]


@pytest.mark.parametrize(("given", "said"), UNFIT, ids=[str(given) for given, _ in UNFIT])
def test_find_unfit_refuses_converted_values(given: dict[str, Any], said: str) -> None:
    refusal = _option_errors.find_unfit(SPEC, given)
    assert refusal is not None
    assert refusal.msg == said


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"count": None, "src": None, "dest": None, "headers": None},
        {"count": "4", "rate": 1, "verify": "yes", "src": "/a, /b", "dest": "", "mode": "", "headers": {}, "users": []},
        {
            "src": "[2024]",
            "dest": "/photos/['a']",
            "sizes": ["1", 2],
            "users": [{"email": "b@x.org", "admin": "no"}],
            "cover": {"raw": "a"},
        },
    ],
)
def test_find_unfit_accepts_convertible_values(given: dict[str, Any]) -> None:
    assert _option_errors.find_unfit(SPEC, given) is None


def test_find_unfit_refuses_empty_required_option() -> None:
    refusal = _option_errors.find_unfit({"src": {"type": "list", "required": True}}, {"src": ""})
    assert refusal == ("src is empty, and must be a list.", ("src",))


@pytest.mark.parametrize(("given", "said"), CASES, ids=[str(given) for given, _ in CASES])
def test_wrong_option_is_explained(given: dict[str, Any], said: str) -> None:
    (found, *_) = ArgumentSpecValidator(SPEC).validate(given).error_messages
    assert _option_errors.explain_refusal(found, SPEC, given).msg == said


CONDITIONS: list[tuple[Callable[[], object], str]] = [
    (lambda: validation.check_required_one_of([["name", "src"]], {}), snapshot("Give name or src.")),
    (lambda: validation.check_required_one_of([["a", "b", "c"]], {}, ["users"]), snapshot("Each element of users needs a, b or c.")),
    (
        lambda: validation.check_mutually_exclusive([["a", "b"], ["c", "d", "e"]], dict.fromkeys("abcde")),
        snapshot("a and b exclude each other. Give only one of them. c, d and e exclude each other. Give only one of them."),
    ),
    (lambda: validation.check_required_if([["mode", "a", ["dest", "count"]]], {"mode": "a"}), snapshot("mode=a needs dest and count.")),
    (lambda: validation.check_required_if([["mode", "a", ["dest", "src"], True]], {"mode": "a"}), snapshot("mode=a needs dest or src.")),
    (lambda: validation.check_required_if([["verify", True, ["dest"]]], {"verify": True}), snapshot("verify=true needs dest.")),
    (
        lambda: validation.check_required_together([["email", "password"]], {"email": "a"}),
        snapshot("email and password belong together. Give all of them, or none."),
    ),
]


@pytest.mark.parametrize(("check", "said"), CONDITIONS, ids=[said for _, said in CONDITIONS])
def test_unmet_condition_is_explained(check: Callable[[], object], said: str) -> None:
    with pytest.raises(TypeError) as caught:
        check()
    assert _option_errors.explain_refusal(str(caught.value), SPEC, {}).msg == said


def test_unknown_option_of_module_without_options() -> None:
    (found,) = ArgumentSpecValidator({}).validate({"host": "nas"}).error_messages
    assert _option_errors.explain_refusal(found, {}, {"host": "nas"}).msg == snapshot("The option host does not exist. There are none.")


def test_texts_of_older_ansible_are_known() -> None:
    """Those of 2.16, which name types as Python shows them."""
    text = "argument 'count' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int"
    assert _option_errors.explain_refusal(text, SPEC, {"count": "many"}).msg == snapshot("count must be a whole number, not 'many'.")
    text = "Unsupported parameters for (photoyard.immich.immich_upload) module: cuont. Supported parameters include: count, src."
    assert _option_errors.explain_refusal(text, SPEC, {"cuont": 1}).msg == snapshot("The option cuont does not exist. Did you mean count?")
    text = "missing parameter(s) required by 'client_key': client_cert"
    assert _option_errors.explain_refusal(text, SPEC, {}).msg == snapshot("client_key needs client_cert too.")


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({"count": "many"}, ("count",)),
        ({"users": [{"admin": "perhaps"}]}, ("users",)),
        ({"users": [{"emial": "b@x.org"}]}, ("users.emial",)),
        ({"cuont": 1}, ("cuont",)),
        ({"mode": "c"}, ("mode",)),
        ({"users": "bob"}, ("users",)),
    ],
)
def test_refusal_has_its_options(given: dict[str, Any], options: tuple[str, ...]) -> None:
    (found, *_) = ArgumentSpecValidator(SPEC).validate(given).error_messages
    assert _option_errors.explain_refusal(found, SPEC, given).options == options


def test_refusal_names_variables_of_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_option_names.VARIABLES, "mode=immich_x_mode dest=immich_x_dest src=immich_x_src users=immich_x_users")
    with pytest.raises(TypeError) as caught:
        validation.check_required_if([["mode", "a", ["dest", "src"], True]], {"mode": "a"})
    assert _option_errors.explain_refusal(str(caught.value), SPEC, {}) == (
        "immich_x_mode=a needs immich_x_dest or immich_x_src.",
        ("mode", "dest", "src"),
    )
    for given, said in (
        ({"mode": "c"}, "value of immich_x_mode must be one of: a, b, got: c"),
        ({"users": "bob"}, "immich_x_users must be"),
    ):
        (found, *_) = ArgumentSpecValidator(SPEC).validate(given).error_messages
        assert _option_errors.explain_refusal(found, SPEC, given).msg.startswith(said)
    refusal = _option_errors.find_unfit(SPEC, {"users": [{"email": ["b@x.org"]}]})
    assert refusal == ("email in immich_x_users must be a text, not a list.", ("users",))
