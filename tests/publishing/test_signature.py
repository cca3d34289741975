# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact's signature: the real ansible-galaxy takes it, and refuses what was changed afterwards or signed by somebody else."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from support.run_cache import RunCache

from .conftest import REPOSITORY, Checkout

SIGN = REPOSITORY / "tools" / "release" / "sign.sh"
VERSION = "99.0.0"
NOW = "2026-01-01T00:00:00Z"
GALAXY = Path(sys.executable).with_name("ansible-galaxy")


class Signer:
    """Somebody with a key of GnuPG's."""

    def __init__(self, home: Path, name: str) -> None:
        home.mkdir(mode=0o700)
        self.name = name
        self.environment = {"GNUPGHOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}
        self.gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "1d")

    def gpg(self, *arguments: str) -> None:
        subprocess.run(
            ["gpg", "--batch", "--quiet", *arguments], env=self.environment, check=True, capture_output=True, stdin=subprocess.DEVNULL
        )

    def sign(self, artifact: Path) -> subprocess.CompletedProcess[str]:
        """Signs an artifact, as the release does."""
        return subprocess.run(
            [SIGN, artifact, self.name], env=self.environment, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    def leave(self) -> None:
        """Ends GnuPG's agent, which would outlive its folder."""
        subprocess.run(["gpgconf", "--kill", "all"], env=self.environment, check=True)


@pytest.fixture
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    # not below tmp_path: its name is too long for the agent's socket
    somebody = Signer(tmp_path_factory.mktemp("gpg") / "home", "release@example.com")
    yield somebody
    somebody.leave()


def build_artifact(folder: Path) -> None:
    source = folder / "source"
    (source / "plugins" / "modules").mkdir(parents=True)
    (source / "galaxy.yml").write_text("{namespace: photoyard, name: immich, version: 99.0.0, readme: README.md, authors: [a]}\n")
    (source / "README.md").write_text("# A collection\n")
    (source / "plugins" / "modules" / "immich_upload.py").write_text("# as it was released\n")
    subprocess.run([GALAXY, "collection", "build", source, "--output-path", folder], check=True, capture_output=True)


@pytest.fixture
def artifact(tmp_path: Path, run_cache: RunCache) -> Path:
    """An artifact, as small as one can be."""
    (tmp_path / "out").mkdir()
    return Path(shutil.copy(run_cache.folder("small-artifact", build_artifact) / "photoyard-immich-99.0.0.tar.gz", tmp_path / "out"))


class Reader:
    """Somebody who installs it from a server, and has the public key in a keyring."""

    def __init__(self, home: Path, signer: Signer, key: Path) -> None:
        home.mkdir()
        self.keyring, self.collections = home / "keyring.kbx", home / "collections"
        self.installed = self.collections / "ansible_collections" / "photoyard" / "immich"
        signer.gpg("--no-default-keyring", "--keyring", str(self.keyring), "--import", str(key))
        self._environment = signer.environment | {"ANSIBLE_HOME": str(home / "ansible"), "ANSIBLE_COLLECTIONS_PATH": str(self.collections)}

    def galaxy(self, command: str, signature: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        whole = [
            GALAXY,
            "collection",
            command,
            "photoyard.immich",
            "--keyring",
            self.keyring,
            "--signature",
            signature.as_uri(),
            *arguments,
        ]
        return subprocess.run(whole, env=self._environment, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def install(self, artifact: Path, signature: Path) -> subprocess.CompletedProcess[str]:
        with serving(artifact) as url:
            return self.galaxy("install", signature, "--collections-path", self.collections, "--server", url)


@contextmanager
def serving(artifact: Path) -> Iterator[str]:
    """A Galaxy that has this artifact and believes in it: to download it, its checksum is the right one."""
    data = artifact.read_bytes()
    version = {
        "version": VERSION,
        "namespace": {"name": "photoyard"},
        "collection": {"name": "immich"},
        "artifact": {"sha256": hashlib.sha256(data).hexdigest()},
        "metadata": {"dependencies": {}},
        "signatures": [],
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            answers: dict[str, object] = {
                "/api": {"available_versions": {"v3": "v3/"}},
                "/api/v3/collections/photoyard/immich": {"created_at": NOW, "updated_at": NOW},
                "/api/v3/collections/photoyard/immich/versions": {
                    "meta": {"count": 1},
                    "links": {"next": None},
                    "data": [{"version": VERSION}],
                },
                f"/api/v3/collections/photoyard/immich/versions/{VERSION}": version
                | {"href": self.path, "download_url": f"http://{self.headers['Host']}/{artifact.name}"},
            }
            found = path == f"/{artifact.name}" or path in answers
            body = data if path == f"/{artifact.name}" else json.dumps(answers.get(path)).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_of_each_request: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/"
        server.shutdown()


def test_signed_artifact_installs_and_verifies(signer: Signer, artifact: Path, tmp_path: Path) -> None:
    done = signer.sign(artifact)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    signature = artifact.with_name("MANIFEST.json.asc")
    assert "-----BEGIN PGP SIGNATURE-----" in signature.read_text()
    reader = Reader(tmp_path / "reader", signer, artifact.with_name("signing-key.asc"))
    installed = reader.install(artifact, signature)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    verified = reader.galaxy("verify", signature, "--offline")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "Successfully verified" in verified.stdout

    (reader.installed / "plugins" / "modules" / "immich_upload.py").write_text("# changed on this machine\n")
    found = reader.galaxy("verify", signature, "--offline")
    assert found.returncode != 0
    assert "plugins/modules/immich_upload.py" in found.stdout + found.stderr


def test_changed_artifact_is_refused(signer: Signer, artifact: Path, tmp_path: Path) -> None:
    assert signer.sign(artifact).returncode == 0
    reader = Reader(tmp_path / "reader", signer, artifact.with_name("signing-key.asc"))
    changed = tmp_path / "changed" / artifact.name
    changed.parent.mkdir()
    rewrite(artifact, changed)
    refused = reader.install(changed, artifact.with_name("MANIFEST.json.asc"))
    assert refused.returncode != 0
    assert "Signature verification failed for 'photoyard.immich'" in refused.stdout + refused.stderr
    assert not reader.installed.exists()


def test_signature_of_somebody_else_is_refused(
    signer: Signer, artifact: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert signer.sign(artifact).returncode == 0
    reader = Reader(tmp_path / "reader", signer, artifact.with_name("signing-key.asc"))
    other = Signer(tmp_path_factory.mktemp("gpg") / "home", "somebody@example.com")
    try:
        assert other.sign(artifact).returncode == 0
        refused = reader.install(artifact, artifact.with_name("MANIFEST.json.asc"))
    finally:
        other.leave()
    assert refused.returncode != 0
    assert "Signature verification failed for 'photoyard.immich'" in refused.stdout + refused.stderr
    assert not reader.installed.exists()


def test_sign_with_unknown_key_fails(signer: Signer, artifact: Path) -> None:
    signer.name = "nobody@example.com"
    done = signer.sign(artifact)
    assert done.returncode == 1
    assert "The artifact could not be signed with the key nobody@example.com" in done.stderr
    assert not artifact.with_name("MANIFEST.json.asc").exists()


def rewrite(artifact: Path, changed: Path) -> None:
    """Another module in it, whose checksum the manifest has: only the signature is in the way."""
    with tarfile.open(artifact) as source, tarfile.open(changed, "w:gz") as target:
        contents = {member.name: source.extractfile(member) for member in source if member.isfile()}
        texts = {name: stream.read() for name, stream in contents.items() if stream}
        texts["plugins/modules/immich_upload.py"] = b"# something else\n"
        files = json.loads(texts["FILES.json"])
        for entry in files["files"]:
            if entry["name"] in texts:
                entry["chksum_sha256"] = hashlib.sha256(texts[entry["name"]]).hexdigest()
        texts["FILES.json"] = json.dumps(files).encode()
        manifest = json.loads(texts["MANIFEST.json"])
        manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(texts["FILES.json"]).hexdigest()
        texts["MANIFEST.json"] = json.dumps(manifest).encode()
        for member in source:
            data = texts.get(member.name)
            if data is not None:
                member.size = len(data)
            target.addfile(member, io.BytesIO(data) if data is not None else None)


@pytest.mark.long
@pytest.mark.usefixtures("one_release_at_a_time")
def test_release_with_key_is_signed(signer: Signer, checkout: Checkout) -> None:
    """One that is tagged already, as after its publishing failed: it is built again, with the changelog that it has."""
    (checkout.path / "tools" / "checks" / "importer.sh").write_text("#!/bin/sh\n")  # of another release, test_release.py asks it
    version = yaml.safe_load((checkout.path / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    changelog = {"ancestor": None, "releases": {version: {"changes": {"release_summary": "Everything is new"}, "release_date": NOW[:10]}}}
    (checkout.path / "changelogs" / "changelog.yaml").write_text(yaml.safe_dump(changelog), encoding="utf-8")
    checkout.git("add", "--all")
    checkout.git("commit", "--quiet", "--message", f"Release {version}")
    checkout.git("tag", version)
    keys = {"SIGNING_KEY": signer.name, "GNUPGHOME": signer.environment["GNUPGHOME"]}
    done = checkout.run("tools/release/release.sh", version, "1", check=False, **keys)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"signed  MANIFEST.json.asc  {signer.name}" in done.stdout
    assert "## Release summary\n\nEverything is new\n" in done.stdout
    out = checkout.path / ".cache" / "release"
    with tarfile.open(out / f"photoyard-immich-{version}.tar.gz") as members:
        manifest = members.extractfile("MANIFEST.json")
        assert manifest
        (out / "MANIFEST.json").write_bytes(manifest.read())
    signer.gpg("--verify", str(out / "MANIFEST.json.asc"), str(out / "MANIFEST.json"))
