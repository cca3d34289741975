# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the container images are built from. They are built on GitHub; ansible-builder makes everything but the image here."""

from __future__ import annotations

import re
import subprocess
import tarfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from .conftest import REPOSITORY, Checkout

IMAGES = REPOSITORY / "tools" / "images"
KINDS = sorted(path.stem for path in IMAGES.glob("*.yml"))


def test_both_kinds_are_built_and_published() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/images.yml").read_text())["jobs"]
    assert KINDS == ["decision-environment", "execution-environment"]
    for job in jobs.values():
        assert sorted(job["strategy"]["matrix"]["kind"]) == KINDS
    assert jobs["image"]["strategy"]["matrix"]["runner"] == ["ubuntu-24.04", "ubuntu-24.04-arm"]


@pytest.mark.parametrize("kind", KINDS)
def test_image_context_has_artifact_of_checkout(checkout: Checkout, tmp_path: Path, kind: str) -> None:
    (checkout.path / "README.md").write_text("# Another collection\n")
    done = checkout.run("tools/images/context.sh", kind, str(tmp_path), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    build = tmp_path / "context" / "_build"
    with tarfile.open(build / "artifact" / "photoyard-immich.tar.gz") as artifact:
        readme = artifact.extractfile("README.md")
        assert readme
        assert readme.read() == b"# Another collection\n"
    (collection,) = yaml.safe_load((build / "requirements.yml").read_text())["collections"]
    container_file = (tmp_path / "context" / "Containerfile").read_text()
    copied = f"COPY _build/artifact/photoyard-immich.tar.gz {collection['name']}"
    assert copied in container_file
    assert container_file.index(copied) < container_file.index("ansible-galaxy collection install")
    base = yaml.safe_load((IMAGES / f"{kind}.yml").read_text())["images"]["base_image"]["name"]
    assert f'ARG EE_BASE_IMAGE="{base}"' in container_file
    assert re.search(r'^ENTRYPOINT \[.*, "dumb-init", "run_and_wait"\]$', container_file, re.MULTILINE)
    assert "COPY --chmod=755 _build/program/run_and_wait.py /usr/local/bin/run_and_wait\n" in container_file
    assert (build / "program" / "run_and_wait.py").read_bytes() == (IMAGES / "run_and_wait.py").read_bytes()


def test_decision_environment_has_a_python_for_ansible_core() -> None:
    """Its base image has an older one as well, which ansible-builder takes by default."""
    definition = yaml.safe_load((IMAGES / "decision-environment.yml").read_text())
    interpreter = definition["dependencies"]["python_interpreter"]
    version = interpreter["package_system"].removeprefix("python")
    assert interpreter["python_path"] == f"/usr/bin/python{version}"
    assert f"/python-{version.replace('.', '')}:" in definition["images"]["base_image"]["name"]
    assert version in SpecifierSet(metadata.metadata("ansible-core")["Requires-Python"])


def test_strange_kind_is_refused(tmp_path: Path) -> None:
    done = subprocess.run([IMAGES / "context.sh", "strange", tmp_path], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "KIND=strange is not a kind of image" in done.stderr
