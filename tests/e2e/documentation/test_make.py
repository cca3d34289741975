# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make` says where it cannot do what it was asked for, and whom its downloads trust."""

from __future__ import annotations

import os
import pty
import re
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from demo.__main__ import meanwhile
from immich_emulator.testing import Emulator
from support.playbooks.playbook import REPOSITORY, Playbook, immich_environment


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("IMMICH_", "SSL_", "PIP_", "UV_", "REQUESTS_"))}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=kept | environment)


def test_make_server_names_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(sys.executable, "-m", "immich_emulator", "--port", str(port))
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "make server PORT=" in done.stderr
    assert done.stderr.count("\n") == 1


def test_make_server_refuses_port_above_65535() -> None:
    done = run(sys.executable, "-m", "immich_emulator", "--port", "70000")
    assert done.returncode == 2
    assert "70000 is not a port: choose a number from 0 to 65535" in done.stderr


def test_make_demo_names_missing_folder(tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "demo", SRC=str(tmp_path / "missing"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"SRC={tmp_path}/missing: ")
    assert done.stderr.count("\n") == 1


def test_a_demo_without_a_key_says_so() -> None:
    done = run(sys.executable, "-m", "demo", IMMICH_URL="http://127.0.0.1:1")
    assert done.returncode == 1
    assert "IMMICH_API_KEY is not" in done.stderr


@pytest.mark.parametrize(
    ("unseen", "said", "good", "printed"),
    [
        ([], {"ocr"}, True, "✓"),
        (["ocr"], {"ocr", "sidecar"}, True, "–"),
        (["ocr", "smartSearch"], {"ocr"}, False, "✗ FALSE:"),
        (["ocr"], set(), False, "✗ FALSE:"),
    ],
)
def test_demo_marks_unseen_pauses_with_dash(
    capsys: pytest.CaptureFixture[str], unseen: list[str], said: set[str], good: bool, printed: str
) -> None:
    assert meanwhile(unseen, said) is good
    assert capsys.readouterr().out.split("While")[0].strip() == printed


@pytest.mark.long
def test_demos_run_on_a_given_and_on_an_embedded_server(server: Emulator, playbook: Playbook, photos: Callable[..., Path]) -> None:
    """On a server of one's own, with an upload that is over at once; and on an embedded one, whose links work until Enter is pressed."""
    playbook.home.mkdir()
    own = playbook.environment(server) | {"SRC": str(photos(1))}
    first = subprocess.run([sys.executable, "-m", "demo"], env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (first.returncode, "FALSE" in first.stdout) == (0, False), first.stdout + first.stderr
    assert "press Enter" not in first.stdout
    assert "says so" in first.stdout or "✓ While files went up" in first.stdout

    here = {name: value for name, value in own.items() if name not in immich_environment(server)}
    terminal, keyboard = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "demo"], env=here, stdin=keyboard, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = ""
        while "press Enter" not in said and (line := running.stdout.readline()):
            said += line
        assert said.rpartition("The second act")[2].count("✓") == 4, said
        page = Path(running.stdout.readline().strip().removeprefix("file://"))
        links = re.findall(r'href="(http://127[^"]+)"', page.read_text())
        assert links
        assert {requests.get(link, timeout=30).status_code for link in links} == {200}
        os.write(terminal, b"\n")
        assert running.wait() == 0, said
    os.close(terminal)
    os.close(keyboard)


def test_the_documentation_needs_no_development_environment() -> None:
    shown = run("make", "-C", str(REPOSITORY), "--dry-run", "docs").stdout
    assert "docs.sh" in shown
    assert "setup.sh" not in shown
    assert "packages.sh" not in shown
    assert f"file://{REPOSITORY}/docs/build/index.html" in shown


def trusted(config: Path, **environment: str) -> str:
    """The file of certificate authorities with which packages are downloaded."""
    script = f'. {REPOSITORY}/tools/lib.sh; trust_as_pip {sys.executable}; printf %s "${{SSL_CERT_FILE:-${{UV_NATIVE_TLS:-none}}}}"'
    done = run("bash", "-c", script, PIP_CONFIG_FILE=str(config), **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def authorities(tmp_path: Path) -> Path:
    file = tmp_path / "own.pem"
    file.touch()
    return file


def test_setup_trusts_certificates_of_pip_configuration(authorities: Path, tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\ncert = {authorities}\n")
    assert trusted(config, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path)) == str(authorities)


@pytest.mark.parametrize("name", ["PIP_CERT", "SSL_CERT_FILE"])
def test_setup_trusts_certificates_of_environment(authorities: Path, name: str) -> None:
    assert trusted(Path(os.devnull), **{name: str(authorities)}) == str(authorities)


def test_the_artifact_has_templates_and_event_sources(tmp_path: Path) -> None:
    done = run("bash", str(REPOSITORY / "tools" / "build.sh"), str(tmp_path))
    assert done.returncode == 0, done.stderr
    (artifact,) = tmp_path.glob("photoyard-immich-*.tar.gz")
    with tarfile.open(artifact) as members:
        names = members.getnames()
    folder = "plugins/plugin_utils/_report/templates/"
    assert {name.removeprefix(folder) for name in names if name.startswith(folder)} == {
        "duplicates.css",
        "duplicates.html.j2",
        "macros.html.j2",
        "page.css",
        "page.html.j2",
    }
    assert {f"extensions/eda/rulebooks/{name}.yml" for name in ("upload_when_quiet", "storage")} < set(names)
    for name in ("immich_folder.py", "schemas/immich_server.json", "credential_types/immich/injectors.yml"):
        assert f"extensions/eda/plugins/event_source/{name}" in names
    assert not [name for name in names if name.startswith(("tests/eda", "tools"))]
