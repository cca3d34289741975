# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: a running stand-in, as an AWX is after its installation."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from awx_api.app import TOKEN, App
from awx_api.store import API, Store
from support.playbooks.playbook import REPOSITORY


class Awx:
    """A running stand-in: its address, what is in it, and what it was asked."""

    def __init__(self, url: str, app: App) -> None:
        self.url = url
        self.app = app
        self.store = app.store

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that awx.awx reads."""
        return {"CONTROLLER_HOST": self.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def writes(self) -> list[str]:
        """The requests that could have changed something, tokens left out."""
        return [f"{method} {path}" for method, path in self.app.requests if method != "GET" and "/tokens/" not in path]


def new_store(*, on_kubernetes: bool = True, api: str = API) -> Store:
    """What is in an AWX that has just been installed."""
    store = Store((f"playbooks/{path.name}" for path in (REPOSITORY / "playbooks").glob("*.yml")), ["immich"], api)
    organization = store.create("organizations", {"name": "Default"})["id"]
    galaxy = store.create(
        "credential_types", {"name": "Ansible Galaxy/Automation Hub API Token", "kind": "galaxy", "inputs": {"fields": []}}
    )
    galaxy["managed"] = True
    credential = store.create("credentials", {"name": "Ansible Galaxy", "credential_type": galaxy["id"], "organization": organization})
    store.join("organizations", organization, "galaxy_credentials", credential["id"])
    store.create("instance_groups", {"name": "default", "is_container_group": on_kubernetes})
    return store


@contextmanager
def awx(store: Store) -> Iterator[Awx]:
    """Runs one on loopback, with this in it."""
    app = App(store)
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app.asgi, log_config=None, lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        try:
            yield Awx(f"http://127.0.0.1:{door.getsockname()[1]}", app)
        finally:
            server.should_exit = True
            thread.join()
