# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the credential types of the role awx_setup put into a job's environment, by AWX's own rules, and what becomes of it there."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import yaml

from awx_api import injection
from support.answering import answering, forward
from support.playbook import REPOSITORY, Playbook

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

FILES = REPOSITORY / "roles" / "awx_setup" / "files"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEYS = {"url": "https://photos.example.com", "api_key": "the-key"}


def credential_type(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What one pastes into AWX."""
    inputs, injectors = (yaml.safe_load((FILES / f"{name}.{part}.yml").read_text()) for part in ("inputs", "injectors"))
    return inputs, injectors


@pytest.mark.parametrize("name", ["immich_api", "immich_administrator"])
def test_awx_takes_the_credential_types(name: str) -> None:
    assert injection.problem(*credential_type(name)) == {}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("", "", "true", None)),
        (KEYS, (*KEYS.values(), "true", None)),
        (KEYS | {"insecure": False, "ca_cert": ""}, (*KEYS.values(), "true", None)),
        (KEYS | {"insecure": True}, (*KEYS.values(), "false", None)),
        (KEYS | {"ca_cert": PEM}, (*KEYS.values(), "true", PEM)),
        (KEYS | {"insecure": True, "ca_cert": PEM}, (*KEYS.values(), "false", PEM)),
    ],
    ids=["nothing", "what is required", "false and empty", "true", "a file", "everything"],
)
def test_what_a_job_gets(given: dict[str, Any], expected: tuple[str, str, str, str | None], tmp_path: Path) -> None:
    variables = injection.environment(*credential_type("immich_api"), given, tmp_path)
    url, key, validate, pem = expected
    ca_path = variables.pop("IMMICH_CA_PATH")
    assert variables == {"IMMICH_URL": url, "IMMICH_API_KEY": key, "IMMICH_VALIDATE_CERTS": validate}
    assert (Path(ca_path).read_text() if ca_path else None) == pem


@pytest.mark.parametrize("given", [{}, {"admin_api_key": "an-admins-key"}])
def test_what_a_job_gets_of_an_administrator(given: dict[str, str], tmp_path: Path) -> None:
    variables = injection.environment(*credential_type("immich_administrator"), given, tmp_path)
    assert variables == {"IMMICH_ADMIN_API_KEY": given.get("admin_api_key", "")}


def test_modules_and_roles_act_on_it(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    """Variables that are empty count as not set, also where another one would follow."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    pem = authority.cert_pem.bytes().decode()
    with answering(forward(server.url), tls=context) as front:
        base = {"url": front.url, "api_key": server.admin_api_key}
        shapes: dict[str, dict[str, Any]] = {"refuses": base, "insecure": base | {"insecure": True}, "trusts": base | {"ca_cert": pem}}
        tasks = []
        for name, given in shapes.items():
            (tmp_path / name).mkdir()
            variables = injection.environment(*credential_type("immich_api"), given, tmp_path / name)
            variables |= {"IMMICH_ADMIN_API_KEY": "", "IMMICH_INSTANCE_URL": ""}
            task = {"selfhosted.immich.immich_jobs_info": {"retries": 0}, "environment": variables, "ignore_errors": True}
            tasks.append({"name": name, **task})
        run = playbook.run([{"hosts": "all", "gather_facts": False, "tasks": tasks}]).ok()
        of_roles = playbook.run(Path("selfhosted.immich.jobs"), environment=variables).ok()
    assert {task.name: task.status for task in run.tasks} == {"refuses": "ignored", "insecure": "ok", "trusts": "ok"}
    assert run.task("refuses").result["failure"]["kind"] == "tls"
    assert "thumbnailGeneration" in str(of_roles.task("Queues").result["msg"])
