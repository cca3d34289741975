# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a template that is in the stand-in, as AWX runs it: its variables, its credentials, and ansible-runner."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import ansible_runner

from awx_api import injection, surveys
from awx_api.testing import Awx
from support.playbooks import compiled, processes
from support.playbooks.playbook import REPOSITORY, TARGET_PYTHON

_NUMBERS = count(1)


class Jobs:
    """Starts jobs. What would be a container of its own in AWX is a folder here; `home` is what outlives them."""

    def __init__(self, awx: Awx, folder: Path, collections: str) -> None:
        self._awx = awx
        self._folder = folder
        self._collections = collections

    def node(self, workflow: str, identifier: str, *, cancel: Callable[[], bool] | None = None) -> ansible_runner.Runner:
        """Runs a node of a workflow."""
        nodes = self._awx.store.things["workflow_job_template_nodes"].values()
        owner = self._awx.store.by_name("workflow_job_templates", workflow)["id"]
        (node,) = (one for one in nodes if (one["workflow_job_template"], one["identifier"]) == (owner, identifier))
        template = self._awx.store.get("job_templates", node["unified_job_template"])
        return self.launch(template["name"], node["extra_data"], cancel=cancel, of_workflow=owner)

    def launch(
        self,
        name: str,
        answers: dict[str, Any] | None = None,
        *,
        cancel: Callable[[], bool] | None = None,
        of_workflow: int | None = None,
        job_type: str = "run",
    ) -> ansible_runner.Runner:
        """Runs a template with answers to its survey. AWX tells a job its own number, and that of the workflow's job it is a node of."""
        store = self._awx.store
        template = store.template(store.by_name("job_templates", name))
        assert surveys.wrong_answers(template, answers or {}, may_miss=False) == {}
        number = next(_NUMBERS)
        folder = self._folder / f"job-{number}"
        (folder / "inventory").mkdir(parents=True)
        hosts = {host["name"]: json.loads(host["variables"]) for host in store.things["hosts"].values()}
        hosts["localhost"]["ansible_python_interpreter"] = TARGET_PYTHON
        (folder / "inventory" / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        compiled.lend(folder / "cache")
        ended = ansible_runner.run(
            private_data_dir=str(folder),
            playbook=str(REPOSITORY / template["playbook"]),
            extravars=surveys.variables(template, answers or {})
            | {"awx_job_id": number}
            | ({} if of_workflow is None else {"awx_workflow_job_id": of_workflow}),
            envvars=self._environment(template, folder),
            cancel_callback=cancel,
            cmdline="--check" if job_type == "check" else None,
            quiet=True,
        )
        compiled.collect(folder / "cache")
        return ended

    def end_container(self) -> None:
        """What `podman kill` does, and Kubernetes when it deletes a pod: all processes of all jobs end at once, guards too.

        ansible-runner kills its process group only, and the workers of newer ansible-core lead groups of their own.
        """
        found = processes.below(self._folder)
        for number in (signal.SIGSTOP, signal.SIGKILL):  # none lives to see another die
            for process in found:
                with suppress(ProcessLookupError):
                    os.kill(process, number)

    def _environment(self, template: dict[str, Any], folder: Path) -> dict[str, str]:
        store = self._awx.store
        variables = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_REMOTE_TMP": str(folder / "remote_tmp"),  # else below the user's own home, whatever HOME says
            "ANSIBLE_COLLECTIONS_PATH": self._collections,
            "ANSIBLE_MODULE_UTILS": str(compiled.NO_FOLDER),
            "PYTHONPATH": compiled.python_path(),
            "PYTHONDONTWRITEBYTECODE": "",
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        for number in store.joined["job_templates", template["id"], "credentials"]:
            credential = store.get("credentials", number)
            kind = store.type_of(credential)
            variables |= injection.environment(kind["inputs"], kind["injectors"], credential["inputs"], folder)
        return variables


def said(run: ansible_runner.Runner, task: str = "Show the summary") -> Any:
    """The `msg` of the last task of this name."""
    results = [event["event_data"] for event in run.events if event["event"] in ("runner_on_ok", "runner_on_failed")]
    (*_, last) = (one["res"]["msg"] for one in results if one["task"] == task)
    return " ".join(last) if task == "Show the summary" and isinstance(last, list) else last
