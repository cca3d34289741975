# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of a role that cannot be meant, by their names and by their values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.plugin_utils import _role_variables

ROLES = sorted({path.parents[1].name for path in _role_variables._ROLES.glob("*/meta/argument_specs.yml")})
MISSPELT = [
    ("immich_upload", "immich_upload_scr", "immich_upload_src"),
    ("immich_maintenance", "immich_maintenance_task", "immich_maintenance_tasks"),
    ("immich_copy", "immich_copy_album", "immich_copy_albums"),
    ("immich_copy", "immich_source_ulr", "immich_source_url"),
    ("immich_archive", "immich_archive_verfiy", "immich_archive_verify"),
    ("immich_policy", "immich_policy_ulr", "immich_url"),
    ("immich_upload", "immich_uplod_album", "immich_upload_album"),
    ("immich_upload", "imich_upload_album", "immich_upload_album"),
    ("immich_upload", "immichupload_album", "immich_upload_album"),
    ("immich_upload", "immich_uploads_src", "immich_upload_src"),
    ("immich_upload", "immich_api_keys", "immich_api_key"),
    ("immich_upload", "immich_apikey", "immich_api_key"),
    ("immich_heal", "imich_url", "immich_url"),
    ("immich_heal", "imimch_url", "immich_url"),
    ("immich_heal", "IMMICH_URL", "immich_url"),
    ("immich_upload", "immich_upload_host", "immich_upload_hosts"),
    ("awx_setup", "awx_setp_timezone", "awx_setup_timezone"),
]
# A user's own, those of other roles, and those of guides and rulebooks.
NOT_OURS = """
    immich_url_internal immich_url2 immich_api_key_2 immich_api_key_anna immich_hosts immich_host immich_port immich_version immich_user
    immich_src immich_uid immich_gid immich_dir immich_data immich_library immich_album immich_servers immich_uploads_dir immich_backups_dir
    immich_repo_url immich_restart_command immich_report immich_result immich_key_files immich_folders immich_albums immich_pause
    immich_pause_until immich_pause_queues immich_environment immich_timezone immich_webhook_token immich_storage_queues
    machine_id inventory_hostname immich_upload_result immich_copy_albumz immich_source_url immich_heal_lease awx_setup_state
"""


@pytest.mark.parametrize(("role", "name", "meant"), MISSPELT)
def test_name_near_to_a_variable_is_misspelt(role: str, name: str, meant: str) -> None:
    assert _role_variables.check(role, [name]) == f"{name} is not a variable of this role. Did you mean {meant}?"


@pytest.mark.parametrize("name", ["immich_upload_zzz", "immich_uplod_zzz", "imich_upload_zzz", "immich_upload_where_the_camera_is"])
def test_other_name_with_the_role_s_prefix_is_refused(name: str) -> None:
    said = _role_variables.check("immich_upload", [name, "immich_upload_src"])
    assert said.startswith(f"{name} is not a variable of this role, which would ignore it.")
    assert "ansible-doc -t role photoyard.immich.immich_upload" in said


@pytest.mark.parametrize("role", ["immich_backup", "immich_heal", "immich_metrics", "immich_report", "immich_restore", "immich_upload"])
def test_names_far_from_the_role_s_are_left_alone(role: str) -> None:
    others = [name for name in NOT_OURS.split() if not name.startswith(role + "_")]
    assert _role_variables.check(role, others) == ""


@pytest.mark.parametrize("role", ROLES)
def test_check_accepts_variables_defined_by_roles(role: str) -> None:
    files = [path for path in _role_variables._ROLES.glob("*/*/main.yml") if path.parent.name in ("vars", "defaults")]
    names = {name for path in files for name in re.findall(r"^(\w+):", path.read_text("utf-8"), re.MULTILINE)}
    assert "immich_upload_result" in names
    assert _role_variables.check(role, names) == ""


def test_check_accepts_results_and_names_of_other_roles() -> None:
    names = ["immich_url", "immich_maintenance_role", "immich_maintenance_result", "immich_maintenance_hosts", "immich_upload_scr"]
    assert _role_variables.check("immich_maintenance", names) == ""


def test_each_misspelt_name_is_said() -> None:
    said = _role_variables.check("immich_policy", ["immich_policy_windos", "immich_upload_albun", "imich_url", "immich_policy_why"])
    assert said.startswith("imich_url is not a variable of this role. Did you mean immich_url? immich_policy_why is not a variable")
    assert said.endswith("immich_policy_windos is not a variable of this role. Did you mean immich_policy_windows?")


@pytest.mark.parametrize("value", [None, "", []])
def test_check_values_refuses_empty_required_variable(value: object) -> None:
    options = _role_variables.options("immich_archive", "main")
    said = _role_variables.check_values("immich_archive", options, {"immich_archive_dest": value})
    assert said == snapshot("immich_archive_dest is not set. See ansible-doc -t role photoyard.immich.immich_archive.")
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
def test_check_values_refuses_negative_number(role: str, name: str, value: object, said: str) -> None:
    options = {key: {**option, "required": False} for key, option in _role_variables.options(role, "main").items()}
    assert _role_variables.check_values(role, options, {name: value}) == said


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ({"quotas": "1G"}, snapshot("immich_server_users has no option quotas. Did you mean quota?")),
        (
            {"quotas": 1, "nam": "A"},
            snapshot(
                "immich_server_users has no option nam. Did you mean name? immich_server_users has no option quotas. Did you mean quota?"
            ),
        ),
        (
            {"zzz": 1},
            snapshot(
                "immich_server_users has no option zzz. It has avatar_color, email, is_admin, name, notify, password, pin_code, preferences, quota, should_change_password, state, storage_label, strict, update_password, update_pin_code."
            ),
        ),
    ],
)
def test_check_values_suggests_suboption(user: dict[str, object], said: str) -> None:
    options = _role_variables.options("immich_server", "main")
    users = [{"email": "anna@example.com", **user}]
    assert _role_variables.check_values("immich_server", options, {"immich_server_users": users}) == said


@pytest.mark.parametrize(
    ("role", "given", "said"),
    [
        (
            "immich_upload",
            {"immich_upload_concurrency": ""},
            snapshot(
                "immich_upload_concurrency is empty. Leave it out, or give a whole number. AWX sends an empty text for a question that nobody answers: give it a default there."
            ),
        ),
        (
            "immich_upload",
            {"immich_upload_recursive": ""},
            snapshot(
                "immich_upload_recursive is empty. Leave it out, or give true or false. AWX sends an empty text for a question that nobody answers: give it a default there."
            ),
        ),
        (
            "immich_upload",
            {"immich_upload_pause_queues": ""},
            snapshot(
                "immich_upload_pause_queues is empty. Leave it out, or give a list. AWX sends an empty text for a question that nobody answers: give it a default there."
            ),
        ),
        (
            "immich_upload",
            {"immich_upload_src": [{"path": "/a"}]},
            snapshot("each element of immich_upload_src must be a text, not a dictionary."),
        ),
        ("immich_upload", {"immich_upload_report": ["/a"]}, snapshot("immich_upload_report must be a text, not a list.")),
        ("immich_archive", {"immich_archive_dest": ["/a", "/b"]}, snapshot("immich_archive_dest must be a text, not a list.")),
        (
            "immich_policy",
            {"immich_policy_windows": ""},
            snapshot(
                "immich_policy_windows is empty. Leave it out, or give a list. AWX sends an empty text for a question that nobody answers: give it a default there."
            ),
        ),
        (
            "immich_jobs",
            {"immich_jobs_queues": ""},
            snapshot(
                "immich_jobs_queues is empty. Leave it out, or give a list. AWX sends an empty text for a question that nobody answers: give it a default there."
            ),
        ),
    ],
)
def test_check_values_names_empty_and_mistyped_values(role: str, given: dict[str, object], said: str) -> None:
    required = {"immich_upload": {"immich_upload_src": "/a"}}.get(role, {})
    assert _role_variables.check_values(role, _role_variables.options(role, "main"), {**required, **given}) == said


@pytest.mark.parametrize("entry_point", ["main", "pause", "upload"])
def test_entry_points_of_upload_refuse_values_alike(entry_point: str) -> None:
    options = _role_variables.options("immich_upload", entry_point)
    said = _role_variables.check_values("immich_upload", options, {"immich_upload_src": "/a", "immich_upload_concurrency": ""})
    assert said.startswith("immich_upload_concurrency is empty.")
    assert "immich_upload_src" in _role_variables.check_values("immich_upload", options, {})


@pytest.mark.parametrize(
    ("users", "said"),
    [
        (["anna"], snapshot("immich_server_users must be a list of dictionaries.")),
        ([{"name": "Anna"}], snapshot("Each element of immich_server_users needs email.")),
    ],
)
def test_check_values_reports_mistake_in_element_once(users: list[object], said: str) -> None:
    options = _role_variables.options("immich_server", "main")
    assert _role_variables.check_values("immich_server", options, {"immich_server_users": users}) == said


def test_list_for_a_module_may_be_an_empty_text() -> None:
    given = {"immich_upload_src": "/a", "immich_upload_tags": "", "immich_upload_report": "", "immich_upload_album": ""}
    assert _role_variables.check_values("immich_upload", _role_variables.options("immich_upload", "main"), given) == ""


def test_missing_file_of_tasks_is_named(tmp_path: Path) -> None:
    (tmp_path / "tasks.yml").touch()
    for role, variable in _role_variables.TASK_FILES.items():
        assert variable in _role_variables.options(role, "main")
        for given in ("", "tasks.yml", str(tmp_path / "tasks.yml")):
            assert _role_variables.missing_file(role, {variable: given}, str(tmp_path)) == ""
        said = _role_variables.missing_file(role, {variable: "none.yml"}, str(tmp_path))
        assert said.startswith(f"{variable}: there is no file {tmp_path}/none.yml on the controller.")
    assert _role_variables.missing_file("immich_backup", {}, str(tmp_path)) == ""
    assert _role_variables.missing_file("immich_upload", {}, str(tmp_path)) == ""
