# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the guide on notifications: what is sent, to whom, and that the run fails all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.http.answering import Answering, Reply, answering
from support.playbooks.playbook import REPOSITORY, Playbook, Run, local_host
from support.playbooks.readme import examples

PAGE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_monitoring.rst"
GUIDE = examples(PAGE)
REASON = "The file is empty"

Example = Callable[[str], Run]


@pytest.fixture
def service() -> Iterator[Answering]:
    """ntfy, or Healthchecks."""
    with answering(lambda _asked: Reply()) as found:
        yield found


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """The file with the mail that was given to sendmail."""
    return tmp_path / "mail"


@pytest.fixture
def example(playbook: Playbook, server: Emulator, photos: Callable[..., Path], service: Answering, mail: Path, tmp_path: Path) -> Example:
    """Runs an example, whose services are stand-ins."""
    folder = photos(2)
    sendmail = tmp_path / "bin" / "sendmail"
    sendmail.parent.mkdir()
    sendmail.write_text(f"#!/bin/sh\ncat >{mail}\n")
    sendmail.chmod(0o755)
    environment = {"HEALTHCHECK_URL": f"{service.url}/7c1e"}

    def run(name: str) -> Run:
        play = yaml.safe_load(GUIDE["phone" if name == "mail" else name])
        if name == "mail":
            play[0]["tasks"][0]["rescue"][:1] = yaml.safe_load(GUIDE["mail"])
        text = yaml.safe_dump(play, sort_keys=False).replace("/volume1/photo", str(folder)).replace("https://ntfy.sh", service.url)
        text = text.replace("/usr/sbin/sendmail", str(sendmail))  # a user's PATH over SSH has no /usr/sbin
        return playbook.run(text, server=server, hosts={"nas": local_host(), "localhost": local_host()}, environment=environment)

    return run


@pytest.fixture
def empty_file(photos: Callable[..., Path]) -> None:
    """A photo that lets each upload fail."""
    (photos(2) / "empty.jpg").touch()


def test_every_example_is_tested() -> None:
    assert set(GUIDE) - {"rules", "integrity", "delete"} == {"phone", "mail", "silence"}


@pytest.mark.usefixtures("empty_file")
def test_the_phone_gets_the_reason(example: Example, service: Answering) -> None:
    assert example("phone").rc == 2
    (message,) = service.seen
    assert (message.path, message.headers["title"]) == ("/photos-7f3k2m9q", "Upload from nas failed")
    assert REASON in message.body.decode()


def test_notify_example_is_silent_while_server_is_off(playbook: Playbook, server: Emulator, service: Answering, tmp_path: Path) -> None:
    (condition,) = re.findall(r"``when: ([^`]+)``", PAGE.read_text(encoding="utf-8"))
    text = GUIDE["phone"].replace("/volume1/photo", str(tmp_path)).replace("https://ntfy.sh", service.url)
    text = text.replace("delegate_to: localhost\n", f"delegate_to: localhost\n          when: {condition}\n")
    hosts = {"nas": local_host() | {"immich_retries": 0}, "localhost": local_host()}
    server.stop()
    run = playbook.run(text, server=server, hosts=hosts)
    assert run.rc == 2
    assert run.task("Send the reason").status == "skipped"
    assert service.seen == []


@pytest.mark.usefixtures("empty_file")
def test_the_mail_has_the_reason(example: Example, mail: Path) -> None:
    assert example("mail").rc == 2
    header, _, body = mail.read_text().partition("\n\n")
    assert header.startswith("To: anna@example.com\nSubject: Upload to Immich failed\n")
    assert REASON in body


def test_success_is_reported(example: Example, service: Answering) -> None:
    run = example("silence").ok()
    assert [seen.path for seen in service.seen] == ["/7c1e/start", "/7c1e"]
    assert "2 uploaded" in service.seen[1].body.decode()
    assert "7c1e" not in run.output


@pytest.mark.usefixtures("empty_file")
def test_failure_is_reported(example: Example, service: Answering) -> None:
    run = example("silence")
    assert run.rc == 2
    assert [seen.path for seen in service.seen] == ["/7c1e/start", "/7c1e/fail"]
    assert REASON in service.seen[1].body.decode()
    assert "7c1e" not in run.output
