# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the messages of a module are in a role: with its variables, and with every path and name as it is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.module_utils import _option_errors
from ansible_collections.photoyard.immich.plugins.plugin_utils._wording.role_messages import read_arguments, translate
from support.playbooks.playbook import REPOSITORY

TASKS = """---
- name: Pause and resume
  block:
    - name: Pause
      photoyard.immich.immich_jobs:
        state: paused
        queues: [ocr]
        wait_timeout: "{{ immich_jobs_timeout }}"
    - name: Resume
      photoyard.immich.immich_jobs: "{{ options }}"
"""


@pytest.mark.parametrize(
    ("role", "text", "said"),
    [
        ("immich_upload", "bandwidth_limit must be at least 1 byte.", snapshot("immich_upload_bandwidth_limit must be at least 1 byte.")),
        ("immich_archive", "bandwidth_limit must be at least 1 byte.", snapshot("immich_archive_bandwidth_limit must be at least 1 byte.")),
        ("immich_copy", "Check source_url and source_api_key.", snapshot("Check immich_source_url and immich_source_api_key.")),
        ("immich_copy", "(validate_certs: false turns it off.)", snapshot("(immich_validate_certs: false turns it off.)")),
        ("immich_copy", "(source_validate_certs: false turns it off.)", snapshot("(immich_source_validate_certs: false turns it off.)")),
        ("immich_upload", "(validate_certs: false turns it off.)", snapshot("(immich_validate_certs: false turns it off.)")),
        ("immich_upload", "Unpack it, and name its folder in src.", snapshot("Unpack it, and name its folder in immich_upload_src.")),
        ("immich_upload", "src has the exports of several programs.", snapshot("immich_upload_src has the exports of several programs.")),
        (
            "immich_upload",
            "/p/a b has archives that are not opened, because src names the folder and not them: 2, such as src.zip. Name them in src too.",
            snapshot(
                "/p/a b has archives that are not opened, because immich_upload_src names the folder and not them: 2, such as src.zip. Name them in immich_upload_src too."
            ),
        ),
        ("immich_upload", "No API key was given. Give it as api_key.", snapshot("No API key was given. Give it as api_key.")),
        ("immich_upload", "Raise timeout to give it more time.", snapshot("Raise immich_timeout to give it more time.")),
        ("immich_upload", "Set the option headers.", snapshot("Set the option immich_headers.")),
        ("immich_copy", "Raise timeout to give it more time.", snapshot("Raise immich_timeout to give it more time.")),
        ("immich_copy", "Raise source_timeout to give it more time.", snapshot("Raise immich_source_timeout to give it more time.")),
        ("immich_copy", "The option url is not a valid URL.", snapshot("The option immich_url is not a valid URL.")),
        ("immich_upload", "If that is your server, set url: http://a", snapshot("If that is your server, set immich_url: http://a")),
        (
            "immich_upload",
            "Lower concurrency (files at the same time), raise retries, or wait: the album has no timeout.",
            snapshot("Lower immich_upload_concurrency (files at the same time), raise immich_retries, or wait: the album has no timeout."),
        ),
        ("immich_jobs", "Correct queues: the server has a.", snapshot("Correct immich_jobs_queues: the server has a.")),
        ("immich_jobs", "Leave it out of queues.", snapshot("Leave it out of immich_jobs_queues.")),
        ("immich_server", "users[0]: quota must be a size.", snapshot("immich_server_users[0]: quota must be a size.")),
        ("immich_server", "users[1] has no option quotas.", snapshot("immich_server_users[1] has no option quotas.")),
        (
            "immich_archive",
            "layout cannot be '%Q': it has no such field.",
            snapshot("immich_archive_layout cannot be '%Q': it has no such field."),
        ),
    ],
)
def test_a_message_names_the_variable(role: str, text: str, said: str) -> None:
    done = translate(role, role, {"msg": text, "warnings": [text], "failures": [{"path": "/q", "msg": text}]}, {}, {})
    assert done["msg"] == said
    assert (done["warnings"], done["failures"]) == ([done["msg"]], [{"path": "/q", "msg": done["msg"]}])


@pytest.mark.parametrize(
    "text",
    [
        "src",
        "/photos/src/a.jpg",
        "/photos/my src folder/album_from/x.jpg",
        "photos/max_failures.jpg",
        "take src out.zip: src/max_failures src.jpg",
    ],
)
def test_a_path_is_left_alone(text: str) -> None:
    failure = {"path": text, "kind": "local", "msg": "The file is empty."}
    result: dict[str, Any] = {"msg": f"{text}: The file is empty.", "failures": [failure], "exception": "as it was"}
    assert translate("immich_upload", "immich_upload", result, {"album": text}, {}) == result
    assert translate("immich_upload", "immich_upload", {"warnings": [f"There are 2 albums named '{text}'."]}, {}, {}) == {
        "warnings": [f"There are 2 albums named '{text}'."]
    }


@pytest.mark.parametrize("text", ["/photos/src/a.jpg", "/photos/my src folder/x.jpg", "src.jpg", "max_failures.jpg", "C:\\src\\a"])
def test_translation_leaves_paths_alone(text: str) -> None:
    assert translate("immich_upload", "immich_upload", {"warnings": [f"{text} is not uploaded."]}, {}, {})["warnings"] == [
        f"{text} is not uploaded."
    ]


def test_a_variable_of_another_name_is_found_in_the_task() -> None:
    said = translate(
        "immich_backup",
        "immich_backup",
        {"msg": "wait_timeout must be a number. Raise timeout."},
        {},
        {"wait_timeout": "{{ immich_backup_timeout }}"},
    )
    assert said["msg"] == snapshot("immich_backup_timeout must be a number. Raise immich_timeout.")


@pytest.mark.parametrize(
    ("role", "module", "options", "said"),
    [
        (
            "immich_upload",
            "immich_upload",
            {"src": ["/a"], "after_upload": "move"},
            snapshot("immich_upload_after_upload=move needs immich_upload_move_to."),
        ),
        ("immich_server", "immich_state", {"albums": [{}]}, snapshot("Each element of immich_server_albums needs name or id.")),
    ],
)
def test_unmet_condition_names_variables(role: str, module: str, options: dict[str, Any], said: str) -> None:
    spec = import_module(f"ansible_collections.photoyard.immich.plugins.modules.{module}").SPEC
    (found,) = ArgumentSpecValidator(spec.options, required_if=spec.required_if).validate(options).error_messages
    msg = _option_errors.explain_refusal(found, spec.options, options)
    assert translate(role, module, {"msg": msg}, options, {})["msg"] == said


def test_arguments_are_read_from_the_task_at_the_line(tmp_path: Path) -> None:
    file = tmp_path / "main.yml"
    file.write_text(TASKS)
    assert read_arguments(file, 4, "photoyard.immich.immich_jobs") == {"state": "paused", "wait_timeout": "{{ immich_jobs_timeout }}"}
    assert read_arguments(file, 9, "photoyard.immich.immich_jobs") == {}


def test_translation_leaves_role_without_plain_options_alone() -> None:
    """Its options are all of several words."""
    result = {"msg": "Correct (this), or raise it. It cannot be read."}
    assert translate("immich_report", "immich_jobs", result, {}, {}) == result


def test_translation_leaves_options_not_given_alone() -> None:
    result = {"msg": "The backup cannot be read."}
    assert translate("immich_maintenance", "immich_jobs", result, {"queues": ["all"]}, {}) == result


def test_each_module_has_translating_action() -> None:
    routing = yaml.safe_load((REPOSITORY / "meta/runtime.yml").read_text(encoding="utf-8"))["plugin_routing"]["modules"]
    own = {path.stem for path in (REPOSITORY / "plugins/action").glob("immich_*.py")}
    assert {path.stem for path in (REPOSITORY / "plugins/modules").glob("immich_*.py")} == own | set(routing)
    assert not own & set(routing)
    assert {route["action_plugin"] for route in routing.values()} == {"photoyard.immich.immich_info"}
