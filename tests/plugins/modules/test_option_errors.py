# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-core's validation finds, in the words of the collection. The texts come from that validation itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.selfhosted.immich.plugins.module_utils import _option_errors

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
}
CASES: list[tuple[dict[str, Any], str]] = [
    ({"count": "many"}, "count must be a whole number, not 'many'."),
    ({"count": "many\nlines"}, "count must be a whole number, not 'many lines'."),
    ({"count": ["4"]}, "count must be a whole number, not a list."),
    ({"rate": "30s"}, "rate must be a number, not '30s'."),
    ({"verify": "perhaps"}, "verify must be true or false, not 'perhaps'."),
    ({"headers": "X-Door: secret"}, "headers must be a dictionary, not a text."),
    ({"headers": ["X-Door: secret"]}, "headers must be a dictionary, not a list."),
    ({"pin": "12a4"}, "pin must be a whole number, not a text."),
    ({"src": {"path": "/photos"}}, "src must be a list, not a dictionary."),
    ({"sizes": ["1", "two"]}, "each element of sizes must be a whole number, not a text."),
    ({"users": "bob"}, "users must be a list of dictionaries."),
    ({"users": [["bob"]]}, "users must be a list of dictionaries."),
    ({"users": [{"email": "b@x.org", "admin": "perhaps"}]}, "admin in users must be true or false, not a text."),
    ({"users": [{"emial": "b@x.org"}]}, "users has no option emial. Did you mean email?"),
    ({"cuont": 1}, "There is no option cuont. Did you mean count?"),
    ({"other": 1}, "There is no option other. There are count, headers, mode, pin, rate, sizes, src, users, verify."),
    ({"mode": "c"}, "value of mode must be one of: a, b, got: c"),
]


@pytest.mark.parametrize(("given", "said"), CASES, ids=[said for _, said in CASES])
def test_wrong_option_is_explained(given: dict[str, Any], said: str) -> None:
    (found, *_) = ArgumentSpecValidator(SPEC).validate(given).error_messages
    assert _option_errors.explain_refusal(found, SPEC, given) == said


def test_module_without_options_says_that_there_are_none() -> None:
    (found,) = ArgumentSpecValidator({}).validate({"host": "nas"}).error_messages
    assert _option_errors.explain_refusal(found, {}, {"host": "nas"}) == "There is no option host. There are none."


def test_texts_of_older_ansible_are_known() -> None:
    """Those of 2.16, which name types as Python shows them."""
    text = "argument 'count' is of type <class 'str'> and we were unable to convert to int: <class 'str'> cannot be converted to an int"
    assert _option_errors.explain_refusal(text, SPEC, {"count": "many"}) == "count must be a whole number, not 'many'."
    text = "Unsupported parameters for (selfhosted.immich.immich_upload) module: cuont. Supported parameters include: count, src."
    assert _option_errors.explain_refusal(text, SPEC, {"cuont": 1}) == "There is no option cuont. Did you mean count?"
    text = "missing parameter(s) required by 'client_key': client_cert"
    assert _option_errors.explain_refusal(text, SPEC, {}) == "client_key needs client_cert too."
