# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make release`: what it makes, what it refuses, and how it publishes. Nothing leaves this machine."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from .conftest import REPOSITORY, Checkout

VERSION = "99.0.0"
TOKEN = "token-of-galaxy-5d2f"


def release(checkout: Checkout, version: str = VERSION, dry: str = "1", **environment: str) -> subprocess.CompletedProcess[str]:
    return checkout.run("tools/release/release.sh", version, dry, check=False, **environment)


@pytest.mark.long
@pytest.mark.usefixtures("one_release_at_a_time")
def test_the_dry_form_makes_the_release_and_changes_nothing(checkout: Checkout) -> None:
    before = checkout.state()
    done = release(checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert checkout.state() == before
    assert "Nothing was published" in done.stdout

    artifact = checkout.path / ".cache" / "release" / f"photoyard-immich-{VERSION}.tar.gz"
    with tarfile.open(artifact) as members:
        texts = {name: members.extractfile(name) for name in ("MANIFEST.json", "CHANGELOG.md", "changelogs/changelog.yaml")}
        manifest, page, changelog = (text.read().decode() for text in texts.values() if text)
        version = members.extractfile("plugins/module_utils/_version.py")
        assert version
        assert f'VERSION = "{VERSION}"' in version.read().decode()
    assert json.loads(manifest)["collection_info"]["version"] == VERSION
    assert VERSION in yaml.safe_load(changelog)["releases"]
    assert VERSION.replace(".", r"\.") in page
    sums = artifact.with_name("SHA256SUMS").read_text().split()
    assert sums == [hashlib.sha256(artifact.read_bytes()).hexdigest(), artifact.name]
    assert sums[0] in done.stdout


def test_workflow_attests_checksums_of_release() -> None:
    job = yaml.safe_load((REPOSITORY / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]["release"]
    attested = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/attest-build-provenance@")]
    assert attested == [{"subject-checksums": ".cache/release/SHA256SUMS"}]
    assert {"attestations", "id-token"} <= {name for name, access in job["permissions"].items() if access == "write"}


@pytest.mark.parametrize("version", ["", "1.0", "v1.0.0", "01.0.0", "1.0.0; true", "newest"])
def test_release_refuses_malformed_version(checkout: Checkout, version: str) -> None:
    done = release(checkout, version)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"VERSION={version} is not a version" in done.stderr


def test_release_refuses_dirty_tree(checkout: Checkout) -> None:
    (checkout.path / "notes.txt").touch()
    done = release(checkout)
    assert done.returncode == 1
    assert "?? notes.txt" in done.stderr


def test_a_tag_on_another_commit_is_refused(checkout: Checkout) -> None:
    checkout.git("tag", VERSION)
    checkout.git("commit", "--quiet", "--allow-empty", "--message", "Go on")
    done = release(checkout)
    assert done.returncode == 1
    assert f"The tag {VERSION} is there already" in done.stderr


def test_release_refuses_tag_unlike_galaxy_yml(checkout: Checkout) -> None:
    checkout.git("tag", VERSION)
    done = release(checkout)
    assert done.returncode == 1
    assert f"The tag is {VERSION}, but galaxy.yml says something else." in done.stderr


def test_without_a_token_nothing_begins(checkout: Checkout) -> None:
    done = release(checkout, dry="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "GALAXY_TOKEN is not set" in done.stderr


@dataclass
class Galaxy:
    """A stand-in for Galaxy's API, as ansible-galaxy uses it to publish."""

    url: str = ""
    works: bool = True
    uploads: list[bytes] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    command_lines: bytes = b""
    """Those of all processes while an artifact was uploaded."""


@contextmanager
def galaxy() -> Iterator[Galaxy]:
    state = Galaxy()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({"state": "completed", "finished_at": "1"} if "imports" in self.path else {"available_versions": {"v3": "v3/"}})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.tokens.append(self.headers["Authorization"])
            state.command_lines = b"\n".join(command_line(process) for process in Path("/proc").glob("[0-9]*"))
            if state.works:
                state.uploads.append(body)
            self.answer({"task": "/api/v3/imports/collections/7/"}, 200 if state.works else 500)

        def answer(self, document: dict[str, object], code: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_of_each_request: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state
        server.shutdown()


def command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


def test_publishing_pushes_the_tag_first_and_can_be_repeated(checkout: Checkout, tmp_path: Path) -> None:
    origin = tmp_path / "origin.git"
    checkout.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    checkout.git("remote", "add", "origin", str(origin))
    checkout.git("push", "--quiet", "origin", "main")
    clone = Checkout(tmp_path / "clone")
    checkout.git("clone", "--quiet", ".", str(clone.path))
    clone.git("commit", "--quiet", "--allow-empty", "--message", f"Release {VERSION}")
    clone.git("tag", "--annotate", "--message", VERSION, VERSION)
    artifact = tmp_path / f"photoyard-immich-{VERSION}.tar.gz"
    with tarfile.open(artifact, "w:gz"):
        pass

    def publish(server: Galaxy) -> subprocess.CompletedProcess[str]:
        command = ["tools/release/publish.sh", str(clone.path), VERSION, str(artifact)]
        return checkout.run(*command, check=False, GALAXY_TOKEN=TOKEN, GALAXY_URL=server.url, ANSIBLE_HOME=str(tmp_path / "ansible"))

    with galaxy() as server:
        server.works = False
        failed = publish(server)
        assert (failed.returncode, server.uploads, server.tokens) == (1, [], [f"Token {TOKEN}"]), failed.stderr
        assert "The same command tries again" in failed.stderr
        released = clone.git("rev-parse", "HEAD")
        for where in ("main", f"{VERSION}^{{commit}}"):
            assert checkout.git("--git-dir", str(origin), "rev-parse", where) == released
            assert checkout.git("rev-parse", where) == released

        server.works = True
        done = publish(server)
        assert done.returncode == 0, done.stderr
        assert hashlib.sha256(artifact.read_bytes()).hexdigest().encode() in server.uploads[0]
        assert server.tokens[-1] == f"Token {TOKEN}"
        assert b"ansible-galaxy" in server.command_lines
        assert TOKEN.encode() not in server.command_lines
        assert TOKEN not in failed.stdout + failed.stderr + done.stdout + done.stderr
    for file in (tmp_path / "ansible").rglob("*"):
        assert not file.is_file() or TOKEN.encode() not in file.read_bytes()
