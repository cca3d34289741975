# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands in the documentation find hosts as they stand there. What it gives to cron and systemd runs as those would run it."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from documentation.blocks import PAGES, READMES, Block, blocks, commands, in_page, words
from immich_emulator.testing import Emulator
from support.playbooks import processes
from support.playbooks.playbook import REPOSITORY, TARGET_PYTHON, Playbook, immich_environment

BIN = Path(sys.executable).parent
PLACEHOLDERS = {
    "https://photos.example.com": "IMMICH_URL",
    "IMMICH_API_KEY=…": "IMMICH_API_KEY",
    "IMMICH_ADMIN_API_KEY=…": "IMMICH_ADMIN_API_KEY",
}


def page_of(block: Block) -> list[Block]:
    """All blocks of a page."""
    return list(in_page(REPOSITORY / block.file))


def play_of(block: Block, name: str) -> str:
    """The playbook of this name on a block's page: the one whose first line is its name, else the first."""
    plays = [one.text for one in page_of(block) if one.language == "yaml" and re.search(r"^(- |  )hosts:", one.text, re.MULTILINE)]
    return next((text for text in plays if text.startswith(f"# {Path(name).name}\n")), plays[0])


def playbooks() -> Iterator[tuple[Block, list[str]]]:
    """Every call of ansible-playbook, with what stands in front of it taken off."""
    for block in [*blocks("console"), *blocks("shell")]:
        typed = [command for command, _printed in commands(block)] or block.text.splitlines()
        for command in typed:
            split = words(command)
            if split[:1] == ["ansible-playbook"]:
                yield block, split[1:]


def prepared(block: Block, arguments: list[str], folder: Path) -> list[str]:
    """The arguments, once what they name lies in the folder."""
    for word in arguments:
        if word.startswith("@"):
            (folder / word[1:]).write_text("{}\n")
        elif word.endswith(".yml") and "=" not in word:
            hosts = {"all": {"hosts": {"nas": None}}}
            (folder / word).write_text(yaml.safe_dump(hosts) if arguments[arguments.index(word) - 1] == "-i" else play_of(block, word))
    return arguments


@pytest.mark.parametrize(("block", "arguments"), list(playbooks()), ids=lambda one: str(one) if isinstance(one, Block) else "")
@pytest.mark.check
def test_a_playbook_finds_its_hosts(tmp_path: Path, block: Block, arguments: list[str]) -> None:
    playbook = Playbook(tmp_path / "state")
    playbook.home.mkdir()
    command = [str(BIN / "ansible-playbook"), *prepared(block, arguments, tmp_path), "--list-hosts"]
    environment = playbook.environment(None) | {"PWD": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = re.findall(r"^    hosts \((\d+)\):", done.stdout, re.MULTILINE)
    assert counts
    assert "0" not in counts, done.stdout + done.stderr


@pytest.mark.parametrize("block", [*blocks("console"), *blocks("shell"), *blocks("bash")], ids=str)
def test_the_shell_can_read_a_command(block: Block) -> None:
    typed = [command for command, _printed in commands(block)] or [block.text]
    assert typed
    for command in typed:
        done = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


class Machine:
    """What cron and systemd find: files in a folder that stands for the root of the file system, and hardly any environment."""

    def __init__(self, root: Path, server: Emulator, photos: Path) -> None:
        self.root, self.server, self.photos = root, server, photos
        self.home = root / "home" / "photos"
        self.home.mkdir(parents=True)
        (root / "phones" / "anna" / "DCIM").mkdir(parents=True)
        (self.home / ".ansible").mkdir()
        (self.home / ".ansible" / "collections").symlink_to(REPOSITORY / "collections")
        # nas is this machine
        (self.home / ".ansible.cfg").write_text(f"[defaults]\ntransport = local\ninterpreter_python = {TARGET_PYTHON}\n")
        for venv in (root / "opt" / "ansible", self.home / "ansible", self.home / "eda"):
            venv.mkdir(parents=True)
            (venv / "bin").symlink_to(BIN)

    def here(self, text: str) -> str:
        """A piece of the documentation with this machine's folders."""
        text = text.replace("/volume1/photo", str(self.photos)).replace("/volume1/phones", f"{self.root}/phones")
        return re.sub(r"(?<![\w$.])/(etc|opt|srv|var|home/photos)/", lambda found: f"{self.root}{found.group()}", text)

    def add(self, path: str, text: str) -> None:
        """Puts down a file, at an absolute path or in the home."""
        file = Path(self.here(path)) if path.startswith("/") else self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.here(text))

    def keys(self, text: str) -> str:
        """An environment file of the documentation with the server's address and keys."""
        for name, value in immich_environment(self.server).items():
            text = re.sub(rf"\b{name}=\S+", f"{name}={value}", text)
        return text

    def furnish(self, block: Block) -> None:
        """Writes the files that the block's page tells the reader to write."""
        settings = [one for one in page_of(block) if one.language == "ini" and not one.text.startswith("[")]
        if not settings:
            settings = [one for page in PAGES for one in in_page(page) if one.language == "ini" and one.text.startswith("# immich.env\n")]
        for one in settings:
            path, _newline, text = one.text.removeprefix("# ").partition("\n")
            self.add(path, self.keys(text))
        for path in re.findall(r"\S+\.yml", block.text):
            if path.startswith("@"):
                self.add(path[1:], "immich_policy_windows: []\n")
            elif f"-i {path}" in block.text:
                self.add(path, yaml.safe_dump({"all": {"hosts": {"nas": None}}}))
            else:
                self.add(path, play_of(block, path))

    def run(self, command: list[str], cwd: Path, **environment: str) -> str:
        """The output of a command, which must succeed. Its environment has only the variables that cron and systemd give to all."""
        given = {"HOME": str(self.home), "LOGNAME": "photos", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment}
        done = subprocess.run(command, cwd=cwd, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said


@pytest.fixture
def machine(server: Emulator, photos: Callable[..., Path], tmp_path: Path) -> Iterator[Machine]:
    """A machine with four photos and a server."""
    yield Machine(tmp_path / "root", server, photos(4, 2))
    processes.kill_guards(tmp_path)  # of policies, which outlive the run


CRONTABS = [block for block in blocks("console") if block.text.startswith("$ crontab -l\n")]
SERVICES = [block for block in blocks("ini") if "[Service]" in block.text]
SETTINGS = [block for block in blocks("ini") if not block.text.startswith("[")]


def expected(machine: Machine, text: str) -> None:
    """Asserts that the command sent requests, and that an upload has arrived."""
    assert machine.server.requests()
    if re.search(r"(upload|photos)\.yml", text):
        assert len(machine.server.state()["assets"]) == 4
        assert machine.server.paused() == set()


@pytest.mark.parametrize("block", CRONTABS, ids=str)
@pytest.mark.check
def test_cron_examples_run(machine: Machine, block: Block) -> None:
    machine.furnish(block)
    ((_crontab, lines),) = commands(block)
    for line in lines:
        *_when, command = line.split(maxsplit=5)
        assert "%" not in command  # a new line, for cron
        machine.run(["/bin/sh", "-c", machine.here(command)], machine.home, SHELL="/bin/sh")
    expected(machine, block.text)


@pytest.mark.parametrize("block", [one for one in SERVICES if "ansible-playbook" in one.text], ids=str)
@pytest.mark.check
def test_systemd_examples_run(machine: Machine, block: Block) -> None:
    machine.furnish(block)
    service = unit(block)["Service"]
    machine.run([machine.here(word) for word in shlex.split(service["ExecStart"])], machine.root, **environment(machine, service))
    expected(machine, block.text)


@pytest.mark.parametrize("block", [one for one in SERVICES if "ansible-rulebook" in one.text], ids=str)
@pytest.mark.check
def test_systemd_rulebook_example_finds_programs(machine: Machine, block: Block) -> None:
    """What the rulebooks do, tests/eda shows."""
    machine.furnish(block)
    service = unit(block)["Service"]
    program, *arguments = shlex.split(service["ExecStart"])
    given = environment(machine, service)
    assert set(immich_environment(machine.server)) <= set(given)
    assert arguments[:2] == ["-r", "photoyard.immich.upload_when_quiet"]
    machine.run([machine.here(program), "--version"], machine.root, **given)
    machine.run(["/usr/bin/env", "ansible-playbook", "--version"], machine.root, **given)


def unit(block: Block) -> configparser.ConfigParser:
    """A unit file; what is set twice is refused."""
    found = configparser.ConfigParser(interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(block.text)
    return found


def environment(machine: Machine, service: configparser.SectionProxy) -> dict[str, str]:
    """The environment of a unit, by systemd.exec(5): `export` is not for systemd, and a line that is not an assignment is left out."""
    assert service["User"] == "photos"
    lines = Path(machine.here(service["EnvironmentFile"])).read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if re.match(r"[A-Za-z_]\w*=", line))
    if "Environment" in service:
        name, _equals, value = service["Environment"].partition("=")
        given[name] = ":".join(machine.here(f"{folder}/").rstrip("/") for folder in value.split(":"))
    return given


@pytest.mark.parametrize("block", [one for one in blocks("ini") if one not in SERVICES and one not in SETTINGS], ids=str)
def test_a_timer_is_whole(block: Block) -> None:
    timer = unit(block)
    assert set(timer["Timer"]) & {"OnCalendar", "OnUnitActiveSec"}
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_schedules_are_found_in_pages() -> None:
    assert (len(CRONTABS), len(SERVICES), len(SETTINGS)) == (4, 3, 4)


def test_pages_with_galaxy_install_have_git_too() -> None:
    """Where Galaxy is named, Git is too, as long as the collection is not published. One version with its signature is of a release."""
    for page in [*PAGES, *READMES]:
        text = page.read_text(encoding="utf-8")
        if re.search(r"collection install photoyard\.immich(?!:)", text):
            assert "collection install git+https://github.com/photoyard/immich" in text, page


def test_install_commands_include_libraries_of_modules() -> None:
    for block in blocks("console"):
        for command, _printed in commands(block):
            # ansible-navigator's modules run in a container that has it
            if "pip install" in command and re.search("ansible-(?!navigator)", command):
                assert {"requests", "exifread"} <= set(words(command)), str(block)
