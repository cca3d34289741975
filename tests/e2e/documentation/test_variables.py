# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of roles and playbooks that cannot be meant: each is named in a sentence, and nothing is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.playbooks.playbook import REPOSITORY, Playbook, local_host
from support.playbooks.role import sentences

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

SRC = {"immich_upload_src": ["/photos"]}


def test_each_mistake_is_said_in_a_sentence(playbook: Playbook, server: Emulator) -> None:
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "misspelt": (
            {"immich_upload_scr": ["/photos"]},
            "immich_upload_scr is not a variable of this role. Did you mean immich_upload_src?",
        ),
        "prefix": (
            SRC | {"immich_uplod_album": "x"},
            "immich_uplod_album is not a variable of this role. Did you mean immich_upload_album?",
        ),
        "plural": (SRC | {"immich_api_keys": "x"}, "immich_api_keys is not a variable of this role. Did you mean immich_api_key?"),
        "connection": (SRC | {"imich_url": "x"}, "imich_url is not a variable of this role. Did you mean immich_url?"),
        "unknown": (SRC | {"immich_upload_zzz": "1"}, "immich_upload_zzz is not a variable of this role, which would ignore it."),
        "missing": ({}, "immich_upload_src is not set"),
        "choice": (SRC | {"immich_upload_visibility": "public"}, "Value of immich_upload_visibility must be one of: timeline, "),
        "type": (SRC | {"immich_upload_concurrency": "many"}, "immich_upload_concurrency must be a whole number, not 'many'."),
        "undefined": (
            SRC | {"immich_api_key": "{{ vault_immich_api_key }}"},
            "immich_api_key cannot be evaluated: 'vault_immich_api_key' is undefined",
        ),
    }
    hosts = {name: local_host() | variables for name, (variables, _) in wrong.items()}
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "photoyard.immich.immich_upload"}]}]
    run = playbook.run(play, server=server, hosts=hosts)
    assert run.rc == 2, run.output
    said = {task.host: task.result["msg"] for task in run.failed}
    assert len(run.failed) == len(said) == len(wrong)
    for name, (_, words) in wrong.items():
        assert said[name].startswith(words)
    assert all(task.result["failure"]["kind"] == "validation" for task in run.failed)
    assert server.requests() == []


@pytest.mark.parametrize(
    ("role", "variables", "said"),
    [
        ("immich_policy", {"immich_policy_windows": [{"to": "12:00"}]}, "Each element of immich_policy_windows needs from"),
        ("immich_archive", {"immich_archive_dest": ""}, "immich_archive_dest is not set"),
        (
            "awx_setup",
            {"awx_setup_timezon": "UTC", "awx_setup_state": "gone"},
            "awx_setup_timezon is not a variable of this role. Did you mean",
        ),
    ],
)
def test_a_mistake_is_said_in_a_short_sentence(
    playbook: Playbook, server: Emulator, role: str, variables: dict[str, Any], said: str
) -> None:
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": f"photoyard.immich.{role}", "vars": variables}]}]
    run = playbook.run(play, server=server)
    assert run.rc == 2, run.output
    (failed,) = run.failed
    assert failed.result["msg"].startswith(said)
    assert "argument_spec_data" not in run.output
    assert len(run.output.splitlines()) < 25, run.output  # of which Ansible shows up to ten of the file with the task
    assert server.requests() == []


@pytest.mark.parametrize(
    ("name", "wrong", "meant"),
    [
        ("copy", "immich_source_ulr", "immich_source_url"),
        ("archive", "immich_archive_verfiy", "immich_archive_verify"),
        ("jobs", "immich_jobs_queue", "immich_jobs_queues"),
    ],
)
def test_a_misspelt_variable_of_a_playbook_is_an_error(
    playbook: Playbook, server: Emulator, tmp_path: Path, name: str, wrong: str, meant: str
) -> None:
    variables = {"immich_archive_dest": str(tmp_path / "archive"), "immich_source_url": server.url, wrong: "x"}
    run = playbook.run(Path(f"photoyard.immich.{name}"), server=server, variables=variables)
    assert run.rc == 2
    (refused,) = (task.result["msg"] for task in run.failed)
    assert refused.startswith(f"{wrong} is not a variable of this role.")
    assert f"Did you mean {meant}?" in refused
    assert server.requests() == []
    assert not (tmp_path / "archive").exists()


def test_each_use_of_a_role_is_checked(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    src = {"immich_upload_src": [str(tmp_path / "photos")]}
    (tmp_path / "photos").mkdir()
    uses = [src, src | {"immich_upload_albun": "Rome"}]
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "photoyard.immich.immich_upload", "vars": one} for one in uses]}]
    run = playbook.run(play, server=server)
    (refused,) = (task.result["msg"] for task in run.failed)
    assert {"immich_upload_albun", "immich_upload_album?"} <= set(refused.split())
    assert sentences(run).startswith("No photo or video was found")


def test_misspelt_variables_do_not_prevent_resume(playbook: Playbook, server: Emulator, photos: Any) -> None:
    def part(how: str, which: str) -> dict[str, Any]:
        more = {} if which == "pause" else {"rolespec_validate": False}
        return {f"ansible.builtin.{how}_role": {"name": "photoyard.immich.immich_upload", "tasks_from": which, **more}}

    between = {"ansible.builtin.set_fact": {"immich_upload_resume_ordre": "chain", "immich_upload_pause_wait": "long"}}
    block = {"block": [between, part("import", "upload")], "always": [part("include", "resume")]}
    variables = {"immich_upload_src": [str(photos(1))]}
    play = [{"hosts": "all", "gather_facts": False, "vars": variables, "pre_tasks": [part("import", "pause")], "tasks": [block]}]
    run = playbook.run(play, server=server)
    assert server.paused() == set()
    assert run.rc == 2


@pytest.mark.parametrize("role", sorted(path.name for path in (REPOSITORY / "roles").iterdir() if path.name != "immich_connection"))
def test_every_role_has_its_variables_checked(role: str) -> None:
    assert "dependencies: [photoyard.immich.immich_connection]" in (REPOSITORY / "roles" / role / "meta" / "main.yml").read_text("utf-8")
