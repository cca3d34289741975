# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of a role that cannot be meant, by their names and by their values."""

from __future__ import annotations

import pytest

from ansible_collections.selfhosted.immich.plugins.plugin_utils import _role_variables


@pytest.mark.parametrize(
    ("role", "name", "meant"),
    [
        ("immich_upload", "immich_upload_scr", "immich_upload_src"),
        ("immich_maintenance", "immich_maintenance_task", "immich_maintenance_tasks"),
        ("immich_copy", "immich_copy_album", "immich_copy_albums"),
        ("immich_copy", "immich_source_ulr", "immich_source_url"),
        ("immich_archive", "immich_archive_verfiy", "immich_archive_verify"),
        ("immich_policy", "immich_policy_ulr", "immich_url"),
    ],
)
def test_a_name_that_is_near_to_a_variable_is_misspelt(role: str, name: str, meant: str) -> None:
    assert _role_variables.check(role, [name]) == (f"{name} is not a variable of this role. Did you mean {meant}?", "")


def test_what_the_role_has_or_leaves_is_not() -> None:
    names = ["immich_url", "immich_maintenance_role", "immich_maintenance_result", "immich_maintenance_hosts", "immich_upload_scr"]
    assert _role_variables.check("immich_maintenance", names) == ("", "")


def test_near_names_are_errors_and_others_warnings() -> None:
    assert _role_variables.check("immich_policy", ["immich_policy_windos", "immich_upload_albun", "immich_policy_why"]) == (
        "immich_policy_windos is not a variable of this role. Did you mean immich_policy_windows?",
        "The role immich_policy has no variable of this name and ignores it: immich_policy_why.",
    )


@pytest.mark.parametrize("value", [None, "", []])
def test_what_is_required_must_not_be_empty(value: object) -> None:
    options = _role_variables.options("immich_archive", "main")
    said = _role_variables.check_values("immich_archive", options, {"immich_archive_dest": value})
    assert said == "immich_archive_dest is not set. See ansible-doc -t role selfhosted.immich.immich_archive."
    assert _role_variables.check_values("immich_archive", options, {"immich_archive_dest": "/mnt"}) == ""


@pytest.mark.parametrize(
    ("role", "name", "value", "said"),
    [
        ("immich_heal", "immich_heal_wait", -5, "immich_heal_wait must be at least 0, not -5."),
        ("immich_heal", "immich_heal_wait", "-5", "immich_heal_wait must be at least 0, not -5."),
        ("immich_heal", "immich_heal_wait", "0", ""),
        ("immich_maintenance", "immich_maintenance_wait", "nan", "immich_maintenance_wait must be at least 0, not nan."),
        ("immich_maintenance", "immich_maintenance_resume_delay", -1, "immich_maintenance_resume_delay must be at least 0, not -1."),
        ("immich_upload", "immich_upload_max_failures", -1, ""),
    ],
)
def test_a_negative_number_is_refused_where_a_role_uses_it(role: str, name: str, value: object, said: str) -> None:
    options = {key: {**option, "required": False} for key, option in _role_variables.options(role, "main").items()}
    assert _role_variables.check_values(role, options, {name: value}) == said


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"quotas": "1G"}, "immich_server_users has no option quotas. Did you mean quota?"),
        ({"quotas": 1, "nam": "A"}, "immich_server_users has no option nam. Did you mean name? immich_server_users has no option quotas."),
        ({"zzz": 1}, "immich_server_users has no option zzz. It has avatar_color, email, "),
    ],
)
def test_option_that_does_not_exist_is_named_with_the_right_one(user: dict[str, object], said: str) -> None:
    options = _role_variables.options("immich_server", "main")
    users = [{"email": "anna@example.com", **user}]
    assert _role_variables.check_values("immich_server", options, {"immich_server_users": users}).startswith(said)


@pytest.mark.parametrize(
    ("role", "given", "said"),
    [
        ("immich_upload", {"immich_upload_concurrency": ""}, "immich_upload_concurrency is empty. Leave it out, or give a whole number. "),
        ("immich_upload", {"immich_upload_recursive": ""}, "immich_upload_recursive is empty. Leave it out, or give true or false. "),
        ("immich_upload", {"immich_upload_pause_queues": ""}, "immich_upload_pause_queues is empty. Leave it out, or give a list. "),
        ("immich_upload", {"immich_upload_src": [{"path": "/a"}]}, "each element of immich_upload_src must be a text, not a dictionary."),
        ("immich_upload", {"immich_upload_report": ["/a"]}, "immich_upload_report must be a text, not a list."),
        ("immich_archive", {"immich_archive_dest": ["/a", "/b"]}, "immich_archive_dest must be a text, not a list."),
        ("immich_policy", {"immich_policy_windows": ""}, "immich_policy_windows is empty. Leave it out, or give a list. "),
        ("immich_jobs", {"immich_jobs_queues": ""}, "immich_jobs_queues is empty. Leave it out, or give a list. "),
    ],
)
def test_value_that_a_survey_or_a_slip_makes_is_named(role: str, given: dict[str, object], said: str) -> None:
    required = {"immich_upload": {"immich_upload_src": "/a"}}.get(role, {})
    assert _role_variables.check_values(role, _role_variables.options(role, "main"), {**required, **given}).startswith(said)


def test_list_for_a_module_may_be_an_empty_text() -> None:
    given = {"immich_upload_src": "/a", "immich_upload_tags": "", "immich_upload_report": "", "immich_upload_album": ""}
    assert _role_variables.check_values("immich_upload", _role_variables.options("immich_upload", "main"), given) == ""
