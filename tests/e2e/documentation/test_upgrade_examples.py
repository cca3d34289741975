# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks with which the guide starts a new version run twice, with stand-ins for the programs that they call."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from support.playbooks.playbook import REPOSITORY, Playbook, Run, local_host
from support.playbooks.readme import examples

GUIDE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "guide_upgrade.rst")
STAND_IN = """#!/bin/sh
echo "${0##*/} $*" >>%s/called
case "$*" in
  show*) printf 'LoadState=loaded\\nActiveState=active\\n' ;;
  "eval "*) printf '%s' ;;
esac
"""
PULLED = "podman pull ghcr.io/immich-app/%s:v3.1.0"
FLAKE = "nix eval --raw .#nixosConfigurations.nas.config.services.immich.package.version"


class Machine:
    """A host on which programs only write down how they are called."""

    def __init__(self, playbook: Playbook, root: Path, packaged: str) -> None:
        self.playbook, self.root = playbook, root
        (root / "bin").mkdir()
        for name in ("docker", "podman", "systemctl", "helm", "nix", "nixos-rebuild"):
            (root / "bin" / name).write_text(STAND_IN % (root, packaged))
            (root / "bin" / name).chmod(0o755)
        for folder in ("srv/immich", "etc/containers/systemd/immich", "etc/nixos"):
            (root / folder).mkdir(parents=True)

    def run(self, name: str) -> Run:
        """Runs a file of tasks as the role does."""
        text = GUIDE[name]
        for folder in ("/srv/immich", "/etc/containers", "/etc/nixos"):
            text = text.replace(folder, f"{self.root}{folder}")
        (self.root / name).write_text(text)
        play = {"hosts": "nas", "gather_facts": False, "vars": {"immich_upgrade_version": "3.1.0"}}
        play["tasks"] = [{"name": "Run your tasks", "ansible.builtin.include_tasks": str(self.root / name)}]
        environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        return self.playbook.run([play], hosts={"nas": local_host()}, environment=environment)

    def called(self) -> list[str]:
        """The calls, but for those that only look."""
        lines = (self.root / "called").read_text().splitlines()
        return [line for line in lines if line.partition(" ")[2].partition(" ")[0] not in ("show", "is-enabled", "is-active")]


def test_compose_names_and_starts_the_version(playbook: Playbook, tmp_path: Path) -> None:
    machine = Machine(playbook, tmp_path, "")
    (tmp_path / "srv/immich/.env").write_text("A=1\nIMMICH_VERSION=v2.7.5\n")
    for _run in range(2):
        machine.run("compose.yml").ok()
    assert (tmp_path / "srv/immich/.env").read_text() == "A=1\nIMMICH_VERSION=v3.1.0\n"
    assert machine.called() == ["docker compose up --detach --pull always"] * 2


def test_quadlet_names_fetches_and_restarts_both(playbook: Playbook, tmp_path: Path) -> None:
    machine = Machine(playbook, tmp_path, "")
    units = ["immich-machine-learning", "immich-server"]
    files = [tmp_path / "etc/containers/systemd/immich" / f"{unit}.container" for unit in units]
    for unit, file in zip(units, files, strict=True):
        file.write_text(f"[Container]\nImage=ghcr.io/immich-app/{unit}:v2.7.5\nNetwork=immich.network\n")
    for _run in range(2):
        machine.run("quadlet.yml").ok()
    for unit, file in zip(units, files, strict=True):
        assert file.read_text() == f"[Container]\nImage=ghcr.io/immich-app/{unit}:v3.1.0\nNetwork=immich.network\n"
    restarts = [f"systemctl {what}" for unit in units for what in ("daemon-reload", f"restart {unit}")]
    assert machine.called() == [*(PULLED % unit for unit in units), *restarts] * 2


def test_helm_gets_values_of_the_version(playbook: Playbook, tmp_path: Path) -> None:
    machine = Machine(playbook, tmp_path, "")
    for _run in range(2):
        machine.run("helm.yml").ok()
    values = yaml.safe_load((tmp_path / "srv/immich/version.yaml").read_text())
    assert values["controllers"]["main"]["containers"]["main"]["image"]["tag"] == "v3.1.0"
    (call,) = set(machine.called())
    assert call.startswith("helm upgrade immich oci://ghcr.io/immich-app/immich-charts/immich --version ")
    assert call.endswith(" --namespace immich --values values.yaml --values version.yaml")


@pytest.mark.parametrize(("packaged", "switched"), [("3.1.0", True), ("3.0.2", False)])
def test_nixos_is_switched_to_the_version_only(playbook: Playbook, tmp_path: Path, packaged: str, switched: bool) -> None:
    machine = Machine(playbook, tmp_path, packaged)
    run = machine.run("nixos.yml")
    assert (run.rc == 0) == switched
    assert ("Nothing was switched" in run.output) != switched
    assert machine.called() == ["nix flake update nixpkgs", FLAKE, *(["nixos-rebuild switch --flake .#nas"] if switched else [])]


def test_every_file_of_tasks_is_tested() -> None:
    assert set(GUIDE) == {"upgrade", "compose.yml", "quadlet.yml", "helm.yml", "nixos.yml"}
