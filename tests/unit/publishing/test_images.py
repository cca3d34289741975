# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the container images are built from. They are built on GitHub; ansible-builder makes everything but the image here."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from .conftest import REPOSITORY, Checkout

IMAGES = REPOSITORY / "tests" / "tools" / "images"
KINDS = sorted(path.stem for path in IMAGES.glob("*.yml"))


def test_both_kinds_are_built_and_published() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/images.yml").read_text())["jobs"]
    assert KINDS == ["decision-environment", "execution-environment"]
    for job in jobs.values():
        assert sorted(job["strategy"]["matrix"]["kind"]) == KINDS
    assert jobs["image"]["strategy"]["matrix"]["runner"] == ["ubuntu-24.04", "ubuntu-24.04-arm"]


@pytest.mark.parametrize("kind", KINDS)
def test_context_has_the_artifact_of_this_checkout(checkout: Checkout, tmp_path: Path, kind: str) -> None:
    (checkout.path / "README.md").write_text("# Another collection\n")
    done = checkout.run("tests/tools/images/context.sh", kind, str(tmp_path), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    build = tmp_path / "context" / "_build"
    with tarfile.open(build / "artifact" / "selfhosted-immich.tar.gz") as artifact:
        readme = artifact.extractfile("README.md")
        assert readme
        assert readme.read() == b"# Another collection\n"
    (collection,) = yaml.safe_load((build / "requirements.yml").read_text())["collections"]
    container_file = (tmp_path / "context" / "Containerfile").read_text()
    copied = f"COPY _build/artifact/selfhosted-immich.tar.gz {collection['name']}"
    assert copied in container_file
    assert container_file.index(copied) < container_file.index("ansible-galaxy collection install")
    base = yaml.safe_load((IMAGES / f"{kind}.yml").read_text())["images"]["base_image"]["name"]
    assert f'ARG EE_BASE_IMAGE="{base}"' in container_file


def test_strange_kind_is_refused(tmp_path: Path) -> None:
    done = subprocess.run([IMAGES / "context.sh", "strange", tmp_path], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "KIND=strange is not a kind of image" in done.stderr
