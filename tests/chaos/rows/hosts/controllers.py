# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller is ended by others: by AWX, by the system when memory is short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from chaos import plays, processes
from chaos.lab import GIVE_UP_AFTER, Lab
from chaos.scenario import scenario


@scenario("a job is cancelled as AWX does it (through ansible-runner)")
def awx_cancel(lab: Lab) -> str:
    folder = lab.folder / "job"
    (folder / "project").mkdir(parents=True)
    (folder / "inventory").mkdir()
    (folder / "env").mkdir()
    (folder / "project" / "upload.yml").write_text(yaml.safe_dump(plays.role()))
    (folder / "inventory" / "hosts.json").write_text(json.dumps({"all": {"hosts": {"nas": lab.host()}}}))
    (folder / "env" / "extravars").write_text(json.dumps(lab.variables()))
    runner = Path(sys.executable).with_name("ansible-runner")
    environment = lab.controller.environment(None) | lab.environment | {"PATH": f"{runner.parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [runner, "run", folder, "--playbook", "upload.yml"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as job:
        lab.wait_for_upload(None)
        job.send_signal(signal.SIGTERM)  # ansible-runner takes it for a cancel, and kills the playbook
        lab.deed()
        job.wait(GIVE_UP_AFTER)
    [status] = (folder / "artifacts").glob("*/status")
    return status.read_text()


@scenario("Ansible's worker is killed (as when memory is short)")
def worker_killed(lab: Lab) -> str:
    running = lab.start(plays.role())
    lab.wait_for_upload(running)
    for worker in processes.children(running.process.pid):
        os.kill(worker, signal.SIGKILL)
    lab.deed()
    return str(running.finish().rc)
