# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
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
from support.http.answering import answering, forward
from support.playbooks.playbook import REPOSITORY, Playbook

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

FILES = REPOSITORY / "roles" / "awx_setup" / "files"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEYS = {"url": "https://photos.example.com", "api_key": "the-key"}


def credential_type(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and injectors of a credential type, as in the files to paste into AWX."""
    inputs, injectors = (yaml.safe_load((FILES / f"{name}.{part}.yml").read_text()) for part in ("inputs", "injectors"))
    return inputs, injectors


@pytest.mark.parametrize("name", ["immich_api", "immich_administrator", "immich_source"])
def test_awx_takes_the_credential_types(name: str) -> None:
    assert injection.problem(*credential_type(name)) == {}


@pytest.mark.parametrize(("name", "prefix"), [("immich_api", "IMMICH_"), ("immich_source", "IMMICH_SOURCE_")])
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
def test_job_gets_environment_of_connection(
    name: str, prefix: str, given: dict[str, Any], expected: tuple[str, str, str, str | None], tmp_path: Path
) -> None:
    variables = injection.environment(*credential_type(name), given, tmp_path)
    url, key, validate, pem = expected
    ca_path = variables.pop(f"{prefix}CA_PATH")
    assert variables.pop(f"{prefix}ADMIN_API_KEY", "") == ""
    assert variables == {f"{prefix}URL": url, f"{prefix}API_KEY": key, f"{prefix}VALIDATE_CERTS": validate}
    assert (Path(ca_path).read_text() if ca_path else None) == pem


@pytest.mark.parametrize("given", [{}, {"admin_api_key": "an-admins-key"}])
def test_job_gets_key_of_administrator(given: dict[str, str], tmp_path: Path) -> None:
    variables = injection.environment(*credential_type("immich_administrator"), given, tmp_path)
    assert variables == {"IMMICH_ADMIN_API_KEY": given.get("admin_api_key", "")}


def test_job_gets_source_key_of_administrator(tmp_path: Path) -> None:
    variables = injection.environment(*credential_type("immich_source"), KEYS | {"admin_api_key": "an-admins-key"}, tmp_path)
    assert variables["IMMICH_SOURCE_ADMIN_API_KEY"] == "an-admins-key"


def test_modules_and_roles_use_injected_environment(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    """Variables that are empty count as not set, also where another one would follow."""
    context, pem = certificate()
    with answering(forward(server.url), tls=context) as front:
        shapes = shapes_of({"url": front.url, "api_key": server.admin_api_key}, pem)
        tasks = []
        for name, given in shapes.items():
            (tmp_path / name).mkdir()
            variables = injection.environment(*credential_type("immich_api"), given, tmp_path / name)
            variables |= {"IMMICH_ADMIN_API_KEY": "", "IMMICH_INSTANCE_URL": ""}
            task = {"photoyard.immich.immich_jobs_info": {"retries": 0}, "environment": variables, "ignore_errors": True}
            tasks.append({"name": name, **task})
        run = playbook.run([{"hosts": "all", "gather_facts": False, "tasks": tasks}]).ok()
        of_roles = playbook.run(Path("photoyard.immich.jobs"), environment=variables).ok()
    assert {task.name: task.status for task in run.tasks} == {"refuses": "ignored", "insecure": "ok", "trusts": "ok"}
    assert run.task("refuses").result["failure"]["kind"] == "tls"
    assert "thumbnailGeneration" in str(of_roles.task("Show the queues and leases").result["msg"])


def test_copy_uses_injected_source(playbook: Playbook, server: Emulator, tmp_path: Path) -> None:
    """What is said of the source holds for the source alone, in the module and in the playbook."""
    context, pem = certificate()
    target = {"IMMICH_URL": server.url, "IMMICH_API_KEY": server.api_key, "IMMICH_ADMIN_API_KEY": server.admin_api_key}
    with answering(forward(server.url), tls=context) as front:
        tasks = []
        for name, given in shapes_of({"url": front.url, "api_key": server.admin_api_key}, pem).items():
            (tmp_path / name).mkdir()
            variables = target | injection.environment(*credential_type("immich_source"), given, tmp_path / name)
            task = {"photoyard.immich.immich_copy": {"source_retries": 0}, "environment": variables, "ignore_errors": True}
            tasks.append({"name": name, **task})
        run = playbook.run([{"hosts": "all", "gather_facts": False, "tasks": tasks}]).ok()
        of_playbook = playbook.run(Path("photoyard.immich.copy"), environment=variables).ok()
    assert {task.name: task.status for task in run.tasks} == {"refuses": "ignored", "insecure": "ok", "trusts": "ok"}
    assert run.task("refuses").result["failure"]["kind"] == "tls"
    assert of_playbook.changed == 0


def certificate() -> tuple[ssl.SSLContext, str]:
    """A TLS context for a server on loopback, and the authority to trust, in PEM format."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context, authority.cert_pem.bytes().decode()


def shapes_of(base: dict[str, Any], pem: str) -> dict[str, dict[str, Any]]:
    """Credentials for a server whose certificate is from a private authority, by what becomes of the connection."""
    return {"refuses": base, "insecure": base | {"insecure": True}, "trusts": base | {"ca_cert": pem}}
