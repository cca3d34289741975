# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role's user reads names the role's variables, and every file as it is called."""

from __future__ import annotations

import zipfile
from pathlib import Path

import yaml

from immich_emulator.testing import Emulator
from support.photos.jpegs import write_photos
from support.playbooks.playbook import Playbook
from support.playbooks.role import summary, upload_play


def test_messages_name_the_variables_of_the_role(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "my src folder"
    write_photos(folder, 1)
    (folder / "src.jpg").write_bytes(b"")
    with zipfile.ZipFile(folder / "src.zip", "w") as archive:
        archive.writestr("src/max_failures.jpg", b"photo")
    encrypted = tmp_path / "encrypted.zip"
    content = bytearray((folder / "src.zip").read_bytes())
    content[6] |= 1  # the bit of the flags that says that it is encrypted, in the member's header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    encrypted.write_bytes(content)

    run = playbook.run(upload_play([str(folder), str(encrypted), f"{tmp_path}/disk/*.jpg"]), server=server)
    said = summary(run)
    assert f"failed: {folder}/src.jpg: " in said
    assert f"failed: {encrypted}: src/max_failures.jpg: " in said
    assert "name its folder in immich_upload_src, or" in said
    assert f"failed: {tmp_path}/disk/*.jpg: " in said
    assert "set immich_upload_ignore_missing to true" in said
    assert len(server.state()["assets"]) == 1

    run = playbook.run(upload_play(folder, bandwidth_limit="fast"), server=server)
    assert run.task("Upload").result["msg"].startswith("immich_upload_bandwidth_limit must be a number of bytes per second")


def test_every_role_names_its_variables(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    wrong = {
        "jobs": (
            "Pause or resume queues",
            {"immich_jobs_state": "paused", "immich_jobs_queues": ["uplod"]},
            "Correct immich_jobs_queues",
        ),
        "metrics": (
            "List the queues and leases",
            {"immich_metrics_file": str(tmp_path / "immich.prom"), "immich_retries": -1},
            "immich_retries must be 0 or more",
        ),
        "backup": (
            "Fetch the backup that is young enough",
            {"immich_backup_dest": str(tmp_path), "immich_backup_max_age": "soon"},
            "immich_backup_max_age must be a number of seconds",
        ),
        "upgrade": (
            "Get the version and the free disk",
            {
                "immich_upgrade_version": "9.9.9",
                "immich_upgrade_tasks": __file__,
                "immich_upgrade_backup_dest": str(tmp_path),
                "immich_timeout": -1,
            },
            "immich_timeout must be more than 0",
        ),
    }
    server.clear_requests()
    for name, (task, variables, said) in wrong.items():
        run = playbook.run(Path(f"photoyard.immich.{name}"), server=server, variables=variables)
        assert said in run.task(task).result["msg"]
    assert server.requests(writes=True) == []


def test_a_plays_own_task_names_its_options(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.yml"
    tasks.write_text(
        yaml.safe_dump([{"name": "Mine", "photoyard.immich.immich_jobs": {"state": "healed", "wait": True, "wait_timeout": -1}}])
    )
    variables = {"immich_maintenance_tasks": str(tasks), "immich_maintenance_resume_delay": 0}
    run = playbook.run(Path("photoyard.immich.maintenance"), server=server, variables=variables)
    assert run.task("Mine").result["msg"].startswith("wait_timeout must be at least 0 seconds")
    assert server.paused() == set()
